"""Answers that Slack should not give: only what is odd about them is left out, and nothing is lost by it."""

import json
from collections.abc import Callable
from http import HTTPStatus
from random import Random
from typing import Any

import pytest

from core.models import QuarantinedItem
from core.twins import TwinRequest, TwinResponse, World
from cppa_slack_tracker.models import Channel, ChannelMember, MembershipEvent, Pin, Reaction, User
from cppa_slack_tracker.tests.collecting import Settings, differences_in, errors, only, run, served
from cppa_slack_tracker.twin import SlackTwin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]


class Altering(SlackTwin):
    """A Slack whose answers are altered on the way."""

    alter: Callable[[str, dict[str, Any]], None] | None = None

    def answer(self, request: TwinRequest) -> TwinResponse:
        response = super().answer(request)
        if self.alter is not None and request.path.startswith("/api/") and response.status == HTTPStatus.OK:
            assert isinstance(response.body, bytes)
            said = json.loads(response.body)
            if said["ok"]:
                self.alter(request.path.removeprefix("/api/"), said)
            response.body = json.dumps(said).encode()
        return response


def test_what_cannot_be_an_id_is_set_aside_alone(settings_from: Settings) -> None:
    twin = Altering(World(), size=60)
    channel = twin.space.channel("boost")

    def spoil(method: str, said: dict[str, Any]) -> None:
        if method == "conversations.members":
            said["members"] += [5, "U" * 20_000]
        if method == "users.list":
            said["members"].append({"id": {"U": "x" * 20_000}, "name": "nobody"})

    with served(twin, settings_from):
        assert run("--sync-users", "--sync-channel-users", "--channel-id", channel.id) == 0
        twin.alter = spoil
        left = channel.members[-1]
        channel.leave(left)
        assert run("--sync-users", "--sync-channel-users", "--channel-id", channel.id) == 65
        assert QuarantinedItem.objects.filter(kind="member").count() == 2
        assert QuarantinedItem.objects.filter(kind="user").count() == 1
        live = ChannelMember.objects.filter(channel__channel_id=channel.id, removed_at=None)
        assert live.filter(user_id=left).exists()  # it may be one of those
        twin.alter = None
        assert run("--sync-users", "--sync-channel-users", "--channel-id", channel.id) == 0
        assert set(live.values_list("user_id", flat=True)) == set(channel.members)
        assert not QuarantinedItem.objects.filter(kind="member").exists()


def test_a_reaction_that_cannot_be_stored_is_told_and_the_others_are(settings_from: Settings) -> None:
    twin = Altering(World(), size=60)
    arguments = only(twin, "boost")
    spoilt: list[str] = []

    def spoil(method: str, said: dict[str, Any]) -> None:
        for message in (
            said["messages"] if method in {"conversations.history", "conversations.replies"} else ()
        ):
            spoilt.append(message["ts"])
            if message["ts"] == spoilt[0]:
                # Too long for an index, and random, so that it is not packed small enough.
                user = "U" + Random(1).randbytes(10_000).hex()  # noqa: S311 - reproducible, not secret
                users = {"odd": ["U1", user], "fine": ["U1"]}
                message["reactions"] = [{"name": n, "count": len(users[n]), "users": users[n]} for n in users]

    with served(twin, settings_from, SLACK_SWEEP_DAYS="0"):
        twin.alter = spoil
        assert run(*arguments) == 65
        assert spoilt[0] in QuarantinedItem.objects.values_list("external_id", flat=True)
        reactions = Reaction.objects.filter(message__ts=spoilt[0])
        assert list(reactions.values_list("name", flat=True)) == ["fine"]
        twin.alter = None
        assert run(*arguments) == 0
        assert not QuarantinedItem.objects.exists()
        assert differences_in(twin, "boost") == []


def test_a_pin_of_a_kind_that_nobody_knows_leaves_the_others(settings_from: Settings) -> None:
    twin = Altering(World(), size=60)
    channel = twin.space.channel("boost")

    def spoil(method: str, said: dict[str, Any]) -> None:
        if method == "pins.list":
            said["items"] = [
                {"type": "file_comment", "created": 1500000000, "created_by": "U1"},
                *said["items"],
            ]

    with served(twin, settings_from):
        twin.alter = spoil
        assert run("--sync-channels", "--channel-id", channel.id) == 65
        pins = Pin.objects.filter(channel__channel_id=channel.id, removed_at=None)
        assert pins.count() == len(channel.pins) > 0


def test_an_empty_list_is_an_error_and_not_the_end_of_everybody(settings_from: Settings) -> None:
    twin = Altering(World(), size=60)

    def spoil(method: str, said: dict[str, Any]) -> None:
        for method_, name in (("users.list", "members"), ("conversations.list", "channels")):
            if method == method_:
                said[name] = []

    with served(twin, settings_from):
        assert run("--sync-users", "--sync-channels") == 0
        twin.alter = spoil
        assert run("--sync-users", "--sync-channels") != 0
        assert "nobody" in errors()
        assert "no channel" in errors()
        assert User.objects.exists()
        assert Channel.objects.exists()
        for model in (User, Channel):
            assert not model.objects.filter(removed_at__isnull=False).exists()


def test_a_silent_return_is_logged_after_a_silent_leave(settings_from: Settings) -> None:
    twin = SlackTwin(World(), size=60)
    channel = twin.space.channel("boost")
    arguments = ("--sync-messages", "--sync-channel-users", "--channel-id", channel.id)
    with served(twin, settings_from, SLACK_SWEEP_DAYS="0"):
        assert run(*arguments) == 0
        told = MembershipEvent.objects.filter(channel__channel_id=channel.id, kind="joined")
        user = told.filter(user_id__in=channel.members).values_list("user_id", flat=True)[0]
        channel.members.remove(user)
        assert run(*arguments) == 0
        channel.members.append(user)
        assert run(*arguments) == 0
    log = MembershipEvent.objects.filter(channel__channel_id=channel.id, user_id=user, ts__startswith="list-")
    assert list(log.order_by("ts").values_list("kind", flat=True)) == ["left", "joined"]


def test_a_workspace_that_cannot_be_read_does_not_take_its_channels(settings_from: Settings) -> None:
    twin = Altering(World(), size=60)

    def spoil(method: str, said: dict[str, Any]) -> None:
        if method == "team.info":
            said["team"]["name"] = {"of": "the workspace"}

    with served(twin, settings_from):
        twin.alter = spoil
        assert run(*only(twin, "boost")) == 65
        assert QuarantinedItem.objects.get().kind == "workspace"
        assert differences_in(twin, "boost") == []
        twin.alter = None
        assert run(*only(twin, "boost")) == 0
        assert not QuarantinedItem.objects.exists()
