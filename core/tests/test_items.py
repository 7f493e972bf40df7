"""Failures that are an item's own, and those that are not."""

import pytest
from django.db import OperationalError

from core.errors import InvalidInput, SourceError, StopRequested
from core.items import each_understood, understood


def failing(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    "error",
    [
        RecursionError("too deep"),
        OverflowError("too big"),
        ValueError("odd"),
        KeyError("id"),
        TypeError("odd"),
        AttributeError("odd"),
        ZeroDivisionError("odd"),
        AssertionError("odd"),
        SourceError("odd"),
        InvalidInput("odd"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_parser_raises_is_its_items(error: Exception) -> None:
    refused: list[tuple[int, str]] = []

    def parse(item: int) -> int:
        if item == 2:
            raise error
        return item * 10

    found = each_understood([1, 2, 3], parse, lambda item, why: refused.append((item, str(why))))
    assert found == [10, 30]
    ((item, why),) = refused
    assert item == 2
    assert str(error.args[0]) in why


@pytest.mark.parametrize(
    "error", [StopRequested("stop"), OperationalError("gone"), OSError("full"), MemoryError()], ids=repr
)
def test_what_is_not_the_items_fault_passes(error: Exception) -> None:
    with pytest.raises(type(error)):
        understood(failing, error)
