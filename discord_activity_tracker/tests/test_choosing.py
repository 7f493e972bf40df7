"""Runs that are limited to some channels."""

import pytest

from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.tests.conftest import Collect
from discord_activity_tracker.twin import DiscordTwin

pytestmark = pytest.mark.django_db(transaction=True)


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
