"""Comparing outlines of threads with the stored rows."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from github_activity_tracker.protocol_impl.records import OutlineRecord
from github_activity_tracker.sync.kinds import BELOW, ItemKind

_WRITTEN = ("updated_at", "reactions")
# What is compared of the items of a kind.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "issue": (*_WRITTEN, "requested_reviewers"),
    "pull_request": (*_WRITTEN, "requested_reviewers"),
    "discussion": (*_WRITTEN, "upvotes"),
    "release": _WRITTEN,
    "comment": (*_WRITTEN, "minimized_reason", "upvotes"),
    "review": (*_WRITTEN, "minimized_reason"),
    "review_comment": (*_WRITTEN, "minimized_reason"),
    "review_thread": ("is_resolved", "is_outdated"),
    "event": (),
}

Row = Mapping[str, Any]


def changed_among(kind: ItemKind, repository: int, outlines: Sequence[OutlineRecord]) -> set[str]:
    """Return the ids of the items whose rows, or those below them, are not what the outlines tell."""
    rows = kind.live(repository).filter(pk__in=[each.node_id for each in outlines])
    stored: dict[str, Row] = {row["pk"]: row for row in rows.values("pk", *_COLUMNS[kind.name])}
    children: dict[str, dict[str, Row]] = defaultdict(dict)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for child in BELOW[kind.name]:
        below = child.live(repository).filter(subject_id__in=list(stored))
        for row in below.values("pk", "subject_id", *_COLUMNS[child.name]):
            children[row["subject_id"]][row["pk"]] = row
            counts[row["subject_id"]][child.noun] += 1

    def is_right(outline: OutlineRecord) -> bool:
        known = children[outline.node_id]
        return (
            _agrees(outline.fields, stored.get(outline.node_id))
            and all(counts[outline.node_id][noun] == number for noun, number in outline.counts.items())
            and all(_agrees(child.fields, known.get(child.node_id)) for child in outline.children)
        )

    return {outline.node_id for outline in outlines if not is_right(outline)}


def stored_between(
    kind: ItemKind, repository: int, after: dt.datetime | None, until: dt.datetime | None
) -> set[str]:
    """Return the ids of the stored items created from `after` to `until`, both included; None: no bound."""
    items = kind.live(repository)
    if after is not None:
        items = items.filter(created_at__gte=after)
    if until is not None:
        items = items.filter(created_at__lte=until)
    return set(items.values_list("pk", flat=True))


def _agrees(told: Mapping[str, object], row: Row | None) -> bool:
    return row is not None and all(row[column] == value for column, value in told.items())
