"""Leaves to `make pytest-all` further cases and examples of tests that a change elsewhere rarely breaks."""

from collections.abc import Iterable
from typing import Any

import hypothesis
import pytest

PROFILE = "thorough"


def examples(number: int) -> int:
    """Return the number of examples for hypothesis: all in `make pytest-all`, a tenth in `make test`."""
    return number if hypothesis.settings.get_current_profile_name() == PROFILE else number // 10


def cases(every: Iterable[Any], *, always: int = 3) -> list[Any]:
    """Return cases for parametrize: the first run always, the others in `make pytest-all` alone."""
    rest: list[Any] = list(every)
    first = [rest.pop(0) for _ in range(min(always, len(rest)))]
    tuples: list[tuple[Any, ...]] = [case if isinstance(case, tuple) else (case,) for case in rest]
    return first + [pytest.param(*values, marks=pytest.mark.thorough) for values in tuples]
