"""Saving what GitHub answered of a repository's items, and what is gone below them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from core.errors import SourceError
from core.items import each_understood
from core.pages import Page
from github_activity_tracker.client import Problem
from github_activity_tracker.parsing.leaves import Payload, leaves_of
from github_activity_tracker.services.items import touch_changed
from github_activity_tracker.sync.kinds import ACCOUNT, ACCOUNTS, BELOW, ItemKind


def take_nodes(
    page: Page, kind: ItemKind, repository: int, nodes: Iterable[Payload], *, complete: Collection[str]
) -> None:
    """Take items of one kind as the client drained them: themselves, what is below them, the accounts.

    Of those in `complete` everything was read: what is stored below them and not in them any more is gone.
    """
    understood = each_understood(
        nodes,
        leaves_of,
        lambda node, error: page.quarantine(kind.name, kind.name_of(node), kind.evidence(node), error),
    )
    leaves: dict[str, list[Payload]] = defaultdict(list)
    for of_node in understood:
        for name, payloads in of_node.items():
            leaves[name].extend(payloads)
    if not leaves:
        return
    # What is referred to comes before what refers to it.
    if accounts := leaves["account"]:
        page.take(ACCOUNT, None, accounts, scope=ACCOUNTS)
    threads = {str(node["id"]) for node in leaves[kind.name]}
    page.take(kind, repository, leaves[kind.name])
    for child in BELOW[kind.name]:
        shown: set[str] = set()
        if payloads := leaves[child.name]:
            taken = page.take(child, repository, payloads)
            shown = taken.records.keys() | taken.refused
        if complete:
            _bury_missing(page, child, repository, complete, shown)
    if BELOW[kind.name]:
        below = [child.stored(repository) for child in BELOW[kind.name]]
        touch_changed(kind.live(repository).filter(pk__in=threads), below)


def bury(page: Page, kind: ItemKind, repository: int, ids: Sequence[str]) -> None:
    """Mark items that GitHub has said it has no more as removed, and all that is below them."""
    page.bury(kind, repository, ids)
    for child in BELOW[kind.name] if ids else ():
        page.count(f"{child.noun}_removed", child.live(repository).filter(subject_id__in=ids).bury())


def set_aside(page: Page, problems: Sequence[Problem]) -> None:
    """Put what GitHub did not answer of items into quarantine."""
    for problem in problems:
        error = SourceError(f"GitHub does not answer it: {problem.message}")
        page.quarantine(problem.kind, problem.external_id, problem.body(), error)


def _bury_missing(
    page: Page, child: ItemKind, repository: int, complete: Collection[str], shown: set[str]
) -> None:
    stored = child.live(repository).filter(subject_id__in=complete).values_list("pk", flat=True)
    page.absent(child, repository, set(stored) - shown, present=shown)
