"""The twin's tiers, per workspace and by its own clock."""

import time
from datetime import timedelta

import pytest

from core.twins import TwinClock, World
from cppa_slack_tracker.tests.asking import SLOW, ask, odd
from cppa_slack_tracker.twin import SlackTeamsTwin, SlackTwin


@pytest.fixture
def twin() -> SlackTwin:
    return SlackTwin(World(1), size=60)


@pytest.mark.parametrize(
    ("method", "calls"),
    [("conversations.history", 50), ("users.list", 20), ("conversations.members", 100)],
)
def test_a_minute_has_as_many_calls_as_the_tier_says(method: str, calls: int) -> None:
    clock = TwinClock(multiple=SLOW)
    twin = SlackTwin(World(1), size=60, clock=clock)
    answers = [ask(twin, method, channel=odd(twin).id) for _ in range(calls + 1)]
    assert [answer["ok"] for answer in answers] == [True] * calls + [False]
    last = answers[-1]
    assert (last["status"], last["error"]) == (429, "ratelimited")
    assert int(last["headers"]["Retry-After"]) == pytest.approx(60 / SLOW, rel=0.01)
    assert ask(twin, "auth.test")["ok"]


def test_the_minute_slides_with_the_twins_clock() -> None:
    twin = SlackTwin(World(1), size=60, clock=TwinClock(multiple=600))
    while ask(twin, "users.list")["ok"]:
        pass
    deadline = time.monotonic() + 5
    while not ask(twin, "users.list")["ok"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert twin.limits.refused >= 1


def test_workspaces_have_tokens_and_limits_of_their_own() -> None:
    twin = SlackTeamsTwin(World(1), size=60, clock=TwinClock(multiple=SLOW))
    first, second = twin.spaces
    while ask(twin, "users.list")["ok"]:
        pass
    assert ask(twin, "users.list", token=second.token)["ok"]
    assert not {*first.channels} & {*second.channels}
    environment = twin.environment("http://twin")
    assert environment[f"SLACK_BOT_TOKEN_{second.id}"] == second.token
    assert environment["SLACK_TEAM_IDS"] == f"{first.id},{second.id}"


def test_an_app_sold_elsewhere_gets_fifteen_messages_and_one_call_a_minute() -> None:
    twin = SlackTwin(World(1), size=60, restricted=True, clock=TwinClock(multiple=SLOW))
    answer = ask(twin, "conversations.history", channel=odd(twin).id, limit=200)
    assert (len(answer["messages"]), answer["has_more"]) == (15, True)
    assert ask(twin, "conversations.history", channel=odd(twin).id)["error"] == "ratelimited"
    assert ask(twin, "users.list")["ok"]


def test_a_day_is_a_minute_when_the_clock_runs_so(twin: SlackTwin) -> None:
    before = twin.clock.now()
    time.sleep(0.02)
    assert twin.clock.now() - before > timedelta(seconds=15)
