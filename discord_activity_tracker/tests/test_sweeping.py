"""Deletions of old messages are found within the days that the settings promise."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from core.models import Checkpoint
from core.twins import Served, TwinRequest, TwinResponse, World
from discord_activity_tracker.collectors import DiscordActivityCollector
from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.sync.options import DiscordOptions
from discord_activity_tracker.tests.conftest import Collect
from discord_activity_tracker.twin import DiscordTwin

pytestmark = pytest.mark.django_db(transaction=True)
WORLD_ENDS = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
SWEPT_LATER = WORLD_ENDS + dt.timedelta(days=40)
SCHEDULED = {"DISCORD_REREAD_DAYS": "3", "DISCORD_SWEEP_DAYS": "30", "DISCORD_MEMBER_DAYS": "1"}


def on(day: dt.datetime, **options: Any) -> DiscordActivityCollector:
    """A run on a day of the world's time."""
    asked = DiscordOptions(skip_markdown_export=True, **options)
    collector = DiscordActivityCollector(asked, now=lambda: day)
    collector.run()
    assert collector.outcome.failures == []
    return collector


def delete_oldest(twin: DiscordTwin) -> set[int]:
    """The first message of each channel that is stored and still there; their ids."""
    deleted: set[int] = set()
    for channel in Channel.objects.filter(kind=Channel.Kind.TEXT):
        first = Message.objects.filter(channel=channel).order_by("pk").first()
        room = twin.server.room(channel.pk)
        if first is not None and room is not None:
            room.removed.add(first.pk)
            deleted.add(first.pk)
    assert deleted
    return deleted


def removed() -> set[int]:
    return set(Message.objects.filter(removed_at__isnull=False).values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("bounded", "calls"),
    [({"limit": 300}, "300"), ({"since": dt.datetime(2024, 1, 5, tzinfo=dt.UTC)}, "12")],
    ids=["limit", "since"],
)
def test_what_a_bounded_run_has_read_is_swept_as_well(
    bounded: dict[str, Any],
    calls: str,
    serve_twin: Callable[..., Served],
    transactional_db: None,  # noqa: ARG001 - the database
) -> None:
    twin = DiscordTwin(World(), size=60)
    serve_twin(twin, **SCHEDULED | {"DISCORD_SWEEP_REQUESTS": calls})
    on(WORLD_ENDS, **bounded)
    on(WORLD_ENDS + dt.timedelta(days=1))
    deleted = delete_oldest(twin)
    on(WORLD_ENDS + dt.timedelta(days=2))
    assert not removed()
    for day in range(12):
        on(SWEPT_LATER + dt.timedelta(days=day))
        if removed() == deleted:
            break
    assert removed() == deleted


def test_news_do_not_pass_for_a_sweep_of_what_is_old(
    serve_twin: Callable[..., Served],
    transactional_db: None,  # noqa: ARG001 - the database
) -> None:
    twin = DiscordTwin(World(), size=60)
    serve_twin(twin, **SCHEDULED, DISCORD_SWEEP_REQUESTS="0")
    on(WORLD_ENDS, limit=300)
    swept = dict(Checkpoint.objects.filter(stream="sweep").values_list("scope", "token"))
    assert set(swept.values()) == {WORLD_ENDS.date().isoformat()}
    twin.mutate()
    on(SWEPT_LATER)
    later = dict(Checkpoint.objects.filter(stream="sweep").values_list("scope", "token"))
    assert {scope: later[scope] for scope in swept} == swept


def test_sweeps_that_have_too_few_calls_are_told_when_they_are_long_overdue(
    serve_twin: Callable[..., Served],
    transactional_db: None,  # noqa: ARG001 - the database
    caplog: pytest.LogCaptureFixture,
) -> None:
    serve_twin(DiscordTwin(World(), size=60), **SCHEDULED, DISCORD_SWEEP_REQUESTS="3")
    on(WORLD_ENDS)
    assert "sweeps_overdue" not in on(SWEPT_LATER).outcome.counts
    first = set(Checkpoint.objects.filter(stream="sweep", token=SWEPT_LATER.date()).values_list("scope"))
    assert first
    assert not any("overdue" in record.message for record in caplog.records)
    counts = on(WORLD_ENDS + dt.timedelta(days=71)).outcome.counts
    assert counts["sweeps_overdue"] > 0
    assert any("DISCORD_SWEEP_REQUESTS" in record.message for record in caplog.records)
    # Whoever had its turn waits for the others.
    again = Checkpoint.objects.filter(stream="sweep", token=SWEPT_LATER.date()).values_list("scope")
    assert first <= set(again)


def test_a_page_that_is_shorter_than_asked_is_not_taken_for_the_end(
    twin: DiscordTwin, collect: Collect
) -> None:
    collect()
    there = Message.objects.filter(removed_at__isnull=True)
    before = set(there.values_list("pk", flat=True))
    answer = twin.answer

    def short(request: TwinRequest) -> TwinResponse:
        """The older half of what was asked for."""
        response = answer(request)
        if request.path.endswith("/messages") and isinstance(response.body, bytes) and response.status == 200:
            messages = json.loads(response.body)
            response.body = json.dumps(messages[-max(2, len(messages) // 2) :]).encode()
        return response

    twin.answer = short
    assert collect(full=True).outcome.failures == []
    assert set(there.values_list("pk", flat=True)) == before
