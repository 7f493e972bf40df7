"""Decides when to read again: by the time of the last visit, or without any memory of it."""

import datetime as dt
from zlib import crc32


def is_due(last: str | None, *, days: float, now: dt.datetime) -> bool:
    """Tell whether `days` have passed since the last visit, or there was none.

    `last` is its day or its time, ISO 8601 in UTC, as a checkpoint keeps it. A day counts from its beginning.
    """
    if last is None:
        return True
    then = dt.datetime.fromisoformat(last)
    return now - (then if then.tzinfo else then.replace(tzinfo=dt.UTC)) >= dt.timedelta(days=days)


def is_its_turn(item: str, *, since: int, today: int, interval: int) -> bool:
    """Tell, without a memory of visits, whether one of an item's days is after `since` and not after `today`.

    These are the days whose number (from 1970, UTC), shifted by a number of the item's own, is divided by
    `interval`: each item comes up once in every interval, about as many each day, and a run that comes late
    makes up for the days missed. With an interval of at most 1 it is always an item's turn.
    """
    if interval <= 1 or today - since >= interval:
        return True
    return (today + crc32(item.encode())) % interval < today - since
