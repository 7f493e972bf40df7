"""Answers that Slack should not give: only what is odd about them is left out, and nothing is lost by it."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from core.models import QuarantinedItem
from core.twins import TwinRequest, TwinResponse, World
from cppa_slack_tracker.models import ChannelMember
from cppa_slack_tracker.tests.collecting import Settings, run, served
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
