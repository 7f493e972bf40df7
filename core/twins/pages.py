"""Pages of a list, and cursors that only the source understands."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def cut(items: Sequence[Item], limit: int, start: int = 0) -> tuple[Sequence[Item], Item | None]:
    """The page of `limit` items from place `start`, and the item that the next page begins with."""
    end = start + limit
    return items[start:end], items[end] if end < len(items) else None


def cursor(name: str, value: object) -> str:
    """An opaque text that stands for a value. name: which kind of list it is good for."""
    return b64encode(f"{name}:{value}".encode()).decode()


def cursor_value(text: str, name: str) -> str:
    """The value that a cursor stands for. Raises ValueError for one that was never given for such a list."""
    found = b64decode(text, validate=True).decode()
    if not found.startswith(f"{name}:") or found == f"{name}:":
        raise ValueError(f"{text!r} is no cursor of {name}")
    return found.removeprefix(f"{name}:")
