"""The client against the twin, when Discord refuses, fails or is slow."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from core.errors import AuthError, CollectorError, NetworkError, RateLimited, SourceTimeout
from core.metering import Meter
from core.twins import Fault, Faults, Served, TwinClock, World
from discord_activity_tracker.client import DiscordClient, Reading, Stretch
from discord_activity_tracker.conf import DiscordSettings
from discord_activity_tracker.twin import DiscordTwin

pytestmark = pytest.mark.django_db(transaction=True)


def client(meter: Meter | None = None, **options: Any) -> DiscordClient:
    hurry: dict[str, Any] = {"read_timeout": 0.3, "attempts": 2, "sleep": lambda _: None}
    return DiscordClient(
        DiscordSettings.current().discord_api_base_url,
        DiscordSettings.current().token,
        meter=meter or Meter(),
        calls_per_second=DiscordSettings.current().discord_requests_per_second,
        **hurry | options,
    )


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.TOO_MANY, RateLimited),
        (Fault.TOO_MANY_BARE, RateLimited),
        (Fault.SERVER_ERROR, CollectorError),
        (Fault.RESET, NetworkError),
        (Fault.TRUNCATED, NetworkError),
        (Fault.SLOW, SourceTimeout),
    ],
    ids=str,
)
def test_what_goes_wrong_is_tried_twice_and_told_soon(
    fault: Fault, expected: type[CollectorError], serve_twin: Callable[..., Served]
) -> None:
    faults = Faults(1, [fault], rate=1.0, in_a_row=10**9)
    served = serve_twin(DiscordTwin(World(), faults=faults, size=50, clock=TwinClock(multiple=0.01)))
    meter = Meter()
    began = time.monotonic()
    with client(meter) as discord, pytest.raises(expected):
        discord.login()
    assert time.monotonic() - began < 5
    assert meter.snapshot().requests == sum(served.requests.values())


def test_a_token_that_is_not_accepted_says_so(serve_twin: Callable[..., Served]) -> None:
    serve_twin(DiscordTwin(World(), size=50), DISCORD_TOKEN="of-nobody-at-all")
    with client() as discord, pytest.raises(AuthError, match="DISCORD_TOKEN"):
        discord.login()


def test_a_channel_that_fails_does_not_stop_the_others(twin: DiscordTwin) -> None:
    served = {row["id"] for row in twin.truth()["discord_activity_tracker.Channel"]}
    with client() as discord:
        discord.login()
        readings = [Reading(channel, [Stretch(0, None)]) for channel in (1, *sorted(served)[:3])]
        reads = list(discord.messages(readings))
    assert [read.reading.channel_id for read in reads if read.error].count(1) == 1
    ended = {read.reading.channel_id for read in reads if read.page is None}
    assert ended == {reading.channel_id for reading in readings}
