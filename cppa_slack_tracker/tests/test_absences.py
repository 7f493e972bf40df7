"""One wrong answer buries nothing; what is really gone is found all the same, by a run an hour later."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F

from core.absences import FEW
from core.models import DoubtedAbsence
from core.status import collectors
from core.twins import World
from cppa_slack_tracker.models import ChannelMember, Message, Pin, User
from cppa_slack_tracker.tests.collecting import (
    Settings,
    differences,
    differences_in,
    errors,
    last_run,
    only,
    physical,
    run,
    served,
)
from cppa_slack_tracker.tests.test_odd_answers import Altering

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]

EVERY_RUN = {"SLACK_SWEEP_DAYS": "0"}  # everything is read again
# Everything is read again now and then, and the last hour of a channel in every run.
USUAL = {"SLACK_SWEEP_DAYS": "30", "SLACK_RECENT_DAYS": "3650"}


def an_hour_passes() -> None:
    DoubtedAbsence.objects.update(first_missed_at=F("first_missed_at") - dt.timedelta(hours=1))


def without(method: str, name: str, *, kept: int = 0) -> Callable[[str, dict[str, Any]], None]:
    """The answers of a method end after so many items, and say that this is all."""

    def alter(asked: str, said: dict[str, Any]) -> None:
        if asked == method:
            said[name] = said[name][:kept]
            said["has_more"] = False
            said.pop("response_metadata", None)

    return alter


def live() -> set[str]:
    return set(Message.objects.filter(removed_at=None).values_list("ts", flat=True))


@pytest.mark.parametrize("environment", [EVERY_RUN, USUAL], ids=["swept in every run", "as usual"])
def test_one_empty_answer_of_a_channel_removes_nothing_and_is_said(
    environment: dict[str, str], settings_from: Settings
) -> None:
    twin = Altering(World(), size=120)
    boost = only(twin, "boost")
    with served(twin, settings_from, SLACK_PAGE_SIZE="20", **environment):
        assert run(*boost) == 0
        before = live()
        twin.alter = without("conversations.history", "messages")
        assert run(*boost) == 65
        assert live() == before
        assert (last_run().status, last_run().failure_category) == ("partial", "partial")
        assert f"of {len(before)} stored messages" in errors()
        (status,) = (each for each in collectors() if each.name == "cppa_slack")
        assert any("messages no longer shown" in scope.gaps for scope in status.scopes)
        twin.alter = None
        assert run(*boost) == 0
        assert live() == before
        assert not DoubtedAbsence.objects.exists()
        unchanged = physical()
        assert run(*boost) == 0
        assert physical() == unchanged
        assert differences_in(twin, "boost") == []


@pytest.mark.parametrize("kept", [0, 5])
def test_what_is_in_doubt_is_read_again_although_no_run_would_look_there(
    kept: int, settings_from: Settings
) -> None:
    twin = Altering(World(), size=120)
    boost = only(twin, "boost")
    with served(twin, settings_from, SLACK_SWEEP_DAYS="30", SLACK_RECENT_DAYS="0"):
        assert run(*boost) == 0
        before = live()
        twin.alter = without("conversations.history", "messages", kept=kept)
        assert run(*boost, "--full") == 65
        assert live() == before
        twin.alter = None
        assert run(*boost) == 0
        assert not DoubtedAbsence.objects.exists()
        assert differences_in(twin, "boost") == []


def test_messages_that_are_really_gone_are_found_by_a_run_an_hour_later(settings_from: Settings) -> None:
    twin = Altering(World(), size=120)
    boost, channel = only(twin, "boost"), twin.space.channel("boost")
    with served(twin, settings_from, SLACK_PAGE_SIZE="20", **USUAL):
        assert run(*boost) == 0
        before = live()
        for ts in channel.timeline[5:-5]:
            for each in (*reversed(channel.threads.get(ts, ())), ts):
                if each in channel.posts:
                    channel.remove(each, twin.space.payload(channel, channel.posts[each], ""))
        assert run(*boost) == 65
        kept = live()
        assert len(before) - len(kept) <= FEW
        assert run(*boost) == 65  # too early
        assert live() == kept
        an_hour_passes()
        assert run(*boost) == 0
        assert not DoubtedAbsence.objects.exists()
        assert differences_in(twin, "boost") == []
        Message.objects.all().delete()
        assert run("--from-archive", *boost) == 0
        assert differences_in(twin, "boost") == []


def test_a_thread_without_its_own_message_is_an_error_and_keeps_its_replies(settings_from: Settings) -> None:
    twin = Altering(World(), size=120)
    boost = only(twin, "boost")
    with served(twin, settings_from, **EVERY_RUN):
        assert run(*boost) == 0
        before = live()
        twin.alter = without("conversations.replies", "messages")
        assert run(*boost) == 69
        assert "does not show the thread's own message" in errors()
        assert live() == before
        twin.alter = None
        assert run(*boost) == 0
        assert differences_in(twin, "boost") == []


def test_threads_that_are_suddenly_without_replies_keep_them(settings_from: Settings) -> None:
    twin = Altering(World(), size=120)
    boost = only(twin, "boost")
    with served(twin, settings_from, SLACK_SWEEP_DAYS="30", SLACK_RECENT_DAYS="0"):
        assert run(*boost) == 0
        before = live()
        twin.alter = without("conversations.replies", "messages", kept=1)
        assert run(*boost, "--full") == 65
        assert len(before) - len(live()) <= FEW
        removed = before - live()
        twin.alter = None
        assert run(*boost) == 0  # reads those threads again, though there is no news in them
        assert not DoubtedAbsence.objects.exists()
        assert live() >= before - removed
        assert run(*boost, "--full") == 0  # brings back the few, also those whose parent is deleted
        assert live() == before
        assert differences_in(twin, "boost") == []


def test_a_channel_of_the_bots_has_members(settings_from: Settings) -> None:
    twin = Altering(World(), size=120)
    boost = ("--sync-channel-users", "--channel-id", twin.space.channel("boost").id)
    members = ChannelMember.objects.filter(removed_at=None)
    with served(twin, settings_from):
        assert run(*boost) == 0
        before = members.count()
        assert before > 20
        twin.alter = without("conversations.members", "members")
        assert run(*boost) == 69
        assert "not even the bot" in errors()
        twin.alter = without("conversations.members", "members", kept=5)
        assert run(*boost) == 65
        assert members.count() == before
        twin.alter = None
        assert run(*boost) == 0
        twin.alter = without("conversations.members", "members", kept=5)
        assert run(*boost) == 65
        an_hour_passes()
        assert run(*boost) == 0
        assert members.count() == 5


def test_a_list_of_people_that_is_cut_short_removes_nobody(settings_from: Settings) -> None:
    twin = Altering(World(), size=120)
    with served(twin, settings_from):
        assert run("--sync-users") == 0
        twin.alter = without("users.list", "members", kept=1)
        assert run("--sync-users") == 65
        assert "stored users" in errors()
        assert not User.objects.filter(removed_at__isnull=False).exists()
        twin.alter = None
        assert run("--sync-users") == 0
        assert [each for each in differences(twin) if "Tracker.User " in each] == []


def test_pins_that_are_in_doubt_are_asked_for_again_before_their_week_is_over(
    settings_from: Settings,
) -> None:
    twin = Altering(World(), size=120)
    channel = twin.space.channel("boost")
    boost = ("--sync-channels", "--channel-id", channel.id)
    many = [
        {"type": "message", "created": 1500000000, "created_by": "U1", "message": {"ts": f"{number}.000100"}}
        for number in range(1500000000, 1500000020)
    ]
    pins = Pin.objects.filter(removed_at=None)

    def pinned(method: str, said: dict[str, Any]) -> None:
        if method == "pins.list":
            said["items"] = many

    with served(twin, settings_from):
        twin.alter = pinned
        assert run(*boost) == 0
        assert pins.count() == len(many)
        twin.alter = without("pins.list", "items")
        assert run(*boost, "--full") == 65
        assert pins.count() == len(many)
        an_hour_passes()
        assert run(*boost) == 0
        assert pins.count() == 0
