"""The server: real HTTP on loopback, counted exactly, with each fault as a client meets it."""

import contextlib
import socket
import time
from collections.abc import Generator, Iterator
from http import HTTPStatus
from random import Random
from typing import Any

import pytest
import requests

from core.twins import Fault, Faults, Served, Twin, TwinClock, TwinRequest, TwinResponse, World, serve


class EchoTwin(Twin):
    """Says back what it was asked; knows nothing."""

    name = "echo"
    fault_kinds = frozenset(Fault)
    drifted = 0

    def answer(self, request: TwinRequest) -> TwinResponse:
        if request.path == "/stream":
            return TwinResponse(body=iter([b"one ", b"", b"two"]))
        said = f"{request.method} {request.path} {dict(request.query)} {request.body.decode()}"
        return TwinResponse(201, said.encode(), {"X-Asked": request.origin})

    def environment(self, base_url: str) -> dict[str, str]:
        return {"ECHO_BASE_URL": base_url}

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        return {}

    def mutate(self) -> None: ...

    def spoil(self, request: TwinRequest, response: TwinResponse, rng: Random) -> TwinResponse:
        del request, rng
        return TwinResponse(response.status, b"spoiled")

    def drift(self, rng: Random) -> None:
        del rng
        self.drifted += 1


@contextlib.contextmanager
def echo(*kinds: Fault, multiple: float = 1.0) -> Generator[tuple[EchoTwin, Served, str]]:
    faults = Faults(1, kinds, rate=1.0, in_a_row=1)
    twin = EchoTwin(World(1, people=2), faults=faults, clock=TwinClock(multiple=multiple))
    with serve([twin]) as served:
        yield twin, served, served["echo"]


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def test_a_request_arrives_whole_and_its_answer_comes_back(session: requests.Session) -> None:
    with echo() as (_, served, url):
        answer = session.post(f"{url}/a%20b?x=1&y=", data="hello", timeout=5)
        assert (answer.status_code, answer.text) == (201, "POST /a%20b {'x': '1', 'y': ''} hello")
        assert answer.headers["X-Asked"] == url
        assert served.environment() == {"ECHO_BASE_URL": url}


def test_a_stream_is_sent_in_chunks_and_arrives_whole(session: requests.Session) -> None:
    with echo() as (_, _, url):
        answer = session.get(f"{url}/stream", timeout=5)
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.content == b"one two"


def test_a_request_in_chunks_arrives_whole_and_the_next_one_after_it(session: requests.Session) -> None:
    with echo() as (_, served, url):
        for _ in range(2):
            answer = session.post(f"{url}/", data=iter([b"hel", b"lo"]), timeout=5)
            assert answer.request.headers["Transfer-Encoding"] == "chunked"
            assert answer.text == "POST / {} hello"
        assert served.requests == {"echo": 2}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"3;x=y\r\nhel\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", b"201"),
        (b"\r\n", b"400"),
        (b"-3\r\nhel\r\n0\r\n\r\n", b"400"),
        (b"3\r\nhello\r\n0\r\n\r\n", b"400"),
    ],
)
def test_chunks_that_make_no_sense_are_refused(body: bytes, status: bytes) -> None:
    with echo() as (_, _, url):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
            assert connection.recv(1000).split()[1] == status


def test_requests_over_one_kept_alive_connection_are_counted_one_by_one(session: requests.Session) -> None:
    with echo() as (_, served, url):
        for number in range(10):
            session.get(f"{url}/{number}", timeout=5)
        session.head(f"{url}/head", timeout=5)
        assert served.requests == {"echo": 11}


def test_the_server_stops_at_once_though_a_client_keeps_its_connection() -> None:
    with requests.Session() as session:
        with echo() as (_, _, url):
            session.get(url, timeout=5)
            began = time.monotonic()
        assert time.monotonic() - began < 2
        with pytest.raises(requests.ConnectionError):
            session.get(url, timeout=5)


def test_a_port_can_be_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serve([EchoTwin(World(1, people=2))], ports={"echo": port}) as served:
        assert served["echo"] == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("kind", "status", "retry_after"),
    [
        (Fault.TOO_MANY, HTTPStatus.TOO_MANY_REQUESTS, "30"),
        (Fault.TOO_MANY_BARE, HTTPStatus.TOO_MANY_REQUESTS, None),
        (Fault.SECONDARY_LIMIT, HTTPStatus.FORBIDDEN, "30"),
    ],
)
def test_a_limit_says_how_long_to_wait_or_not(
    session: requests.Session, kind: Fault, status: int, retry_after: str | None
) -> None:
    with echo(kind) as (_, served, url):
        answer = session.get(url, timeout=5)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (status, retry_after)
        assert session.get(url, timeout=5).status_code == HTTPStatus.CREATED
        assert (served.requests, served.faults) == ({"echo": 2}, {kind: 1})


def test_retry_after_scales_with_the_clock(session: requests.Session) -> None:
    with echo(Fault.TOO_MANY, multiple=15) as (_, _, url):
        assert session.get(url, timeout=5).headers["Retry-After"] == "2"


def test_a_server_error_is_a_page_and_not_an_answer(session: requests.Session) -> None:
    with echo(Fault.SERVER_ERROR) as (_, _, url):
        answer = session.get(url, timeout=5)
    assert answer.status_code in {500, 502, 503}
    assert answer.headers["Content-Type"] == "text/html"


def test_a_reset_connection_is_an_error_of_the_connection_and_the_next_request_gets_through() -> None:
    with echo(Fault.RESET) as (_, served, url):
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            requests.get(url, timeout=5)
        assert requests.get(url, timeout=5).status_code == HTTPStatus.CREATED
        assert served.requests == {"echo": 2}


@pytest.mark.parametrize("path", ["/whole", "/stream"])
def test_a_body_cut_short_is_seen_as_such(path: str) -> None:
    with echo(Fault.TRUNCATED) as (_, _, url):
        with pytest.raises(requests.RequestException):
            requests.get(url + path, timeout=5)
        assert requests.get(url + path, timeout=5).ok


def test_a_slow_answer_outlasts_a_short_timeout_and_scales_with_the_clock() -> None:
    with echo(Fault.SLOW) as (_, _, url), pytest.raises(requests.ReadTimeout):
        requests.get(url, timeout=0.1)
    with echo(Fault.SLOW, multiple=100) as (_, _, url):
        assert requests.get(url, timeout=5).status_code == HTTPStatus.CREATED


def test_what_only_the_twin_can_do_wrong_is_left_to_the_twin(session: requests.Session) -> None:
    with echo(Fault.MALFORMED) as (_, _, url):
        assert session.get(url, timeout=5).text == "spoiled"
    with echo(Fault.DRIFT) as (twin, _, url):
        session.get(url, timeout=5)
        assert twin.drifted == 1


def test_a_clock_runs_at_its_multiple_and_not_backwards() -> None:
    clock = TwinClock(multiple=3600)
    before = clock.now()
    assert clock.real_seconds(3600) == 1
    assert clock.now() > before
    with pytest.raises(ValueError, match="above 0"):
        TwinClock(multiple=0)
