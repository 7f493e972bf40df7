"""Reads a source's limits from its headers. Decisions without I/O.

`Retry-After`: RFC 9110 section 10.2.3. `RateLimit`: draft-ietf-httpapi-ratelimit-headers.
`X-RateLimit-*`: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus

LONGEST_HOLD = 3600.0
"""Seconds. No wait that a source documents is longer; what says so is not believed."""

# "If there is no Retry-After header, wait at least one minute" (GitHub, secondary limits).
SECONDARY_LIMIT_WAIT = 60.0

_SECONDARY_LIMIT = re.compile(rb"secondary rate limit|abuse detection", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_DRAFT_REMAINING = re.compile(r"(?:^|[;,\s])(?:r|remaining)=([0-9]+)", re.IGNORECASE)
_DRAFT_RESET = re.compile(r"(?:^|[;,\s])(?:t|reset)=([0-9]+)", re.IGNORECASE)
# More calls than any limit has, and not more than the shared table can hold.
_MOST_CALLS = 1_000_000_000
# Sources that count in seconds and sources that name a moment share one header name.
_EARLIEST_EPOCH = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Announcement:
    """A source's word on a credential's calls: `reset_after` is in seconds, `limit` calls per window."""

    remaining: int
    reset_after: float | None = None
    limit: int | None = None


def sane_seconds(value: object) -> float | None:
    """The seconds that a source names in a header or a body, at most LONGEST_HOLD; None for what is no such.

    Neither "NaN" nor an endless number gets any further than this.
    """
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        return None
    return float(min(value, LONGEST_HOLD))


def announced(headers: Mapping[str, str], now: float) -> Announcement | None:
    """Return the limit that the answer announces; None when it announces none.

    `headers` are looked up without regard to case by the mapping itself; `now` is Unix time.
    """
    draft = headers.get("RateLimit", "")
    remaining = _first_number(
        headers.get("X-RateLimit-Remaining"),
        headers.get("RateLimit-Remaining"),
        _matched(_DRAFT_REMAINING, draft),
    )
    if remaining is None:
        return None
    limit = _first_number(headers.get("X-RateLimit-Limit"), headers.get("RateLimit-Limit"))
    return Announcement(
        remaining=int(min(remaining, _MOST_CALLS)),
        reset_after=_reset_after(headers, draft, now),
        limit=None if limit is None else int(min(limit, _MOST_CALLS)),
    )


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return seconds until `Retry-After`, which is a number or a date; None without it."""
    value = headers.get("Retry-After", "")
    moment = _http_date(value)
    return sane_seconds(value if moment is None else max(0.0, moment - _source_time(headers, now)))


def asked_wait(status: int, headers: Mapping[str, str], body: bytes, now: float) -> float | None:
    """Return seconds that a refusing answer asks to wait; None when it names nothing."""
    after = retry_after(headers, now)
    if after is not None:
        return after
    announcement = announced(headers, now)
    if announcement is not None and announcement.remaining == 0:
        return announcement.reset_after
    if status == HTTPStatus.FORBIDDEN and _SECONDARY_LIMIT.search(body):
        return SECONDARY_LIMIT_WAIT
    return None


def is_limit(status: int, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Tell whether a refusal is about too many calls rather than about who asks."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    if status != HTTPStatus.FORBIDDEN:
        return False
    announcement = announced(headers, now)
    exhausted = announcement is not None and announcement.remaining == 0
    return exhausted or asked_wait(status, headers, body, now) is not None


def _reset_after(headers: Mapping[str, str], draft: str, now: float) -> float | None:
    reset = _first_number(
        headers.get("X-RateLimit-Reset-After"),
        headers.get("RateLimit-Reset"),
        _matched(_DRAFT_RESET, draft),
        headers.get("X-RateLimit-Reset"),
    )
    if reset is None or reset < _EARLIEST_EPOCH:
        return sane_seconds(reset)
    return sane_seconds(max(0.0, reset - _source_time(headers, now)))


def _source_time(headers: Mapping[str, str], now: float) -> float:
    """The source's own clock where it shows one: a local clock that is wrong must not lengthen waits."""
    date = _http_date(headers.get("Date", ""))
    return now if date is None else date


def _http_date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None


def _first_number(*values: str | None) -> float | None:
    return next((float(value) for value in values if value and _NUMBER.fullmatch(value.strip())), None)


def _matched(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[1] if match else None
