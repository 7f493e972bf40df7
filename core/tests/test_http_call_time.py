"""One time for a call as a whole: whatever the source keeps sending, the call ends."""

import ssl
import time
import tracemalloc
from pathlib import Path

import pytest
import requests

from core.errors import NotFound, SourceError, SourceTimeout
from core.http import new_session
from core.http.calltime import CallTime
from core.metering import Meter
from core.tests.loopback import Request, client, serving
from core.tests.misbehaving import sending
from core.tests.trickles import TRICKLES, empty_members

MIB = 1024 * 1024
# Far below what a trickle lasts, far above what a call takes on a busy machine.
PATIENCE = 0.5
GIVEN_UP = 15.0


@pytest.mark.parametrize("name", [name for name in TRICKLES if name != "a refusal"])
def test_an_answer_that_trickles_without_end_is_given_up(name: str) -> None:
    with sending(TRICKLES[name], slowly=True) as source:
        began = time.monotonic()
        with pytest.raises(SourceTimeout, match=r"more than 0\.5 s for one answer"):
            client(source.url, read_timeout=60, call_timeout=PATIENCE, attempts=5).get("/page")

    assert time.monotonic() - began < GIVEN_UP
    assert source.asked == 1  # another attempt would have no time


def test_a_refusal_that_trickles_is_the_refusal_that_it_is() -> None:
    with sending(TRICKLES["a refusal"], slowly=True) as source, pytest.raises(NotFound):
        client(source.url, read_timeout=60, call_timeout=PATIENCE).get("/page")


@pytest.mark.parametrize("name", ["100 Continue", "trailers", "chunks with extensions"])
def test_an_answer_that_floods_without_end_is_given_up(name: str) -> None:
    with sending(TRICKLES[name]) as source:
        began = time.monotonic()
        with pytest.raises((SourceTimeout, SourceError)):
            client(source.url, call_timeout=PATIENCE, max_body_bytes=MIB).get("/page")

    assert time.monotonic() - began < GIVEN_UP


def test_empty_gzip_members_without_end_count_as_they_came() -> None:
    with sending(empty_members) as source:
        tracemalloc.start()
        with pytest.raises(SourceError, match="more than 1048576 bytes"):
            client(source.url, max_body_bytes=MIB).get("/page")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert peak < 8 * MIB


def test_a_stream_has_one_time_for_its_headers_and_its_pieces() -> None:
    with (
        sending(TRICKLES["chunks"], slowly=True) as source,
        client(source.url, call_timeout=PATIENCE).stream("/export") as body,
        pytest.raises(SourceTimeout, match="for one answer"),
    ):
        for _ in body.iter_bytes():
            pass


def test_attempts_share_the_time_of_their_call() -> None:
    def answer(request: Request) -> None:
        request.connection.settimeout(GIVEN_UP)
        assert request.connection.recv(1) == b""  # until the client gives up

    with serving(answer) as source, pytest.raises(SourceTimeout):
        client(source.url, read_timeout=0.2, call_timeout=PATIENCE, attempts=1000).get("/page")

    assert 1 <= len(source.asked) <= 3


def test_the_time_holds_over_tls() -> None:
    certificate = Path(__file__).with_name("self_signed.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    call = CallTime(PATIENCE)
    with (
        sending(TRICKLES["headers"], slowly=True, tls=context) as source,
        new_session(Meter(), read_timeout=60) as session,
        call.running(),
        pytest.raises(requests.RequestException) as raised,
    ):
        session.get(f"{source.url}/page", verify=str(certificate))

    assert isinstance(raised.value, requests.Timeout)
    assert -GIVEN_UP < call.left <= 0


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_time_holds_for_what_a_proxy_answers(scheme: str) -> None:
    call = CallTime(PATIENCE)
    with (
        sending(TRICKLES["headers"], slowly=True) as proxy,
        new_session(Meter(), connect_timeout=60, read_timeout=60) as session,
        call.running(),
        pytest.raises(requests.RequestException),
    ):
        session.get(f"{scheme}://lists.example.org/", proxies={scheme: proxy.url})

    assert -GIVEN_UP < call.left <= 0
    assert proxy.asked == 1


def test_time_passes_only_while_it_runs() -> None:
    call = CallTime(60)
    with call.running():
        began = call.left
    left = call.left
    assert left <= began < 60
    assert call.left == left
