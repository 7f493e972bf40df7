"""What is old is found as promised, whatever pages Slack gives, its plan hides, or one message spoils."""

import datetime as dt
from typing import Any

import pytest

from core.models import Checkpoint, CoverageGap, QuarantinedItem
from core.twins import World
from cppa_slack_tracker.collectors import CppaSlackTrackerCollector, SlackOptions
from cppa_slack_tracker.models import Message
from cppa_slack_tracker.tests.collecting import Settings, differences_in, only, physical, run, served
from cppa_slack_tracker.tests.test_odd_answers import Altering
from cppa_slack_tracker.twin import SlackTwin
from cppa_slack_tracker.twin.ids import ts_text
from cppa_slack_tracker.twin.posts import Kind, Post

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]

USUAL = {"SLACK_SWEEP_DAYS": "30", "SLACK_RECENT_DAYS": "0"}


class Days:
    """Runs over one channel of a twin on one day after another."""

    def __init__(self, twin: SlackTwin, channel: str = "boost") -> None:
        self.options = SlackOptions(sync_messages=True, channels=(twin.space.channel(channel).id,))
        self.start = dt.datetime.now(dt.UTC).timestamp()

    def run(self, day: int) -> bool:
        now = self.start + day * 86_400
        return CppaSlackTrackerCollector(self.options, clock=lambda: now).run().success


class Short(SlackTwin):
    """Gives few messages at once, whatever is asked for."""

    def check(self, method: str, args: dict[str, str]) -> None:
        super().check(method, args)
        if method == "conversations.history":
            args["limit"] = "5"


def post(twin: SlackTwin, channel: str, seconds: int, thread: int | None = None) -> Post:
    place = twin.space.channel(channel)
    made = Post(twin.space.until + seconds * 1_000_000, place.number(), 1, Kind.TEXT, thread)
    return twin.space.post(place, made)


def test_a_sweep_keeps_its_days_when_slack_gives_smaller_pages_than_asked_for(
    settings_from: Settings,
) -> None:
    twin = Short(World(), size=80)
    days = Days(twin)
    with served(twin, settings_from, **USUAL):
        assert days.run(0)
        twin.mutate()
        for day in (1, 16, 31):
            assert days.run(day)
        assert differences_in(twin, "boost") == []


def test_a_limit_that_the_recent_days_exceed_gets_on_all_the_same(settings_from: Settings) -> None:
    twin = SlackTwin(World(), size=80)
    boost = only(twin, "boost")
    timeline = twin.space.channel("boost").timeline
    with served(twin, settings_from, SLACK_PAGE_SIZE="5", SLACK_SWEEP_DAYS="30", SLACK_RECENT_DAYS="3650"):
        for _ in range(len(timeline) // 5 + 2):
            assert run(*boost, "--limit", "5") == 0
        assert differences_in(twin, "boost") == []


def hidden_before() -> int:
    return Checkpoint.objects.get(stream="history").extras.get("hidden_before", 0)


def test_what_a_plan_hides_later_is_no_deletion_and_the_edge_moves_with_it(settings_from: Settings) -> None:
    twin = Altering(World(), size=120)
    days, timeline = Days(twin), twin.space.channel("boost").timeline

    def sparingly(method: str, said: dict[str, Any]) -> None:
        if method == "conversations.history" and said["has_more"]:
            said.pop("is_limited", None)  # told on the last page only

    twin.alter = sparingly
    with served(twin, settings_from, SLACK_PAGE_SIZE="10", **USUAL):
        twin.hidden_before = timeline[len(timeline) // 4]
        assert days.run(0)
        stored = Message.objects.filter(removed_at=None).count()
        twin.hidden_before = timeline[len(timeline) // 2]
        for day in (31, 62, 93):
            assert days.run(day)
        assert hidden_before() == timeline[len(timeline) // 2]
        assert CoverageGap.objects.filter(part__startswith="hidden by the plan").exists()
        assert Message.objects.filter(removed_at=None).count() == stored
        twin.hidden_before = 0
        for day in (124, 155):
            assert days.run(day)
        assert hidden_before() == 0
        assert differences_in(twin, "boost") == []


def test_a_thread_that_the_plan_hides_in_silence_is_not_buried(settings_from: Settings) -> None:
    twin = Altering(World(), size=120)
    twin.alter = lambda _, said: said.pop("is_limited", None)
    days, channel = Days(twin), twin.space.channel("boost")
    with served(twin, settings_from, **USUAL):
        twin.fail("conversations.replies", "invalid_arguments", channel=channel.id)
        assert not days.run(0)
        twin.fail("conversations.replies", None, channel=channel.id)
        twin.hidden_before = channel.timeline[-1] - 300_000_000  # as far as every run reads again
        assert days.run(0)
        assert not Message.objects.filter(removed_at__isnull=False).exclude(subtype="tombstone").exists()
        twin.hidden_before = 0
        assert days.run(0)
        assert differences_in(twin, "boost") == []


def test_a_bad_reply_stops_neither_its_thread_nor_a_later_reply(settings_from: Settings) -> None:
    twin = Altering(World(), size=120)
    boost, channel = only(twin, "boost"), twin.space.channel("boost")
    thread = next(
        ts
        for ts, replies in sorted(channel.threads.items())
        if len(replies) > 1 and channel.posts[ts].kind is not Kind.TOMBSTONE
    )
    bad = ts_text(channel.threads[thread][0])

    def spoil(method: str, said: dict[str, Any]) -> None:
        for message in said["messages"] if method == "conversations.replies" else ():
            if message["ts"] == bad:
                message["reactions"] = "x"

    twin.alter = spoil
    with served(twin, settings_from, SLACK_SWEEP_DAYS="30", SLACK_RECENT_DAYS="3650"):
        assert run(*boost) == 65
        assert not Message.objects.filter(ts=bad).exists()
        before = physical()
        assert run(*boost) == 0
        assert physical() == before
        late = ts_text(post(twin, "boost", 5, thread).ts)
        assert run(*boost) == 0
        assert Message.objects.filter(ts=late, removed_at=None).exists()
        assert QuarantinedItem.objects.get().external_id == bad
        twin.alter = None
        assert run(*boost, "--retry-quarantined") == 0
        assert not QuarantinedItem.objects.exists()
        assert differences_in(twin, "boost") == []


def test_a_newest_message_that_makes_no_sense_is_filed_once(settings_from: Settings) -> None:
    twin = Altering(World(), size=60)
    boost = only(twin, "boost")
    bad = ts_text(post(twin, "boost", 1).ts)

    def spoil(method: str, said: dict[str, Any]) -> None:
        for message in said["messages"] if method == "conversations.history" else ():
            if message["ts"] == bad:
                del message["ts"]

    twin.alter = spoil
    with served(twin, settings_from, **USUAL):
        assert run(*boost) == 65
        first = QuarantinedItem.objects.get().external_id
        for seconds in (5, 9):
            post(twin, "boost", seconds)
            assert run(*boost) == 0
            assert QuarantinedItem.objects.get().external_id == first
        twin.alter = None
        assert run(*boost, "--retry-quarantined") == 0
        assert not QuarantinedItem.objects.exists()
        assert differences_in(twin, "boost") == []
