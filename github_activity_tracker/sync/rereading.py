"""Reading items again by their ids: what is in quarantine and due, and what a sweep found changed."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from core import quarantine
from core.errors import InvalidInput
from core.json_text import parse_json
from github_activity_tracker.sync.kinds import (
    CHILDREN,
    DISCUSSION,
    ISSUE,
    LISTED,
    PULL_REQUEST,
    ItemKind,
)
from github_activity_tracker.sync.saving import bury, set_aside, take_nodes
from github_activity_tracker.sync.session import RepositoryScope

# A list below an item that could not be read to its end, and whose members are no items.
REST = "rest"


def reread(scope: RepositoryScope, kind: ItemKind, ids: Iterable[str]) -> None:
    """Read items of one kind whole; those that GitHub has no more, or elsewhere, are marked as removed.

    Each has a page of its own: a page whose rows are all refused is not saved, and what is read again may be
    nothing but that.
    """
    repository = scope.row.github_id
    for items in scope.source.client.nodes(kind.name, sorted(set(ids))):
        here: list[dict[str, Any]] = []
        gone = list(items.gone)
        for asked, node in items.asked.items():
            if node["id"] == asked and node["repository"]["databaseId"] == repository:
                here.append(node)
            else:  # moved: what it has become is another item, here or elsewhere
                gone.append(asked)
        complete = items.complete & {node["id"] for node in here}
        for node in here:
            with scope.page() as page:
                take_nodes(page, kind, repository, [node], complete=complete & {node["id"]})
        problems = [each for each in items.problems if each.subject_id not in gone]
        if problems or gone:
            with scope.page() as page:
                set_aside(page, problems)
                bury(page, kind, repository, gone)


def reread_quarantined(scope: RepositoryScope) -> None:
    """Read again the items of which something was set aside, where that is due; forget what was mended.

    Also those of which too much was missing to be believed.
    """
    names = [*(kind.name for kind in (*LISTED, *CHILDREN)), REST]
    # What is due -> the item to be read again, which it is or belongs to.
    subjects = {(name, each): subject for name in names for each, subject in _due(scope, name)}
    kinds = {each: kind for kind in LISTED for name, each in subjects if name == kind.name}
    for subject in {*subjects.values(), *_doubted(scope)} - kinds.keys():
        kinds[subject] = _kind_of(scope, subject)
    for kind in LISTED:
        if ids := [subject for subject, of_kind in kinds.items() if of_kind is kind]:
            reread(scope, kind, ids)
    # What is due still was not set aside again: it was mended, or is gone.
    if mended := [(name, each) for name, each in subjects if each in scope.due(name)]:
        with scope.page() as page:
            for name, each in mended:
                page.resolve(name, [each])


def _due(scope: RepositoryScope, name: str) -> Iterator[tuple[str, str]]:
    due = scope.due(name)
    if name in {kind.name for kind in LISTED}:
        # One that has shown no id is called by its place: the sweep will find which it is.
        yield from ((each, each) for each in due if "?" not in each)
    elif due:
        for each, body in quarantine.payloads(scope.collector.name, scope.name, name, due).items():
            with suppress(InvalidInput):
                payload = parse_json(body)
                subject = payload.get("_subject") or payload.get("subject_id")
                if isinstance(subject, str):
                    yield each, subject


def _doubted(scope: RepositoryScope) -> Iterator[str]:
    """Yield the threads of what is in doubt."""
    for kind in CHILDREN:
        if ids := scope.collector.absences.in_doubt(scope.name, kind.name):
            rows = kind.live(scope.row.github_id).filter(pk__in=ids)
            yield from rows.values_list("subject_id", flat=True)


def _kind_of(scope: RepositoryScope, subject: str) -> ItemKind:
    """Return the kind of a thread; one that is not stored is taken for an issue."""
    stored = (
        kind for kind in (PULL_REQUEST, DISCUSSION) if kind.live(scope.row.github_id).filter(pk=subject)
    )
    return next(stored, ISSUE)
