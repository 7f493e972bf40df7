"""Typed access to a payload from GraphQL: what was asked for is there, and null is a value, too."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from core.payloads import PayloadFields

MOST = 2**31 - 1


class Fields(PayloadFields):
    """An object of a payload."""

    named_by: ClassVar[tuple[str, ...]] = ("url", "id", "nameWithOwner")

    def value(self, name: str) -> object:
        """Return what GitHub answered for a field that was asked for."""
        if name not in self.payload:
            raise self.missing(name)
        return self.payload[name]

    def text(self, name: str) -> str:
        """Return a text that can be stored, "" included."""
        return self.as_text(name, self.value(name))

    def text_or(self, name: str, default: str = "") -> str:
        """Return a text; `default` for null."""
        return default if self.value(name) is None else self.text(name)

    def optional_text(self, name: str) -> str | None:
        return None if self.value(name) is None else self.text(name)

    def filled(self, name: str) -> str:
        """Return a text that identifies something, so it must have some."""
        value = self.text(name)
        if not value:
            raise self.wrong(name, "a text that is not empty", value)
        return value

    def number(self, name: str, *, least: int = 0) -> int:
        return self.as_integer(name, self.value(name), least, MOST)

    def optional_number(self, name: str) -> int | None:
        value = self.value(name)
        return None if value is None else self.as_integer(name, value, -MOST, MOST)

    def database_id(self, name: str) -> int:
        """Return GitHub's numeric id: an Int, or a BigInt, which comes as a text."""
        return self.as_id(name, self.value(name))

    def flag(self, name: str) -> bool:
        return self.as_flag(name, self.value(name))

    def moment(self, name: str) -> datetime:
        return self.as_moment(name, self.value(name))

    def optional_moment(self, name: str) -> datetime | None:
        return None if self.value(name) is None else self.moment(name)

    def inner(self, name: str) -> "Fields":
        return self.below(name, self.value(name))

    def optional_inner(self, name: str) -> "Fields | None":
        return None if self.value(name) is None else self.inner(name)

    def text_inside(self, name: str, inner_name: str) -> str | None:
        """Return one text of an object that may be null, such as the name of a milestone."""
        inner = self.optional_inner(name)
        return None if inner is None else inner.optional_text(inner_name)

    def members(self, name: str, members: str = "nodes") -> "Iterator[Fields]":
        """Yield the members of a connection; GitHub answers null for some that the token may not see."""
        connection = self.optional_inner(name)
        if connection is None:
            return
        yield from connection.objects(members)

    def objects(self, name: str) -> "Iterator[Fields]":
        """Yield the objects of a list, which may be null as a whole and in part."""
        values = self.value(name)
        if values is None:
            return
        for number, value in enumerate(self.as_list(name, values)):
            if value is not None:
                yield self.below(f"{name}[{number}]", value)

    def has(self, name: str) -> bool:
        return name in self.payload
