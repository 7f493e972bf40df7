"""Slack's SDK, under one time for a call as a whole."""

import json
import time

import pytest

from core.errors import RateLimited, SourceError, SourceTimeout
from core.tests.loopback import Request, serving
from core.tests.misbehaving import sending
from core.tests.test_slack_ops import client
from core.tests.trickles import TRICKLES, Parts, empty_members

# The budget shared by processes is in the database, over a connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 0.5
GIVEN_UP = 15.0


@pytest.mark.parametrize("name", TRICKLES)
def test_an_answer_that_trickles_without_end_is_given_up(name: str) -> None:
    with sending(TRICKLES[name], slowly=True) as source:
        began = time.monotonic()
        with pytest.raises(SourceTimeout, match="did not answer in time"):
            client(source.url, call_timeout=PATIENCE).team()

    assert time.monotonic() - began < GIVEN_UP
    assert source.asked == 1


@pytest.mark.parametrize("parts", [TRICKLES["100 Continue"], TRICKLES["trailers"], empty_members])
def test_an_answer_that_floods_without_end_is_given_up(parts: Parts) -> None:
    with sending(parts) as source:
        began = time.monotonic()
        with pytest.raises((SourceTimeout, SourceError)):
            client(source.url, call_timeout=PATIENCE).team()

    assert time.monotonic() - began < GIVEN_UP


def test_attempts_share_the_time_of_their_call() -> None:
    def answer(request: Request) -> None:
        request.connection.settimeout(GIVEN_UP)
        assert request.connection.recv(1) == b""  # until the client gives up

    with serving(answer) as source, pytest.raises(SourceTimeout):
        client(source.url, read_timeout=0.2, call_timeout=PATIENCE, attempts=90).team()

    assert 1 <= len(source.asked) <= 3


def test_the_next_call_has_all_its_time() -> None:
    whole = json.dumps({"ok": True, "team": {"id": "T1"}}).encode()

    def answer(request: Request) -> None:
        if request.number == 1:
            request.connection.settimeout(GIVEN_UP)
            assert request.connection.recv(1) == b""
        else:
            request.reply(body=whole)

    with serving(answer) as source:
        slack = client(source.url, call_timeout=PATIENCE)
        with pytest.raises(SourceTimeout):
            slack.team()
        assert slack.team() == {"id": "T1"}


def test_what_a_limit_says_beside_its_status_is_not_read() -> None:
    deep = b"[" * 100_000

    with (
        serving(lambda request: request.reply(429, deep, headers={"Retry-After": "9999"})) as source,
        pytest.raises(RateLimited),
    ):
        client(source.url).team()


@pytest.mark.parametrize("location", ["http://[", "file:///", "\xff"])
def test_a_malformed_redirect_is_the_failure_of_the_source(location: str) -> None:
    with (
        serving(lambda request: request.reply(302, headers={"Location": location})) as source,
        pytest.raises(SourceError, match="302"),
    ):
        client(source.url).team()

    assert len(source.asked) == 1
