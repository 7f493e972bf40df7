"""Parses items so that a bad one stops only itself: decides which failures are the item's own."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import Error

from core.errors import CollectorError, InvalidInput, TryAgainLater

__all__ = ["each_understood", "understood"]

T = TypeVar("T")
R = TypeVar("R")


def understood(parse: Callable[[T], R], item: T) -> R:
    """Return what `parse` makes of an item. Raises InvalidInput for errors that are the item's fault.

    The database, the machine and who asks the run to stop are not the item's fault.
    """
    try:
        return parse(item)
    except (InvalidInput, TryAgainLater, Error, OSError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, CollectorError):
            raise InvalidInput(error.message, item=error.item) from error
        raise InvalidInput(f"its parser failed: {type(error).__name__}: {error}"[:500]) from error


def each_understood(
    items: Iterable[T], parse: Callable[[T], R], set_aside: Callable[[T, InvalidInput], None]
) -> list[R]:
    """Parse the items one by one and return the results; `set_aside` gets the bad ones, with the reason."""
    found: list[R] = []
    for item in items:
        try:
            found.append(understood(parse, item))
        except InvalidInput as error:
            set_aside(item, error)
    return found
