"""What the source no longer has, and which threads changed: rows stay, with the time when it was found."""

from collections.abc import Collection, Iterable, Mapping

from django.db import connection, models

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
from github_activity_tracker.protocol_impl import Kind

# Noun -> what hangs below issues, pull requests and discussions.
CHILDREN: dict[str, type[models.Model]] = {
    "comments": Comment,
    "events": TimelineEvent,
    "reviews": Review,
    "review_threads": ReviewThread,
    "review_comments": ReviewComment,
}
KIND_OF: dict[str, Kind] = {
    "comments": "comment",
    "events": "event",
    "reviews": "review",
    "review_threads": "review_thread",
    "review_comments": "review_comment",
}
MODELS_BY_KIND: dict[Kind, type[models.Model]] = {
    "issue": Issue,
    "pull_request": Issue,
    "discussion": Discussion,
    "release": Release,
    "comment": Comment,
    "event": TimelineEvent,
    "review": Review,
    "review_thread": ReviewThread,
    "review_comment": ReviewComment,
}
# Which of them an item of a kind can have.
BELOW: dict[Kind, tuple[str, ...]] = {
    "issue": ("comments", "events"),
    "pull_request": tuple(CHILDREN),
    "discussion": ("comments",),
}


def tombstone_items(node_ids: Iterable[str]) -> dict[str, int]:
    """Mark issues, pull requests, discussions and releases as removed, and all below them.

    Returns noun -> how many are new to it. 3 statements where nothing is to be done, 9 else.
    """
    ids = list(node_ids)
    removed = {
        "issues": _execute(_REMOVE_SUBJECTS, Issue, [ids]),
        "discussions": _execute(_REMOVE_SUBJECTS, Discussion, [ids]),
        "releases": _execute(_REMOVE, Release, [ids]),
    }
    if removed["issues"] or removed["discussions"]:
        for noun, model in CHILDREN.items():
            removed[noun] = _execute(_REMOVE_CHILDREN, model, [ids])
    return {noun: count for noun, count in removed.items() if count}


def tombstone_leaves(kind: Kind, node_ids: Collection[str]) -> int:
    """Mark rows of one kind as removed, and nothing below them; returns how many are new to it."""
    if not node_ids:
        return 0
    model = MODELS_BY_KIND[kind]
    statement = _REMOVE_SUBJECTS if model in (Issue, Discussion) else _REMOVE
    return _execute(statement, model, [list(node_ids)])


def absent_children(subjects: Mapping[str, Kind], present: Iterable[str]) -> dict[Kind, list[str]]:
    """What is stored below these subjects (id -> kind) and not among `present`: kind -> ids.

    Every kind that the subjects can have below them is there. One statement for each.
    """
    ids = [list(subjects), list(present)]
    nouns = dict.fromkeys(noun for kind in subjects.values() for noun in BELOW[kind])
    absent: dict[Kind, list[str]] = {}
    for noun in nouns:
        with connection.cursor() as cursor:
            cursor.execute(_ABSENT.replace("{table}", _table(CHILDREN[noun])), ids)
            absent[KIND_OF[noun]] = [node_id for (node_id,) in cursor.fetchall()]
    return absent


def count_live(kind: Kind, repository_id: int) -> int:
    """How many of a kind a repository has that are not marked as removed."""
    rows = MODELS_BY_KIND[kind]._default_manager  # noqa: SLF001 - Django documents _default_manager
    return rows.filter(repository=repository_id, removed_at__isnull=True).count()


def touch(node_ids: Iterable[str]) -> int:
    """Say that the threads of these issues, pull requests and discussions changed. Returns how many rows."""
    ids = list(node_ids)
    return sum(_execute(_TOUCH, model, [ids]) for model in (Issue, Discussion))


def touch_below(repositories: Collection[int]) -> None:
    """Say that all threads and releases of these repositories changed: they have gone, or are back."""
    for model in (Issue, Discussion, Release) if repositories else ():
        column = "changed_in" if model is Release else "thread_changed_in"
        _execute(_TOUCH_BELOW.replace("{column}", column), model, [list(repositories)])


def touch_changed(subjects: Collection[str], kinds: Mapping[str, Kind], nouns: Iterable[str]) -> int:
    """The same for those of the subjects of which this transaction has changed a row, or below them one of
    these nouns. `kinds` tells those of subjects where they are known. One statement for each table.
    """
    changed = ["subject.changed_in = core_change()"]
    changed += [_CHANGED.format(table=_table(CHILDREN[noun])) for noun in sorted(nouns)]
    statement = _TOUCH_CHANGED.replace("{changed}", " OR ".join(changed))
    touched = 0
    for model, others in ((Issue, {"discussion"}), (Discussion, {"issue", "pull_request"})):
        ids = [subject for subject in subjects if kinds.get(subject) not in others]
        touched += _execute(statement, model, [ids]) if ids else 0
    return touched


_CHANGED = (
    "EXISTS (SELECT 1 FROM {table} AS child WHERE child.subject_id = subject.node_id"
    " AND child.changed_in = core_change())"
)
_TOUCH_CHANGED = (
    "UPDATE {table} AS subject SET thread_changed_in = core_change()"
    " WHERE subject.node_id = ANY(%s) AND subject.thread_changed_in <> core_change()"
    " AND ({changed})"
)
_TOUCH = "UPDATE {table} SET thread_changed_in = core_change() WHERE node_id = ANY(%s)"
_TOUCH_BELOW = (
    "UPDATE {table} SET {column} = core_change() WHERE repository_id = ANY(%s) AND removed_at IS NULL"
)
_REMOVE = (
    "UPDATE {table} SET removed_at = statement_timestamp(), changed_in = core_change()"
    " WHERE node_id = ANY(%s) AND removed_at IS NULL"
)
_REMOVE_SUBJECTS = _REMOVE.replace(" WHERE", ", thread_changed_in = core_change() WHERE")
_REMOVE_CHILDREN = _REMOVE.replace("node_id", "subject_id")
_ABSENT = (
    "SELECT node_id FROM {table} AS child WHERE subject_id = ANY(%s) AND removed_at IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM unnest(%s::text[]) AS present(id) WHERE present.id = child.node_id)"
)


def _execute(statement: str, model: type[models.Model], parameters: list[list[str]] | list[list[int]]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("{table}", _table(model)), parameters)
        return cursor.rowcount


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - Django documents _meta as public API
