"""Typed access to a payload of Discord's API; every complaint names the field and the item.

Discord leaves out what does not apply, or says null: both read as the default.
https://docs.discord.com/developers/reference
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, cast

from core.errors import InvalidInput
from core.storable import storable_text

DISCORD_EPOCH = 1_420_070_400_000  # milliseconds; a snowflake's upper 42 bits count from there
MOST = 2**31 - 1
MOST_ID = 2**63 - 1


def time_of(snowflake: int) -> dt.datetime:
    """When Discord made an id. Ids are 63 bits, so every one of them has a time."""
    return dt.datetime.fromtimestamp(((snowflake >> 22) + DISCORD_EPOCH) / 1000, dt.UTC)


def first_id_at(moment: dt.datetime) -> int:
    """The smallest id of what is made at a time or later."""
    milliseconds = int(moment.timestamp() * 1000) - DISCORD_EPOCH
    return max(milliseconds, 0) << 22


class Fields:
    """An object of a payload. `item` is what errors call the item."""

    def __init__(self, payload: object, path: str = "", item: str | None = None) -> None:
        if not isinstance(payload, Mapping):
            raise InvalidInput(f"{path or 'the payload'}: not an object but {shown(payload)}", item=item)
        self.payload = cast("Mapping[str, Any]", payload)
        self._path = f"{path}." if path else ""
        self._item = item or shown(self.payload.get("id", "an item without id")).strip("'")

    def snowflake(self, name: str) -> int:
        found = self.optional_snowflake(name)
        if found is None:
            raise InvalidInput(f"{self._path}{name}: missing", item=self._item)
        return found

    def optional_snowflake(self, name: str) -> int | None:
        value = self.payload.get(name)
        return None if value is None else self._snowflake(name, value)

    def snowflakes(self, name: str) -> tuple[int, ...]:
        """Ids in a list, ascending."""
        return tuple(sorted({self._snowflake(name, value) for value in self._list(name)}))

    def text(self, name: str, default: str = "") -> str:
        value = self.payload.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.wrong(name, "a text", value)
        return storable_text(value)

    def filled(self, name: str) -> str:
        """A text that must be there."""
        text = self.text(name)
        if not text:
            raise self.wrong(name, "a text that is not empty", self.payload.get(name))
        return text

    def number(self, name: str, default: int = 0, *, most: int = MOST) -> int:
        """A whole number; permissions come as text."""
        value = self.payload.get(name)
        if value is None:
            return default
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < len(str(2**70)):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not -most <= value <= most:
            raise self.wrong(name, f"a number up to {most}", value)
        return value

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
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false", value)
        return value

    def moment(self, name: str) -> dt.datetime:
        found = self.optional_moment(name)
        if found is None:
            raise InvalidInput(f"{self._path}{name}: missing", item=self._item)
        return found

    def optional_moment(self, name: str) -> dt.datetime | None:
        value = self.payload.get(name)
        if value is None:
            return None
        try:
            moment = dt.datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise self.wrong(name, "a time with its UTC offset", value)
            return moment.astimezone(dt.UTC)
        except (TypeError, ValueError, OverflowError) as error:
            raise self.wrong(name, "an ISO 8601 time", value) from error

    def inner(self, name: str) -> "Fields":
        return Fields(self.payload.get(name), f"{self._path}{name}", self._item)

    def optional_inner(self, name: str) -> "Fields | None":
        return None if self.payload.get(name) is None else self.inner(name)

    def objects(self, name: str) -> "list[Fields]":
        return [
            Fields(value, f"{self._path}{name}[{number}]", self._item)
            for number, value in enumerate(self._list(name))
        ]

    def json_objects(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """The same as they are."""
        return tuple(each.payload for each in self.objects(name))

    def wrong(self, name: str, expected: str, value: object) -> InvalidInput:
        return InvalidInput(f"{self._path}{name}: not {expected} but {shown(value)}", item=self._item)

    def _list(self, name: str) -> list[Any]:
        value = self.payload.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(name, "a list", value)
        return cast("list[Any]", value)

    def _snowflake(self, name: str, value: object) -> int:
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            number = int(value) if len(value) <= len(str(MOST_ID)) else MOST_ID + 1
        elif isinstance(value, int) and not isinstance(value, bool):
            number = value
        else:
            raise self.wrong(name, "an id", value)
        if not 0 < number <= MOST_ID:
            raise self.wrong(name, "an id", value)
        return number


def shown(value: object) -> str:
    return ascii(value)[:80]
