"""Runs that are limited to some channels."""

import pytest

from core.errors import InvalidInput
from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.sync.options import Task
from discord_activity_tracker.tests.conftest import Collect
from discord_activity_tracker.twin import DiscordTwin

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_plan_is_of_the_channels_that_are_asked_for(twin: DiscordTwin, collect: Collect) -> None:
    whole = collect(dry_run=True).outcome.planned
    general = collect(dry_run=True, channels=(f"#{twin.server.general.name}",)).outcome.planned
    assert 0 < sum(line.requests for line in general) < sum(line.requests for line in whole)
    assert "2 channels" in general[0].what  # two have this name
    with pytest.raises(InvalidInput, match="no channel no-such-thing"):
        collect(dry_run=True, channels=("no-such-thing",))
    asks_for_nothing = collect(dry_run=True, task=Task.EXPORT)
    assert [line.requests for line in asks_for_nothing.outcome.planned] == [0]
    assert asks_for_nothing.meter.snapshot().requests == 0


def test_an_archived_thread_that_is_not_stored_yet_is_known_by_its_id(
    twin: DiscordTwin, collect: Collect
) -> None:
    thread = twin.server.sleeping
    assert thread.archived
    collect(channels=(str(thread.id),))
    assert set(Message.objects.values_list("channel", flat=True)) == {thread.id}
    with pytest.raises(InvalidInput, match="no channel 12345"):
        collect(channels=("12345",))


def test_a_category_stands_for_its_channels_and_the_threads_in_them(
    twin: DiscordTwin,  # noqa: ARG001 - it is served
    collect: Collect,
) -> None:
    collect()
    channels = {channel.pk: channel for channel in Channel.objects.all()}

    def category_of(pk: int) -> int | None:
        channel = channels[pk]
        return channels[channel.parent_id or 0].parent_id if channel.is_thread else channel.parent_id

    read = dict(Message.objects.order_by().values_list("channel_id", "channel__kind").distinct())
    category = next(
        found for pk, kind in read.items() if kind in Channel.THREADS and (found := category_of(pk))
    )
    Message.objects.all().delete()
    collect(channels=(str(category),), full=True)
    wanted = {pk for pk in read if category_of(pk) == category}
    assert {read[pk] in Channel.THREADS for pk in wanted} == {True, False}
    assert set(Message.objects.values_list("channel", flat=True)) == wanted
