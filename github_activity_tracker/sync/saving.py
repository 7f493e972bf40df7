"""Saving what GitHub answered of a repository: archive, records, tombstones, quarantine."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.errors import InvalidInput, SourceError
from core.items import each_understood
from core.json_text import json_bytes
from core.pages import Page
from github_activity_tracker.client import Problem
from github_activity_tracker.parsing import leaves_of, parse
from github_activity_tracker.protocol_impl import Kind, Leaf, Record
from github_activity_tracker.services import count_live, save_items
from github_activity_tracker.sync.session import RepositorySession

ACCOUNTS = "accounts"  # where they are archived

Node = Mapping[str, Any]
# (kind, external id) of what the quarantine lists.
Named = tuple[str, str]


def save_nodes(
    session: RepositorySession,
    page: Page,
    nodes: Iterable[Node],
    *,
    complete: set[str],
    problems: Sequence[Problem] = (),
) -> set[Named]:
    """Save threads as the client drained them: issues, pull requests, discussions; or releases.

    Of the threads in `complete`, what is stored below them and is not in them any more gets a tombstone.
    A leaf that cannot be understood goes to quarantine, as does what GitHub did not answer; returns those.
    """
    refused: set[Named] = set()
    for problem in problems:
        error = SourceError(f"GitHub does not answer it: {problem.message}")
        page.quarantine(problem.kind, problem.external_id, problem.body(), error)
        refused.add((problem.kind, problem.external_id))
    found = each_understood(
        nodes,
        lambda node: leaves_of(node, session.row.github_id),
        lambda node, error: page.quarantine("node", str(node.get("id")), json_bytes(node), error),
    )
    leaves = [leaf for of_node in found for leaf in of_node]
    return refused | save_leaves(session, page, leaves, complete=complete, archived=True)


def save_leaves(
    session: RepositorySession,
    page: Page,
    leaves: Sequence[Leaf],
    *,
    complete: set[str],
    archived: bool = False,
    keep_removed: bool = False,
) -> set[Named]:
    """Parse and save leaves; those of the threads in `complete` are all there are. Returns the refused.

    `archived`: keep what was said of those that are understood; the quarantine keeps the others.
    `keep_removed`: what is removed stays so.
    """
    refused: list[Leaf] = []

    def refuse(leaf: Leaf, error: InvalidInput) -> None:
        page.quarantine(leaf.kind, leaf.external_id, json_bytes(leaf.payload), error)
        refused.append(leaf)

    found = each_understood(leaves, lambda leaf: (parse(leaf.kind, leaf.payload), leaf, leaf.body()), refuse)
    records: list[Record] = [record for record, _, _ in found]
    if archived:
        _archive(page, [(leaf, body) for _, leaf, body in found])
    unparsed = {leaf.external_id for leaf in refused}
    repository_id = session.row.github_id
    shown: dict[str, set[str]] = defaultdict(set)
    for leaf in leaves:
        shown[leaf.kind].add(leaf.external_id)

    def believed(kind: Kind, missing: list[str]) -> list[str]:
        return page.believed(
            kind, missing, present=shown[kind], stored=lambda: count_live(kind, repository_id)
        )

    saved = save_items(
        repository_id,
        records,
        complete,
        unparsed=unparsed,
        keep_removed=keep_removed,
        believed=believed,
    )
    for outcome in saved.outcomes:
        page.saved(outcome.noun, outcome.kind, outcome.upserted, key=outcome.key)
    if saved.removed:
        page.archive_all({noun.removesuffix("s"): dict.fromkeys(ids) for noun, ids in saved.removed.items()})
    for noun, ids in saved.removed.items():
        page.count(f"{noun}_removed", len(ids))
    session.resolve(page, [leaf for _, leaf, _ in found])
    return {
        (leaf.kind, leaf.external_id) for leaf in leaves if page.has_set_aside(leaf.kind, leaf.external_id)
    }


def _archive(page: Page, leaves: Sequence[tuple[Leaf, bytes]]) -> None:
    bodies: dict[str, dict[str, bytes | None]] = defaultdict(dict)
    for leaf, body in leaves:
        bodies[leaf.kind][leaf.external_id] = body
    # Accounts are the same whichever repository shows them.
    if accounts := bodies.pop("account", {}):
        page.archive_all({"account": accounts}, scope=ACCOUNTS)
    page.archive_all(bodies)
