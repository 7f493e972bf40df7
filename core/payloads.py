"""Typed access to a payload of a source; every complaint names the field and the item.

Each source has its own way to say that there is nothing, so its readers are in its app, on top of these.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar, Self, cast

from core.errors import InvalidInput
from core.storable import storable_text

MOST_OF_AN_ID = 2**63 - 1  # what a bigint holds
_SHOWN = 80  # characters of a value
# What reading a payload of another shape raises, where no field was asked about: the payload is wrong.
UNTYPED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class PayloadFields:
    """An object of a payload. `path` is where in the payload it stands, `item` what errors call the item.

    Every method takes the value of a field and raises InvalidInput when it is not what it should be.
    """

    # Fields that name an item to a reader, the best first.
    named_by: ClassVar[tuple[str, ...]] = ("id",)

    def __init__(self, payload: object, path: str = "", item: str | None = None) -> None:
        if not isinstance(payload, Mapping):
            raise InvalidInput(f"{path or 'the payload'}: not an object but {shown(payload)}", item=item)
        self.payload = cast("Mapping[str, Any]", payload)
        self._path = f"{path}." if path else ""
        self._item = item or self._name()

    def as_text(self, name: str, value: object) -> str:
        """Return a text that can be stored, "" included."""
        if not isinstance(value, str):
            raise self.wrong(name, "a text", value)
        return storable_text(value)

    def as_flag(self, name: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false", value)
        return value

    def as_integer(self, name: str, value: object, least: int, most: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(name, f"a number from {least} to {most}", value)
        return value

    def as_id(self, name: str, value: object) -> int:
        """Return a positive number, also one that is written as a text."""
        most = MOST_OF_AN_ID
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= len(str(most)):
            value = int(value)
        return self.as_integer(name, value, 1, most)

    def as_moment(self, name: str, value: object) -> dt.datetime:
        """Return an ISO 8601 time with its offset, in UTC."""
        text = self.as_text(name, value)
        try:
            moment = dt.datetime.fromisoformat(text)
            if moment.tzinfo is None:
                raise self.wrong(name, "a time with its UTC offset", value)
            return moment.astimezone(dt.UTC)
        except (ValueError, OverflowError) as error:
            raise self.wrong(name, "an ISO 8601 time", value) from error

    def as_list(self, name: str, value: object) -> list[Any]:
        if not isinstance(value, list):
            raise self.wrong(name, "a list", value)
        return cast("list[Any]", value)

    def below(self, name: str, value: object) -> Self:
        """Return an object inside this one; `name` with its place in a list, if it is in one."""
        return type(self)(value, f"{self._path}{name}", self._item)

    def missing(self, name: str) -> InvalidInput:
        """Return the complaint about a field that is not there; to be raised."""
        return InvalidInput(f"{self._path}{name}: missing", item=self._item)

    def wrong(self, name: str, expected: str, value: object) -> InvalidInput:
        """Return the complaint about a field; to be raised."""
        return InvalidInput(f"{self._path}{name}: not {expected} but {shown(value)}", item=self._item)

    def _name(self) -> str:
        known = next((self.payload[name] for name in self.named_by if self.payload.get(name)), None)
        return shown(known).strip("'") if known else "an item without id"


def shown(value: object) -> str:
    """Return a value as an error shows it: short, and on one line."""
    return ascii(value)[:_SHOWN]
