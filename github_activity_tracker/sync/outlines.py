"""Comparing outlines of threads with the stored rows."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models

from github_activity_tracker.client import ItemKind
from github_activity_tracker.models import (
    Comment,
    Discussion,
    Issue,
    Release,
    Repository,
    Review,
    ReviewComment,
    ReviewThread,
    TimelineEvent,
)
from github_activity_tracker.protocol_impl import Kind, OutlineRecord

_WRITTEN = ("updated_at", "reactions")
# What is compared of the children of a kind.
_COLUMNS: dict[Kind, tuple[type[models.Model], tuple[str, ...]]] = {
    "comment": (Comment, (*_WRITTEN, "minimized_reason", "upvotes")),
    "review": (Review, (*_WRITTEN, "minimized_reason")),
    "review_comment": (ReviewComment, (*_WRITTEN, "minimized_reason")),
    "review_thread": (ReviewThread, ("is_resolved", "is_outdated")),
    "event": (TimelineEvent, ()),
}
_BELOW: dict[ItemKind, tuple[Kind, ...]] = {
    "issue": ("comment", "event"),
    "pull_request": tuple(_COLUMNS),
    "discussion": ("comment",),
    "release": (),
}

_OWN: dict[ItemKind, tuple[str, ...]] = {
    "issue": ("requested_reviewers",),
    "pull_request": ("requested_reviewers",),
    "discussion": ("upvotes",),
}

Row = Mapping[str, Any]


def changed_among(kind: ItemKind, outlines: Sequence[OutlineRecord]) -> set[str]:
    """Ids of the threads whose rows are not what the outlines tell; a query for each kind of children."""
    stored = _threads(kind, outlines)
    children: dict[str, dict[str, Row]] = {}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for below in _BELOW[kind]:
        model, columns = _COLUMNS[below]
        rows = model._default_manager.filter(  # noqa: SLF001 - Django documents _default_manager
            subject_id__in=list(stored), removed_at__isnull=True
        )
        for row in rows.values("pk", "subject_id", *columns):
            children.setdefault(row["subject_id"], {})[row["pk"]] = row
            counts[row["subject_id"]][f"{below}s"] += 1
    return {
        outline.node_id
        for outline in outlines
        if not (
            outline.node_id in stored
            and _agrees(outline.fields, stored[outline.node_id])
            and all(counts[outline.node_id][noun] == number for noun, number in outline.counts.items())
            and all(
                _agrees(child.fields, children.get(outline.node_id, {}).get(child.node_id))
                for child in outline.children
            )
        )
    }


def stored_between(
    row: Repository, kind: ItemKind, after: dt.datetime | None, until: dt.datetime | None
) -> set[str]:
    """Ids of the stored threads that were created from `after` to `until`, both included; None: no bound."""
    threads = _model(kind).filter(repository=row, removed_at__isnull=True)
    if after is not None:
        threads = threads.filter(created_at__gte=after)
    if until is not None:
        threads = threads.filter(created_at__lte=until)
    return set(threads.values_list("pk", flat=True))


def _threads(kind: ItemKind, outlines: Sequence[OutlineRecord]) -> dict[str, Row]:
    columns = (*_WRITTEN, *_OWN.get(kind, ()))
    rows = _model(kind).filter(pk__in=[each.node_id for each in outlines], removed_at__isnull=True)
    return {row["pk"]: row for row in rows.values("pk", *columns)}


def _model(kind: ItemKind) -> "models.QuerySet[Any]":
    if kind == "release":
        return Release.objects.all()
    return Discussion.objects.all() if kind == "discussion" else Issue.objects.filter(kind=kind)


def _agrees(told: Mapping[str, object], row: Row | None) -> bool:
    return row is not None and all(row[column] == value for column, value in told.items())
