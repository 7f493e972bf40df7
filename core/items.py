"""One bad item stops only itself: the one place that says what of an item's failure is its own."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import Error

from core.errors import CollectorError, InvalidInput, TryAgainLater

__all__ = ["each_understood", "understood"]

T = TypeVar("T")
R = TypeVar("R")


def understood(parse: Callable[[T], R], item: T) -> R:
    """What `parse` makes of an item. Raises InvalidInput for whatever it raises that is the item's fault.

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
    """What `parse` makes of the items that it understands; `set_aside` gets the others, with the reason."""
    found: list[R] = []
    for item in items:
        try:
            found.append(understood(parse, item))
        except InvalidInput as error:
            set_aside(item, error)
    return found
