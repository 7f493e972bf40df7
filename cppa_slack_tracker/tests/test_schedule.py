"""When old threads and messages are read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cppa_slack_tracker.conf import SlackTrackerSettings
from cppa_slack_tracker.sync.session import micros_of, ts_of

USUAL = SlackTrackerSettings(slack_recent_days=7, slack_sweep_days=30)


@pytest.mark.parametrize(("age", "days"), [(0, 1), (7, 1), (8, 7), (30, 7), (31, 30), (4000, 30)])
def test_what_is_young_is_visited_often_and_what_is_old_once_in_a_sweep(age: int, days: int) -> None:
    assert USUAL.days_between_visits(age) == days


def test_without_days_between_sweeps_everything_is_visited_every_time() -> None:
    always = SlackTrackerSettings(slack_sweep_days=0)
    assert always.days_between_visits(4000) == 1


@given(st.integers(0, 9_999_999_999_999_999))
def test_a_ts_is_a_number_of_microseconds_and_back(micros: int) -> None:
    assert micros_of(ts_of(micros)) == micros
