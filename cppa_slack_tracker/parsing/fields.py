"""Typed access to a payload of Slack's.

Slack leaves out what is not so, and writes null or "" where nothing is set: all three mean the same here.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from core.payloads import PayloadFields

_TS = re.compile(r"[0-9]{10}\.[0-9]{6}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 253_402_300_799  # of the year 9999
MOST = 2**63 - 1  # what a bigint holds
LONGEST_ID = 255  # characters; Slack's are a fraction of it, and an index takes no key without a bound


class Fields(PayloadFields):
    """An object of a payload."""

    named_by: ClassVar[tuple[str, ...]] = ("ts", "id", "name")

    def text(self, name: str) -> str:
        """A text that can be stored; "" where there is none."""
        value = self.payload.get(name)
        return "" if value is None else self.as_text(name, value)

    def optional_text(self, name: str) -> str | None:
        return self.text(name) or None

    def filled(self, name: str) -> str:
        """A text that identifies something, so it must have some, and be no longer than an id can be."""
        value = self.text(name)
        if not value:
            raise self.wrong(name, "a text that is not empty", self.payload.get(name))
        if len(value) > LONGEST_ID:
            raise self.wrong(name, f"a text of at most {LONGEST_ID} characters", value)
        return value

    def ts(self, name: str) -> str:
        value = self.payload.get(name)
        if not isinstance(value, str) or not _TS.fullmatch(value):
            raise self.wrong(name, "a ts, ten digits and six", value)
        return value

    def optional_ts(self, name: str) -> str | None:
        return None if self.payload.get(name) in (None, "") else self.ts(name)

    def flag(self, name: str) -> bool:
        value = self.payload.get(name)
        return value is not None and self.as_flag(name, value)

    def number(self, name: str) -> int | None:
        value = self.payload.get(name)
        return None if value is None else self.as_integer(name, value, 0, MOST)

    def time(self, name: str) -> datetime | None:
        """Seconds since 1970, as a number or in digits; 0 means that there is none."""
        value = self.payload.get(name)
        if value in (None, "", 0, "0"):
            return None
        try:
            if isinstance(value, str) and _TS.fullmatch(value):
                return moment(value)
            if isinstance(value, (int, float, str)) and not isinstance(value, bool):
                seconds = float(value)
                if 0 <= seconds <= _LAST_SECOND:
                    return _EPOCH + timedelta(seconds=int(seconds))
        except (ValueError, OverflowError):
            pass  # the complaint below says what is wrong with it
        raise self.wrong(name, "a time in seconds since 1970", value)

    def inner(self, name: str) -> "Fields | None":
        value = self.payload.get(name)
        # PHP, which Slack is written in, has one empty list for both.
        return None if value is None or value == [] else self.below(name, value)

    def objects(self, name: str) -> "Iterator[Fields]":
        for number, value in enumerate(self.values(name)):
            yield self.below(f"{name}[{number}]", value)

    def values(self, name: str) -> list[Any]:
        value = self.payload.get(name)
        return [] if value is None else self.as_list(name, value)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self.as_text(name, value) for value in self.values(name))


def moment(ts: str) -> datetime:
    """The time that a ts names, to the microsecond."""
    seconds, _, micros = ts.partition(".")
    return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(micros))
