"""Discord's limits: a run that would have to wait for long ends at once, whatever Discord says about them."""

import json
import threading
import time
from contextlib import suppress
from typing import Any

import pytest

from core.budget.holds import holds
from core.errors import RateLimited, StopRequested
from core.http.limits import LONGEST_HOLD
from core.metering import Meter
from core.tests.loopback import Request, Source, serving
from discord_activity_tracker.client import DiscordClient

pytestmark = pytest.mark.django_db(transaction=True)

SELF = json.dumps({"id": "1", "username": "bot"}).encode()
# Far below what is to be waited for, far above what a call takes on a busy machine.
AT_ONCE = 20.0
DEEP = b'{"a":' * 100_000
NONSENSE = ["1e400", "NaN", "-1", "9" * 400, "9" * 5000, '"soon"', "[]"]


def client(url: str, **options: Any) -> DiscordClient:
    hurry: dict[str, Any] = {"meter": Meter(), "attempts": 2, "sleep": lambda _: None}
    return DiscordClient(url, "token-of-limits", **hurry | options)


def limited(wait: float, **headers: str) -> dict[str, Any]:
    body = {"message": "You are being rate limited.", "retry_after": wait, "global": bool(headers)}
    return {"status": 429, "body": json.dumps(body).encode(), "headers": {"Via": "1.1 google", **headers}}


GLOBAL = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}


def hold(source: Source, wait: float) -> None:
    """What a run does that met a global limit."""
    with client(source.url) as discord, pytest.raises(RateLimited):
        discord.login()
    (held,) = holds()
    assert held.bucket == "discord"
    assert wait > 0


@pytest.mark.parametrize("wait", [3600, 31536000, 1e15])
def test_after_a_global_limit_every_run_ends_at_once(wait: float) -> None:
    with serving(lambda request: request.reply(**limited(wait, **GLOBAL))) as source:
        hold(source, wait)
        asked = len(source.asked)
        began = time.monotonic()
        with client(source.url) as discord, pytest.raises(RateLimited) as raised:
            discord.login()

    assert time.monotonic() - began < AT_ONCE
    assert len(source.asked) == asked
    assert 0 < (raised.value.retry_after or 0) <= LONGEST_HOLD


def test_a_hold_that_ends_after_the_deadline_is_not_waited_for() -> None:
    with serving(lambda request: request.reply(**limited(600, **GLOBAL))) as source:
        hold(source, 600)
        began = time.monotonic()
        late = client(source.url, max_wait=900, deadline=time.time() + 60)
        with late as discord, pytest.raises(RateLimited):
            discord.login()

    assert time.monotonic() - began < AT_ONCE


def test_a_stop_ends_the_wait_for_a_hold() -> None:
    stop = threading.Event()
    with serving(lambda request: request.reply(**limited(600, **GLOBAL))) as source:
        hold(source, 600)
        asked = len(source.asked)
        began = time.monotonic()
        patient = client(source.url, max_wait=900, stop=stop.is_set)
        threading.Timer(0.5, stop.set).start()
        with patient as discord, pytest.raises(StopRequested):
            discord.login()

    assert time.monotonic() - began < AT_ONCE
    assert len(source.asked) == asked


def test_a_stop_ends_the_wait_for_a_bucket_of_a_route() -> None:
    stop = threading.Event()
    spent = {"X-RateLimit-Limit": "1", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "600"}

    def answer(request: Request) -> None:
        if request.path.startswith("/users"):
            request.reply(body=SELF)
        else:
            stop.set()
            request.reply(body=b"[]", headers=spent)

    with serving(answer) as source:
        began = time.monotonic()
        with client(source.url, max_wait=900, stop=stop.is_set) as discord:
            discord.login()
            with pytest.raises(StopRequested):
                discord.channels(1)

    assert time.monotonic() - began < AT_ONCE


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset-After"])
def test_no_limit_is_too_absurd_to_be_told(header: str) -> None:
    said = [f'{{"retry_after": {each}, "global": true}}'.encode() for each in NONSENSE]
    bodies = [*said, DEEP, b"[]", b"<html>"]
    answers = [(body, value) for body in bodies for value in ("31536000", "1e400")]

    def answer(request: Request) -> None:
        body, value = answers[request.number - 1]
        request.reply(429, body, headers={"Via": "1.1 google", header: value})

    with serving(answer) as source:
        for _ in answers:
            with client(source.url, attempts=1) as discord, pytest.raises(RateLimited) as raised:
                discord.login()
            assert (raised.value.retry_after or 0) <= LONGEST_HOLD
        assert len(source.asked) == len(answers)


@pytest.mark.parametrize("value", ["NaN", "1e400", "-1", "9" * 400, "9" * 5000, "0", "x"])
@pytest.mark.parametrize("name", ["Limit", "Remaining", "Reset-After", "Reset"])
def test_headers_of_a_bucket_that_make_no_sense_are_not_believed(name: str, value: str) -> None:
    sane = {
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "4",
        "X-RateLimit-Reset": "1",
        "X-RateLimit-Reset-After": "0.01",
    }
    headers = sane | {f"X-RateLimit-{name}": value}
    if name == "Reset":
        del headers["X-RateLimit-Reset-After"]

    def answer(request: Request) -> None:
        request.reply(body=SELF if request.path.startswith("/users") else b"[]", headers=headers)

    with serving(answer) as source, client(source.url, max_wait=30) as discord:
        discord.login()
        # Where its end is out of reach, discord.py asks no more; that is told, and not waited for.
        with suppress(RateLimited):
            for _ in range(3):
                assert discord.channels(1) == []
