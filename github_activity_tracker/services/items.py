"""Issues, pull requests, discussions, releases and what hangs below them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast

from django.db import models

from core.store import Upserted, upsert
from github_activity_tracker.models import (
    Comment,
    Discussion,
    Issue,
    Release,
    Review,
    ReviewComment,
    ReviewThread,
    TimelineEvent,
)
from github_activity_tracker.protocol_impl import (
    GHOST_ID,
    GHOST_LOGIN,
    AccountRecord,
    CommentRecord,
    DiscussionRecord,
    EventRecord,
    IssueRecord,
    Kind,
    Record,
    ReleaseRecord,
    ReviewCommentRecord,
    ReviewRecord,
    ReviewThreadRecord,
)
from github_activity_tracker.services.accounts import save_accounts
from github_activity_tracker.services.tombstones import (
    CHILDREN,
    absent_children,
    tombstone_leaves,
    touch_changed,
)

GHOST = AccountRecord(GHOST_ID, "ghost", GHOST_LOGIN, "")
SUBJECTS: tuple[Kind, ...] = ("issue", "pull_request", "discussion")
# In the order of saving: what is referred to before what refers to it.
MODELS: dict[Kind, type[models.Model]] = {
    "release": Release,
    "issue": Issue,
    "pull_request": Issue,
    "discussion": Discussion,
    "comment": Comment,
    "review": Review,
    "review_thread": ReviewThread,
    "review_comment": ReviewComment,
    "event": TimelineEvent,
}
_KINDS: dict[type[Record], Kind] = {
    ReleaseRecord: "release",
    DiscussionRecord: "discussion",
    CommentRecord: "comment",
    ReviewRecord: "review",
    ReviewThreadRecord: "review_thread",
    ReviewCommentRecord: "review_comment",
    EventRecord: "event",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the records of one kind: as `core.pages.Page.saved` takes it, with the field that
    identifies a refused row.
    """

    noun: str
    kind: Kind
    upserted: Upserted
    key: str = "node_id"


@dataclass(frozen=True, slots=True)
class Saved:
    """`removed`: noun -> ids of those that were found to be gone. `touched`: items whose thread changed
    otherwise than by being new.
    """

    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    removed: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    touched: int = 0


def save_items(
    repository_id: int,
    records: Iterable[Record],
    complete_subjects: Collection[str] = (),
    *,
    unparsed: Collection[str] = (),
    keep_removed: bool = False,
    believed: Callable[[Kind, list[str]], list[str]] = lambda _, missing: missing,
) -> Saved:
    """Save items and what hangs below them; items whose thread changed get a new `thread_changed_in`.

    Of the subjects in `complete_subjects` everything was read: what is stored below them and neither among
    the records nor in `unparsed` (ids that are in quarantine) is marked as removed, as far as `believed`
    takes it for gone, which is asked for each kind that can be below them. What was removed and is among the
    records is no longer, unless `keep_removed`. It belongs into one transaction, a page's.
    Statements: 5 for each kind among the records, 10 for accounts, 1 for each kind that can be gone and 1
    for each that is, 1 or 2 for the threads.
    """
    grouped = _by_kind(records)
    outcomes = _save_accounts(grouped)
    for kind, model in MODELS.items():
        if kind in grouped:
            rows = [_row(model, repository_id, record) for record in grouped[kind]]
            update = _all_but_removal(model) if keep_removed else None
            outcomes.append(Outcome(f"{kind}s", kind, upsert(model, rows, key=("node_id",), update=update)))
    present = [record.node_id for kind in MODELS for record in grouped.get(kind, [])]
    kinds: dict[str, Kind] = {record.node_id: kind for kind in SUBJECTS for record in grouped.get(kind, [])}
    absent = absent_children(
        {subject: kinds.get(subject, "pull_request") for subject in complete_subjects}, [*present, *unparsed]
    )
    removed = {f"{kind}s": gone for kind, missing in absent.items() if (gone := believed(kind, missing))}
    for kind in absent:
        tombstone_leaves(kind, removed.get(f"{kind}s", ()))
    subjects = {getattr(record, "subject_id", record.node_id) for record in _threaded(grouped)}
    changed = {noun for kind in grouped if (noun := f"{kind}s") in CHILDREN} | removed.keys()
    touched = touch_changed(subjects | set(complete_subjects), kinds, changed)
    return Saved(outcomes, removed, touched)


def _all_but_removal(model: type[models.Model]) -> list[str]:
    """The columns of a row that a record may change, without when it was removed."""
    fields = model._meta.concrete_fields  # noqa: SLF001 - Django documents _meta as public API
    left = {"node_id", "removed_at"}
    return [field.name for field in fields if field.name not in left and not field.has_db_default()]


def _threaded(grouped: Mapping[Kind, list[Any]]) -> Iterator[Any]:
    """The records of subjects and of what hangs below them."""
    return (record for kind in MODELS if kind != "release" for record in grouped.get(kind, []))


def _by_kind(records: Iterable[Record]) -> dict[Kind, list[Any]]:
    grouped: dict[Kind, list[Any]] = defaultdict(list)
    for record in records:
        grouped[_kind(record)].append(record)
    return dict(grouped)


def _kind(record: Record) -> Kind:
    if isinstance(record, AccountRecord):
        return "account"
    if isinstance(record, IssueRecord):
        return cast("Kind", record.kind)
    return _KINDS[type(record)]


def _save_accounts(grouped: dict[Kind, list[Any]]) -> list[Outcome]:
    accounts = cast("list[AccountRecord]", grouped.get("account", []))
    if any(getattr(record, "author_id", None) == GHOST_ID for found in grouped.values() for record in found):
        accounts = [*accounts, GHOST]
    if not accounts:
        return []
    return [Outcome("accounts", "account", save_accounts(accounts), key="github_id")]


def _row(model: type[models.Model], repository_id: int, record: Any) -> models.Model:
    values: dict[str, Any] = {each.name: getattr(record, each.name) for each in fields(record)}
    lists = {
        name: list(cast("tuple[Any]", value)) for name, value in values.items() if isinstance(value, tuple)
    }
    return model(**{**values, **lists, "repository_id": repository_id})
