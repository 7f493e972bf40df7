"""A Slack that behaves badly: the client ends, tells why, and keeps its token to itself."""

import json
from contextlib import suppress

import pytest

from core.errors import RateLimited, SourceError
from core.metering import Meter
from core.tests.loopback import Request, serving
from core.tests.test_slack_ops import TEAM, client, one_after_another, said

# The budget shared by processes is in the database, over a connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)


def test_cursors_that_bring_nothing_new_end_the_listing() -> None:
    def answer(request: Request) -> None:
        fresh = {"next_cursor": f"fresh {request.number}"}
        body = {"ok": True, "messages": [{"ts": "1.0"}], "response_metadata": fresh}
        request.reply(body=json.dumps(body).encode())

    with serving(answer) as source, pytest.raises(SourceError, match="circles"):
        list(client(source.url, pace=100_000.0).replies("C1", "1.0"))


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed_so_the_token_goes_nowhere_else(status: int) -> None:
    with serving(TEAM) as elsewhere:
        there = said({}, status, Location=f"{elsewhere.url}/team.info")
        with serving(there) as source, pytest.raises(SourceError, match=str(status)):
            client(source.url).team()
        assert elsewhere.asked == []


def test_an_answer_without_end_is_given_up() -> None:
    meter = Meter()

    def endless(request: Request) -> None:
        request.head(200, "application/json", {"Content-Length": str(80 * 2**20)})
        with suppress(ConnectionError):
            for _ in range(80):
                request.wfile.write(b" " * 2**20)

    with serving(endless) as source, pytest.raises(SourceError, match="more than 64 MiB"):
        client(source.url, meter=meter).team()
    assert meter.snapshot().requests == 1


def test_trouble_that_stays_costs_one_attempt_a_call_once_that_is_known() -> None:
    meter = Meter()
    broken = said({"ok": False, "error": "internal_error"})
    with serving(one_after_another(*[broken] * 11, TEAM, broken, TEAM)) as source:
        asking = client(source.url, meter=meter, attempts=3)
        for _ in range(5):
            with pytest.raises(SourceError, match="internal_error"):
                asking.team()
        assert meter.snapshot().requests == 3 * 3 + 2
        assert asking.team() == {"id": "T1"}
        assert asking.team() == {"id": "T1"}  # tried again, as before
    assert meter.snapshot().requests == 14


def test_an_absurd_wait_holds_later_runs_back_for_an_hour_only() -> None:
    limited = said({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": "100000"})
    with serving(limited) as source, pytest.raises(RateLimited, match=r"in 3[56]\d\d s"):
        list(client(source.url).history("C1"))
