"""Issues, pull requests, discussions, releases and what hangs below them, and which threads changed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from typing import Any, cast

from django.db import models
from django.db.models import Exists, OuterRef, Q

from core.changes import Change
from core.removable import RemovableQuerySet
from core.store import Upserted, upsert
from github_activity_tracker.models import Discussion, Issue, Release


def save_items(model: type[models.Model], repository_id: int, records: Sequence[Any]) -> Upserted:
    """Save items of one kind; one that was removed is there again."""
    return upsert(model, [_row(model, repository_id, record) for record in records], key=("node_id",))


def touch_changed(threads: RemovableQuerySet, below: Iterable[RemovableQuerySet]) -> None:
    """Give threads a new `thread_changed_in` of which this transaction has changed the row, or one below.

    `below`: the rows that may be below them. One statement.
    """
    changed = Q(changed_in=Change())
    for rows in below:
        changed |= Exists(rows.filter(subject_id=OuterRef("pk"), changed_in=Change()))
    threads.filter(changed).exclude(thread_changed_in=Change()).update(thread_changed_in=Change())


def touch_below(repositories: Collection[int]) -> None:
    """Say that all threads and releases of these repositories changed: they have gone, or are back."""
    for model in (Issue, Discussion, Release) if repositories else ():
        column = "changed_in" if model is Release else "thread_changed_in"
        model.objects.live().filter(repository__in=repositories).update(**{column: Change()})


def _row(model: type[models.Model], repository_id: int, record: Any) -> models.Model:
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    # The columns are arrays, the records cannot be changed.
    lists = {
        name: list(cast("tuple[Any, ...]", value))
        for name, value in values.items()
        if isinstance(value, tuple)
    }
    return model(**{**values, **lists, "repository_id": repository_id})
