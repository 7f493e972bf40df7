"""Runs against the twin: what they bring, and what they write."""

import json

import pytest

from core.models import QuarantinedItem
from core.twins import TwinRequest, TwinResponse
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


def test_a_server_that_cannot_be_read_does_not_take_its_messages(
    twin: DiscordTwin, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = twin.answer

    def altered(request: TwinRequest) -> TwinResponse:
        response = honest(request)
        if request.path.endswith(f"/guilds/{twin.server.id}"):
            assert isinstance(response.body, bytes)
            response.body = json.dumps(json.loads(response.body) | {"name": 7}).encode()
        return response

    monkeypatch.setattr(twin, "answer", altered)
    assert collect().outcome.category == "partial"
    assert QuarantinedItem.objects.get().kind == "server"
    assert {each.table for each in differences_from_truth(twin.truth())} == {
        "discord_activity_tracker.Server"
    }
    monkeypatch.undo()
    assert collect().outcome.failures == []
    assert_equals_truth(twin)
    assert not QuarantinedItem.objects.exists()
