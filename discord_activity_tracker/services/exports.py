"""The outbox of the Markdown export: which day of a channel is in which file."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from core.store import Upserted, upsert
from discord_activity_tracker.models import MarkdownExport

Key = tuple[int, dt.date]  # channel, day


def save_exports(rows: Iterable[MarkdownExport]) -> Upserted:
    """Record files that were written. Raises what the database has against one."""
    saved = upsert(MarkdownExport, rows, key=("channel", "day"))
    for rejected in saved.rejected:
        raise rejected.error
    return saved


def forget_exports(keys: Iterable[Key]) -> int:
    """Forget the files of these days, so that they are rendered again if they still should be."""
    return exports_of(keys).delete()[0]


def exports_of(keys: Iterable[Key]) -> "QuerySet[MarkdownExport]":
    """The rows of these days."""
    wanted = Q(*(Q(channel=channel, day=day) for channel, day in keys), _connector=Q.OR)
    return MarkdownExport.objects.filter(wanted) if wanted else MarkdownExport.objects.none()
