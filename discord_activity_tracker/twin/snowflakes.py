"""Discord's ids: https://docs.discord.com/developers/reference#snowflakes."""

from datetime import UTC, datetime, timedelta
from random import Random

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
SHIFT = 22
"""Bits below the milliseconds: worker, process, increment."""
_MILLISECOND = timedelta(milliseconds=1)


def snowflake(moment: datetime, low: int = 0) -> int:
    """The id that something made at this moment has. low: what tells those of one millisecond apart."""
    return ((moment - EPOCH) // _MILLISECOND << SHIFT) + low


def any_snowflake(rng: Random, moment: datetime) -> int:
    return snowflake(moment, rng.getrandbits(SHIFT))


def moment_of(number: int) -> datetime:
    """When something with this id was made."""
    return EPOCH + _MILLISECOND * (number >> SHIFT)


def iso(moment: datetime) -> str:
    """A time as Discord writes it: always microseconds, always this offset."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
