"""One wrong answer buries nothing; what is really gone is found all the same, by a run an hour later."""

import datetime as dt
import json
from typing import Any

import pytest
from django.db.models import F

from core.absences import FEW
from core.models import DoubtedAbsence
from core.twins import TwinRequest, TwinResponse
from discord_activity_tracker.models import Channel, Member, Message, Role
from discord_activity_tracker.tests.conftest import Collect
from discord_activity_tracker.tests.test_channels_in_trouble import busiest, instead, live, refused
from discord_activity_tracker.tests.test_collecting import assert_equals_truth
from discord_activity_tracker.twin import DiscordTwin

pytestmark = pytest.mark.django_db(transaction=True)


def an_hour_passes() -> None:
    DoubtedAbsence.objects.update(first_missed_at=F("first_missed_at") - dt.timedelta(hours=1))


def said(value: object) -> TwinResponse:
    return TwinResponse(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


def failures(collector: Any) -> list[tuple[str, str]]:
    return [(failure.scope, str(failure.category)) for failure in collector.outcome.failures]


def many_said(twin: DiscordTwin, collect: Collect) -> Channel:
    """A channel with so many messages that a tenth of them is more than is believed at once."""
    collect()
    channel = busiest()
    assert len(live(channel)) > 2 * FEW
    room = twin.server.room(channel.pk)
    assert room is not None
    return channel


def test_an_answer_that_ends_too_early_removes_nothing_and_is_said(
    twin: DiscordTwin, collect: Collect
) -> None:
    channel = many_said(twin, collect)
    before = live(channel)
    answer = twin.answer

    def cut(request: TwinRequest) -> TwinResponse:
        """Only the newest message, as if it were the only one."""
        response = answer(request)
        if request.path.endswith(f"/channels/{channel.pk}/messages") and isinstance(response.body, bytes):
            response = said([each for each in json.loads(response.body) if each["id"] == str(max(before))])
        return response

    twin.answer = cut
    collector = collect(full=True)
    assert failures(collector) == [(f"{channel.server.pk}/{channel.pk}", "partial")]
    assert f"{len(before) - 1} of {len(before)} stored messages" in collector.outcome.failures[0].message
    assert live(channel) == before
    twin.answer = answer
    assert failures(collect()) == []  # reads it again, though there is no news
    assert not DoubtedAbsence.objects.exists()
    assert_equals_truth(twin)


def test_messages_that_are_really_gone_are_found_by_a_run_an_hour_later(
    twin: DiscordTwin, collect: Collect
) -> None:
    channel = many_said(twin, collect)
    before = sorted(live(channel))
    room = twin.server.room(channel.pk)
    assert room is not None
    room.removed.update(before[1:-1])
    assert [category for _, category in failures(collect(full=True))] == ["partial"]
    kept = live(channel)
    assert len(before) - len(kept) <= FEW
    assert [category for _, category in failures(collect())] == ["partial"]  # too early
    assert live(channel) == kept
    an_hour_passes()
    assert failures(collect()) == []
    assert live(channel) == {before[0], before[-1]}
    assert_equals_truth(twin)
    Message.objects.all().delete()
    collect(from_archive=True)
    assert live(channel) == {before[0], before[-1]}


def test_a_list_of_members_that_is_empty_or_cut_short_makes_nobody_leave(
    twin: DiscordTwin, collect: Collect
) -> None:
    collect()
    members = Member.objects.filter(left_at__isnull=True)
    before = members.count()
    assert before > 2 * FEW
    answer = twin.answer
    shown = 0

    def cut(request: TwinRequest) -> TwinResponse:
        response = answer(request)
        if request.path.endswith("/members") and isinstance(response.body, bytes):
            return said(json.loads(response.body)[:shown])
        return response

    twin.answer = cut
    assert [category for _, category in failures(collect(full=True))] == ["source"]
    assert members.count() == before
    shown = 2
    assert [category for _, category in failures(collect(full=True))] == ["partial"]
    assert members.count() == before
    an_hour_passes()
    assert failures(collect()) == []  # although the list was read today
    assert members.count() == shown
    twin.answer = answer
    collect(full=True)
    assert members.count() == before
    assert_equals_truth(twin)


def test_roles_that_are_missing_in_one_answer_stay(twin: DiscordTwin, collect: Collect) -> None:
    collect()
    server = twin.server
    Role.objects.bulk_create(
        Role(id=10**18 + number, server_id=server.id, name=f"role {number}") for number in range(2 * FEW)
    )
    roles = Role.objects.filter(removed_at__isnull=True)
    before = roles.count()
    assert failures(collect()) == [(str(server.id), "partial")]
    assert roles.count() == before
    an_hour_passes()
    assert failures(collect()) == []
    assert roles.count() == before - 2 * FEW


def test_a_channel_that_is_listed_and_yet_refused_as_unknown_is_not_removed(
    twin: DiscordTwin, collect: Collect
) -> None:
    collect()
    channel = busiest()
    before = live(channel)
    end = instead(
        twin,
        lambda request: (
            refused(404, 10003, "Unknown Channel")
            if request.path.endswith(f"/channels/{channel.pk}/messages")
            else None
        ),
    )
    assert [category for _, category in failures(collect(full=True))] == ["source"]
    assert live(channel) == before
    end()
    collect()
    assert_equals_truth(twin)


def test_a_channel_that_can_no_longer_be_read_fails_the_run_once(twin: DiscordTwin, collect: Collect) -> None:
    collect()
    channel = busiest()
    before = live(channel)
    end = instead(
        twin,
        lambda request: (
            refused(403, 50001, "Missing Access") if f"/channels/{channel.pk}/" in request.path else None
        ),
    )
    assert failures(collect(full=True)) == [(f"{channel.server.pk}/{channel.pk}", "permission")]
    assert failures(collect(full=True)) == []
    assert live(channel) == before
    channel.refresh_from_db()
    assert "50001" in channel.unreadable
    end()
    assert failures(collect(full=True)) == []
    channel.refresh_from_db()
    assert channel.unreadable == ""
    instead(
        twin,
        lambda request: (
            refused(403, 50001, "Missing Access") if f"/channels/{channel.pk}/" in request.path else None
        ),
    )
    assert [category for _, category in failures(collect(full=True))] == ["permission"]
