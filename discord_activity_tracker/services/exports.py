"""Which day of a channel is in which file of the Markdown export."""

import datetime as dt
from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Q

from core.store import Upserted, upsert
from discord_activity_tracker.models import MarkdownExport

Key = tuple[int, dt.date]  # channel, day


def save_exports(rows: Iterable[MarkdownExport]) -> Upserted:
    """Record files that were written."""
    return upsert(MarkdownExport, rows, key=("channel", "day"))


def forget_exports(keys: Iterable[Key]) -> int:
    """Forget the files of these days, so that they are rendered again if they still should be."""
    wanted = [Q(channel=channel, day=day) for channel, day in keys]
    return MarkdownExport.objects.filter(reduce(or_, wanted)).delete()[0] if wanted else 0
