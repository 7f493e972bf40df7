"""Typed access to a payload of Slack's; every complaint names the field and the item.

Slack leaves out what is not so, and writes null or "" where nothing is set: all three mean the same here.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from core.errors import InvalidInput
from core.storable import storable_text

MOST = 2**63 - 1
_TS = re.compile(r"[0-9]{10}\.[0-9]{6}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 253_402_300_799  # of the year 9999


class Fields:
    """An object of a payload. `path` is where in the payload it stands, `item` what errors call the item."""

    def __init__(self, payload: object, path: str = "", item: str | None = None) -> None:
        if not isinstance(payload, Mapping):
            raise InvalidInput(f"{path or 'the payload'}: not an object but {shown(payload)}", item=item)
        self.payload = cast("Mapping[str, Any]", payload)
        self._path = f"{path}." if path else ""
        self._item = item or _name_of(self.payload)

    def text(self, name: str) -> str:
        """A text that can be stored; "" where there is none."""
        value = self.payload.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.wrong(name, "a text", value)
        return storable_text(value)

    def optional_text(self, name: str) -> str | None:
        return self.text(name) or None

    def filled(self, name: str) -> str:
        """A text that identifies something, so it must have some."""
        value = self.text(name)
        if not value:
            raise self.wrong(name, "a text that is not empty", self.payload.get(name))
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
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name, "true or false", value)
        return bool(value)

    def number(self, name: str) -> int | None:
        value = self.payload.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
            raise self.wrong(name, f"a number from 0 to {MOST}", value)
        return value

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
        except ValueError:
            pass  # the complaint below says what is wrong with it
        raise self.wrong(name, "a time in seconds since 1970", value)

    def inner(self, name: str) -> "Fields | None":
        value = self.payload.get(name)
        # PHP, which Slack is written in, has one empty list for both.
        return None if value is None or value == [] else Fields(value, f"{self._path}{name}", self._item)

    def objects(self, name: str) -> "Iterator[Fields]":
        for number, value in enumerate(self.values(name)):
            yield Fields(value, f"{self._path}{name}[{number}]", self._item)

    def values(self, name: str) -> list[Any]:
        value = self.payload.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(name, "a list", value)
        return cast("list[Any]", value)

    def texts(self, name: str) -> tuple[str, ...]:
        values = self.values(name)
        for value in values:
            if not isinstance(value, str):
                raise self.wrong(name, "a list of texts", value)
        return tuple(storable_text(value) for value in values)

    def wrong(self, name: str, expected: str, value: object) -> InvalidInput:
        return InvalidInput(f"{self._path}{name}: not {expected} but {shown(value)}", item=self._item)


def moment(ts: str) -> datetime:
    """The time that a ts names, to the microsecond."""
    seconds, _, micros = ts.partition(".")
    return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(micros))


def shown(value: object) -> str:
    return ascii(value)[:80]


def _name_of(payload: Mapping[str, Any]) -> str:
    known = payload.get("ts") or payload.get("id") or payload.get("name")
    return shown(known).strip("'") if known else "an item without id"
