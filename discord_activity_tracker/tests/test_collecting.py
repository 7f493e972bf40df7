"""Runs against the twin: what they bring, and what they write."""

import pytest

from core.twins.snapshot import differences_from_truth
from discord_activity_tracker.tests.conftest import Collect
from discord_activity_tracker.twin import DiscordTwin

pytestmark = pytest.mark.django_db(transaction=True)


def assert_equals_truth(twin: DiscordTwin) -> None:
    assert [str(each) for each in differences_from_truth(twin.truth())] == []


def test_a_run_brings_all_that_the_bot_may_read(twin: DiscordTwin, collect: Collect) -> None:
    collector = collect()
    assert collector.outcome.failures == []
    assert_equals_truth(twin)
