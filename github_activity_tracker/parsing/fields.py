"""Typed access to a payload from GraphQL; every complaint names the field and the item."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from core.errors import InvalidInput
from core.storable import storable_text

MOST = 2**31 - 1
MOST_ID = 2**63 - 1


class Fields:
    """An object of a payload. `path` is where in the payload it stands, `item` what errors call the item."""

    def __init__(self, payload: object, path: str = "", item: str | None = None) -> None:
        if not isinstance(payload, Mapping):
            raise InvalidInput(f"{path or 'the payload'}: not an object but {shown(payload)}", item=item)
        self._payload = cast("Mapping[str, Any]", payload)
        self._path = f"{path}." if path else ""
        self._item = item or _name_of(self._payload)

    def value(self, name: str) -> object:
        """What GitHub answered for a field that was asked for; null is a value, too."""
        if name not in self._payload:
            raise InvalidInput(f"{self._path}{name}: missing", item=self._item)
        return self._payload[name]

    def text(self, name: str) -> str:
        """A text that can be stored, "" included."""
        value = self.value(name)
        if not isinstance(value, str):
            raise self.wrong(name, "a text", value)
        return storable_text(value)

    def text_or(self, name: str, default: str = "") -> str:
        """The same, `default` for null."""
        return default if self.value(name) is None else self.text(name)

    def optional_text(self, name: str) -> str | None:
        return None if self.value(name) is None else self.text(name)

    def filled(self, name: str) -> str:
        """A text that identifies something, so it must have some."""
        value = self.text(name)
        if not value:
            raise self.wrong(name, "a text that is not empty", value)
        return value

    def number(self, name: str, *, least: int = 0) -> int:
        return self._integer(name, self.value(name), least, MOST)

    def optional_number(self, name: str) -> int | None:
        value = self.value(name)
        return None if value is None else self._integer(name, value, -MOST, MOST)

    def database_id(self, name: str) -> int:
        """GitHub's numeric id: an Int, or a BigInt, which comes as a text."""
        value = self.value(name)
        if (
            isinstance(value, str)
            and value.isascii()
            and value.isdecimal()
            and len(value) <= len(str(MOST_ID))
        ):
            value = int(value)
        return self._integer(name, value, 1, MOST_ID)

    def flag(self, name: str) -> bool:
        value = self.value(name)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false", value)
        return value

    def moment(self, name: str) -> datetime:
        value = self.text(name)
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise self.wrong(name, "a time with its UTC offset", value)
            return moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.wrong(name, "an ISO 8601 time", value) from error

    def optional_moment(self, name: str) -> datetime | None:
        return None if self.value(name) is None else self.moment(name)

    def inner(self, name: str) -> "Fields":
        return Fields(self.value(name), f"{self._path}{name}", self._item)

    def optional_inner(self, name: str) -> "Fields | None":
        return None if self.value(name) is None else self.inner(name)

    def text_inside(self, name: str, inner_name: str) -> str | None:
        """One text of an object that may be null, such as the name of a milestone."""
        inner = self.optional_inner(name)
        return None if inner is None else inner.optional_text(inner_name)

    def members(self, name: str, members: str = "nodes") -> "Iterator[Fields]":
        """The members of a connection; GitHub answers null for some that the token may not see."""
        connection = self.optional_inner(name)
        if connection is None:
            return
        yield from connection.objects(members)

    def objects(self, name: str) -> "Iterator[Fields]":
        """The objects of a list, which may be null as a whole and in part."""
        values = self.value(name)
        if values is None:
            return
        if not isinstance(values, list):
            raise self.wrong(name, "a list", values)
        for number, value in enumerate(cast("list[object]", values)):
            if value is not None:
                yield Fields(value, f"{self._path}{name}[{number}]", self._item)

    def has(self, name: str) -> bool:
        return name in self._payload

    def wrong(self, name: str, expected: str, value: object) -> InvalidInput:
        return InvalidInput(f"{self._path}{name}: not {expected} but {shown(value)}", item=self._item)

    def _integer(self, name: str, value: object, least: int, most: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(name, f"a number from {least} to {most}", value)
        return value


def shown(value: object) -> str:
    return ascii(value)[:80]


def _name_of(payload: Mapping[str, Any]) -> str:
    known = payload.get("url") or payload.get("id") or payload.get("nameWithOwner")
    return shown(known).strip("'") if known else "an item without id"
