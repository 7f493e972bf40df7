"""Slack's identifiers and times: `U012AB3CD`, `C012AB3CD`, `1512085950.000216`."""

from base64 import b32encode
from datetime import UTC, datetime
from hashlib import sha1

SECOND = 1_000_000
LENGTH = 9
SLACKBOT = "USLACKBOT"


def slack_id(prefix: str, *scope: object) -> str:
    """The id of whatever the scope names: the same for the same scope."""
    digest = sha1(":".join(map(str, scope)).encode(), usedforsecurity=False).digest()
    return f"{prefix}0{b32encode(digest).decode()[: LENGTH - 1]}"


def ts_text(ts: int) -> str:
    """Microseconds since 1970 as Slack writes them."""
    seconds, micros = divmod(ts, SECOND)
    return f"{seconds:010d}.{micros:06d}"


def ts_of(text: str) -> int:
    """Raises ValueError for what is no time: `yesterday`, `1e9`, `-1`."""
    seconds, _, fraction = text.partition(".")
    if not (seconds.isdecimal() and (fraction.isdecimal() or not fraction)):
        raise ValueError(f"{text!r} is not a ts")
    return int(seconds) * SECOND + int(fraction[:6].ljust(6, "0"))


def micros(moment: datetime) -> int:
    """Exactly, unlike a float's."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86400 + since.seconds) * SECOND + since.microseconds


def moment_of(ts: int) -> datetime:
    seconds, rest = divmod(ts, SECOND)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
