"""Typed access to a payload of Discord's API.

Discord leaves out what does not apply, or says null: both read as the default.
https://docs.discord.com/developers/reference
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from core.payloads import PayloadFields

DISCORD_EPOCH = 1_420_070_400_000  # milliseconds; a snowflake's upper 42 bits count from there
MOST = 2**31 - 1


def time_of(snowflake: int) -> dt.datetime:
    """Return when Discord made an id. Ids are 63 bits, so every one of them has a time."""
    return dt.datetime.fromtimestamp(((snowflake >> 22) + DISCORD_EPOCH) / 1000, dt.UTC)


def first_id_at(moment: dt.datetime) -> int:
    """Return the smallest id of what is made at a time or later."""
    milliseconds = int(moment.timestamp() * 1000) - DISCORD_EPOCH
    return max(milliseconds, 0) << 22


class Fields(PayloadFields):
    """An object of a payload."""

    def snowflake(self, name: str) -> int:
        found = self.optional_snowflake(name)
        if found is None:
            raise self.missing(name)
        return found

    def optional_snowflake(self, name: str) -> int | None:
        value = self.payload.get(name)
        return None if value is None else self.as_id(name, value)

    def snowflakes(self, name: str) -> tuple[int, ...]:
        """Return ids in a list, ascending."""
        return tuple(sorted({self.as_id(name, value) for value in self._list(name)}))

    def text(self, name: str, default: str = "") -> str:
        value = self.payload.get(name)
        return default if value is None else self.as_text(name, value)

    def filled(self, name: str) -> str:
        """Return a text that must be there."""
        text = self.text(name)
        if not text:
            raise self.wrong(name, "a text that is not empty", self.payload.get(name))
        return text

    def number(self, name: str, default: int = 0, *, most: int = MOST) -> int:
        """Return a whole number; permissions come as text."""
        value = self.payload.get(name)
        if value is None:
            return default
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < len(str(2**70)):
            value = int(value)
        return self.as_integer(name, value, -most, most)

    def optional_number(self, name: str) -> int | None:
        return None if self.payload.get(name) is None else self.number(name)

    def optional_float(self, name: str) -> float | None:
        value = self.payload.get(name)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > MOST:
            raise self.wrong(name, "a number", value)
        return float(value)

    def flag(self, name: str) -> bool:
        value = self.payload.get(name)
        return value is not None and self.as_flag(name, value)

    def moment(self, name: str) -> dt.datetime:
        found = self.optional_moment(name)
        if found is None:
            raise self.missing(name)
        return found

    def optional_moment(self, name: str) -> dt.datetime | None:
        value = self.payload.get(name)
        return None if value is None else self.as_moment(name, value)

    def inner(self, name: str) -> "Fields":
        return self.below(name, self.payload.get(name))

    def optional_inner(self, name: str) -> "Fields | None":
        return None if self.payload.get(name) is None else self.inner(name)

    def objects(self, name: str) -> "list[Fields]":
        return [self.below(f"{name}[{number}]", value) for number, value in enumerate(self._list(name))]

    def json_objects(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """Return the objects of a list as they are."""
        return tuple(each.payload for each in self.objects(name))

    def _list(self, name: str) -> list[Any]:
        value = self.payload.get(name)
        return [] if value is None else self.as_list(name, value)
