"""Reading threads again by their ids: what is in quarantine and due, and what a sweep found changed."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from core import absences, quarantine
from core.models import QuarantinedItem
from github_activity_tracker.client import ItemKind
from github_activity_tracker.models import Discussion, Issue
from github_activity_tracker.protocol_impl import Kind, Leaf
from github_activity_tracker.services import KIND_OF, MODELS_BY_KIND, tombstone_items
from github_activity_tracker.sync.saving import Named, save_nodes
from github_activity_tracker.sync.session import RepositorySession

THREADS: tuple[ItemKind, ...] = ("issue", "pull_request", "discussion")


def reread(session: RepositorySession, kind: ItemKind, ids: Iterable[str]) -> set[Named]:
    """Read threads of one kind whole; those that GitHub has no more, or elsewhere, get a tombstone.

    Returns what is refused of them.
    """
    refused: set[Named] = set()
    for items in session.source.client.nodes(kind, sorted(set(ids))):
        here: list[dict[str, Any]] = []
        gone = list(items.gone)
        for asked, node in items.asked.items():
            if node["id"] == asked and node["repository"]["databaseId"] == session.row.github_id:
                # In a listing nothing is said of the repository: what is archived must not differ.
                here.append({name: value for name, value in node.items() if name != "repository"})
            else:  # moved: what it has become is another item, here or elsewhere
                gone.append(asked)
        complete = items.complete & {node["id"] for node in here}
        problems = [each for each in items.problems if each.subject_id not in gone]
        with session.page() as page:
            refused |= save_nodes(session, page, here, complete=complete, problems=problems)
            if gone:
                page.archive(kind, dict.fromkeys(gone))
                for noun, number in tombstone_items(gone).items():
                    page.count(f"{noun}_removed", number)
                page.resolve(kind, gone)
    return refused


def reread_quarantined(session: RepositorySession) -> None:
    """Read again the threads of which something was set aside, where that is due; forget what was mended.

    Also those of which too much was missing to be believed.
    """
    due = list(
        QuarantinedItem.objects.filter(
            collector=session.collector.name, scope=session.scope, next_attempt_at__lte=timezone.now()
        )
    )
    threads: dict[ItemKind, set[str]] = defaultdict(set)
    for item in due:
        subject = _subject_of(item)
        if subject is not None:
            threads[_kind_of(item, subject)].add(subject)
    for kind in KIND_OF.values():
        if session.collector.absences.is_doubtful(session.scope, kind):
            for subject in _doubted(session, kind):
                threads[_kind_of_thread(subject)].add(subject)
    refused: set[Named] = set()
    for kind, ids in threads.items():
        refused |= reread(session, kind, ids)
    mended = [item for item in due if (item.kind, item.external_id) not in refused and _subject_of(item)]
    if mended:
        with session.page() as page:
            for item in mended:
                page.resolve(item.kind, [item.external_id])


def _subject_of(item: QuarantinedItem) -> str | None:
    """The thread that a quarantined leaf belongs to."""
    if item.kind in THREADS:
        # One that has shown no id is called by its place: the sweep will find what it is.
        return None if "?" in item.external_id else item.external_id
    payload = Leaf.payload_of(quarantine.payload_of(item))
    subject = payload.get("_subject") or payload.get("subject_id")
    return subject if isinstance(subject, str) else None


def _kind_of(item: QuarantinedItem, subject: str) -> ItemKind:
    for kind in THREADS:
        if item.kind == kind:
            return kind
    return _kind_of_thread(subject)


def _doubted(session: RepositorySession, kind: Kind) -> list[str]:
    """The threads of what is in doubt."""
    doubted = absences.doubted(session.collector.name, session.scope, kind)
    rows = MODELS_BY_KIND[kind]._default_manager.filter(pk__in=doubted.values("external_id"))  # noqa: SLF001 - Django documents it
    return list(rows.values_list("subject_id", flat=True).order_by().distinct())


def _kind_of_thread(subject: str) -> ItemKind:
    if Discussion.objects.filter(pk=subject).exists():
        return "discussion"
    issue = Issue.objects.filter(pk=subject).first()
    return "pull_request" if issue and issue.kind == Issue.Kind.PULL_REQUEST else "issue"
