"""Discord's answers under one time for a call as a whole, and redirects, which lead nowhere."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from itertools import repeat
from typing import Any

import pytest

from core.errors import CollectorError, SourceError, SourceTimeout
from core.metering import Meter
from core.tests.loopback import Request, serving
from core.tests.misbehaving import sending
from core.tests.trickles import TRICKLES, Parts, empty_members
from discord_activity_tracker.client import DiscordClient

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 0.5
GIVEN_UP = 15.0
MIB = 1024 * 1024
SELF = json.dumps({"id": "1", "username": "bot"}).encode()


def client(url: str, **options: Any) -> DiscordClient:
    hurry: dict[str, Any] = {"meter": Meter(), "call_timeout": PATIENCE, "sleep": lambda _: None}
    return DiscordClient(url, "token-of-call-time", **hurry | options)


# aiohttp takes no status line that is longer than one.
@pytest.mark.parametrize("name", sorted(TRICKLES.keys() - {"a refusal", "a status line"}))
def test_an_answer_that_trickles_without_end_is_given_up(name: str) -> None:
    with sending(TRICKLES[name], slowly=True) as source:
        began = time.monotonic()
        with client(source.url) as discord, pytest.raises(SourceTimeout):
            discord.login()

    assert time.monotonic() - began < GIVEN_UP
    assert source.asked == 1


@pytest.mark.parametrize("parts", [TRICKLES["100 Continue"], TRICKLES["trailers"], empty_members])
def test_an_answer_that_floods_without_end_is_given_up(parts: Parts) -> None:
    with sending(parts) as source:
        began = time.monotonic()
        with client(source.url) as discord, pytest.raises(CollectorError):
            discord.login()

    assert time.monotonic() - began < GIVEN_UP


def test_attempts_share_the_time_of_their_call() -> None:
    over = threading.Event()

    def answer(request: Request) -> None:
        over.wait(GIVEN_UP)
        request.hang_up()

    with serving(answer) as source:
        with client(source.url, read_timeout=0.2, attempts=1000) as discord, pytest.raises(SourceTimeout):
            discord.login()
        over.set()

    assert 1 <= len(source.asked) <= 3


def test_a_redirect_leads_nowhere_and_its_body_is_bounded() -> None:
    def endless() -> Iterator[bytes]:
        yield b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nTransfer-Encoding: chunked\r\n\r\n"
        yield from repeat(b"100000\r\n" + bytes(MIB) + b"\r\n", 500)

    with (
        sending(endless) as source,
        client(source.url, call_timeout=60) as discord,
        pytest.raises(SourceError, match="more than"),
    ):
        discord.login()
    assert source.sent < 120 * MIB
    assert source.asked == 1


def test_a_packed_redirect_is_bounded_as_it_unpacks() -> None:
    bomb = gzip.compress(bytes(80 * MIB))

    def answer(request: Request) -> None:
        request.reply(302, bomb, headers={"Location": "/", "Content-Encoding": "gzip"})

    with (
        serving(answer) as source,
        client(source.url, call_timeout=60) as discord,
        pytest.raises(SourceError, match="more than"),
    ):
        discord.login()
