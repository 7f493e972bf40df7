"""When old threads and messages are read again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cppa_slack_tracker.conf import SlackTrackerSettings
from cppa_slack_tracker.sync.schedule import days_between_visits, is_due
from cppa_slack_tracker.sync.session import micros_of, ts_of

USUAL = SlackTrackerSettings(slack_recent_days=7, slack_sweep_days=30)


@pytest.mark.parametrize(("age", "days"), [(0, 1), (7, 1), (8, 7), (30, 7), (31, 30), (4000, 30)])
def test_what_is_young_is_visited_often_and_what_is_old_once_in_a_sweep(age: int, days: int) -> None:
    assert days_between_visits(age, USUAL) == days


def test_without_days_between_sweeps_everything_is_visited_every_time() -> None:
    always = SlackTrackerSettings(slack_sweep_days=0)
    assert days_between_visits(4000, always) == 1


@settings(max_examples=50)
@given(st.integers(0, 10**6), st.integers(2, 60), st.integers(20_000, 20_400))
def test_each_thread_is_due_once_in_its_interval_however_the_days_are_cut_into_runs(
    number: int, interval: int, start: int
) -> None:
    item = ts_of(1_700_000_000_000_000 + number)
    by_day = [
        is_due(item, since=day - 1, today=day, interval=interval)
        for day in range(start + 1, start + interval + 1)
    ]
    assert sum(by_day) == 1
    middle = start + interval // 2
    halves = [
        is_due(item, since=start, today=middle, interval=interval),
        is_due(item, since=middle, today=start + interval, interval=interval),
    ]
    assert sum(halves) == 1
    assert is_due(item, since=start, today=start + interval, interval=interval)


def test_the_visits_are_spread_evenly_over_the_days() -> None:
    items = [ts_of(1_600_000_000_000_000 + 977_123 * number) for number in range(3000)]
    a_day = [
        sum(is_due(each, since=day - 1, today=day, interval=30) for each in items) for day in range(100, 130)
    ]
    assert sum(a_day) == len(items)
    assert max(a_day) < 2 * len(items) / 30


@given(st.integers(0, 9_999_999_999_999_999))
def test_a_ts_is_a_number_of_microseconds_and_back(micros: int) -> None:
    assert micros_of(ts_of(micros)) == micros
