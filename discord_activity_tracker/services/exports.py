"""Which day of a channel is in which file of the Markdown export."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from core.store import Upserted, upsert
from discord_activity_tracker.models import MarkdownExport

Key = tuple[int, dt.date]  # channel, day


def save_exports(rows: Iterable[MarkdownExport]) -> Upserted:
    """Record files that were written."""
    return upsert(MarkdownExport, rows, key=("channel", "day"))


def forget_exports(keys: Iterable[Key]) -> int:
    """Forget the files of these days, so that they are rendered again if they still should be."""
    return exports_of(keys).delete()[0]


def exports_of(keys: Iterable[Key]) -> "QuerySet[MarkdownExport]":
    """The rows of these days."""
    wanted = Q(*(Q(channel=channel, day=day) for channel, day in keys), _connector=Q.OR)
    return MarkdownExport.objects.filter(wanted) if wanted else MarkdownExport.objects.none()
