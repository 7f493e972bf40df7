import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.visits import is_due, is_its_turn

NOON = dt.datetime(2024, 5, 8, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("last", "days", "due"),
    [
        (None, 30, True),
        ("2024-05-01", 7, True),
        ("2024-05-01", 8, False),
        ("2024-05-08", 0, True),
        ("2024-05-01T12:00:00+00:00", 7, True),
        ("2024-05-01T12:00:01+00:00", 7, False),
        ("2024-05-01T14:00:00+02:00", 7, True),
    ],
)
def test_a_visit_is_due_when_the_days_have_passed_or_there_was_none(
    last: str | None, days: int, due: bool
) -> None:
    assert is_due(last, days=days, now=NOON) == due


@settings(max_examples=50)
@given(st.integers(0, 10**6), st.integers(2, 60), st.integers(20_000, 20_400))
def test_each_item_comes_up_once_in_its_interval_however_the_days_are_cut_into_runs(
    number: int, interval: int, start: int
) -> None:
    item = f"item {number}"
    by_day = [
        is_its_turn(item, since=day - 1, today=day, interval=interval)
        for day in range(start + 1, start + interval + 1)
    ]
    assert sum(by_day) == 1
    middle = start + interval // 2
    halves = [
        is_its_turn(item, since=start, today=middle, interval=interval),
        is_its_turn(item, since=middle, today=start + interval, interval=interval),
    ]
    assert sum(halves) == 1
    assert is_its_turn(item, since=start, today=start + interval, interval=interval)


def test_the_visits_are_spread_evenly_over_the_days() -> None:
    items = [f"item {977_123 * number}" for number in range(3000)]
    a_day = [
        sum(is_its_turn(each, since=day - 1, today=day, interval=30) for each in items)
        for day in range(100, 130)
    ]
    assert sum(a_day) == len(items)
    assert max(a_day) < 2 * len(items) / 30
