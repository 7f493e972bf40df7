import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import NetworkError, RateLimited, SourceTimeout, StopRequested
from core.http import ServerError
from core.metering import Meter
from core.tests.loopback import Request, Time, answering, client, serving


def failing_once(failure: Callable[[Request], None]) -> Callable[[Request], None]:
    return lambda request: failure(request) if request.number == 1 else request.reply(body=b'{"ok": true}')


def cut_short(request: Request) -> None:
    request.head(200, "application/json", {"Content-Length": "100"})
    request.wfile.write(b'{"ok"')
    request.hang_up()


def cut_in_a_chunk(request: Request) -> None:
    request.head(200, "application/json", {"Transfer-Encoding": "chunked"})
    request.wfile.write(b"10\r\n{")
    request.hang_up()


def cut_between_chunks(request: Request) -> None:
    request.head(200, "application/json", {"Transfer-Encoding": "chunked"})
    request.chunk(b"{}")
    request.hang_up()


def reset_in_the_body(request: Request) -> None:
    request.head(200, "application/json", {"Content-Length": "100"})
    request.wfile.write(b'{"ok"')
    request.wfile.flush()
    request.reset()


@pytest.mark.parametrize(
    "failure",
    [
        *(pytest.param(answering(status), id=str(status)) for status in (408, 429, 500, 502, 503, 504)),
        pytest.param(Request.reset, id="reset"),
        pytest.param(Request.hang_up, id="no answer"),
        pytest.param(reset_in_the_body, id="reset in the body"),
        pytest.param(cut_short, id="shorter than its Content-Length"),
        pytest.param(cut_in_a_chunk, id="cut in a chunk"),
        pytest.param(cut_between_chunks, id="cut between chunks"),
    ],
)
def test_a_passing_failure_is_retried_and_every_attempt_is_counted(
    failure: Callable[[Request], None],
) -> None:
    meter = Meter()
    with serving(failing_once(failure)) as source:
        assert client(source.url, meter=meter).get("/page").json() == {"ok": True}

    assert source.paths == ["/page", "/page"]
    assert meter.snapshot().requests == 2


@pytest.mark.parametrize(
    ("status", "error", "tries"),
    [
        (502, ServerError, 4),
        (503, ServerError, 4),
        (504, SourceTimeout, 4),
        (408, NetworkError, 4),
        (429, RateLimited, 4),
        (500, ServerError, 2),
    ],
)
def test_a_failure_that_stays_is_raised_after_bounded_retries(
    status: int, error: type[Exception], tries: int
) -> None:
    with serving(answering(status)) as source, pytest.raises(error, match=str(status)):
        client(source.url, attempts=4).get("/page")

    assert len(source.asked) == tries


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 501])
def test_a_refusal_is_not_retried(status: int) -> None:
    with (
        serving(answering(status)) as source,
        pytest.raises(Exception, match=str(status)),
    ):
        client(source.url).get("/page")

    assert len(source.asked) == 1


def test_pauses_grow_exponentially_when_the_source_names_none_and_are_counted() -> None:
    time, meter = Time(), Meter()
    with serving(answering(503)) as source, pytest.raises(ServerError):
        client(source.url, time=time, meter=meter, attempts=5).get("/page")

    assert time.slept == 1 + 2 + 4 + 8
    assert meter.snapshot().seconds_waited == time.slept


def test_pauses_have_full_jitter() -> None:
    time = Time()
    with serving(failing_once(answering(503))) as source:
        client(source.url, time=time, random=lambda: 0.25).get("/page")

    assert time.slept == 0.25


def test_a_retry_that_would_pass_the_deadline_is_not_waited_for() -> None:
    time = Time()
    with serving(answering(503)) as source, pytest.raises(ServerError):
        client(source.url, time=time, deadline=time.now + 2.0).get("/page")

    assert time.slept == 1.0
    assert len(source.asked) == 2


def test_a_pause_ends_when_the_run_is_asked_to_stop() -> None:
    time = Time()
    with (
        serving(lambda request: request.reply(429, headers={"Retry-After": "100"})) as source,
        pytest.raises(StopRequested),
    ):
        client(source.url, time=time, stop=lambda: time.slept > 3).get("/page")

    assert 3 < time.slept < 4


def test_a_source_that_does_not_answer_times_out() -> None:
    time = Time()
    with serving(time_out) as source, pytest.raises(SourceTimeout):
        client(source.url, time=time, read_timeout=0.05, attempts=2).get("/page")

    assert len(source.asked) == 2


def time_out(request: Request) -> None:
    request.connection.settimeout(5)
    assert request.connection.recv(1) == b""  # until the client gives up


def test_a_source_that_is_down_is_a_network_error_and_costs_no_request() -> None:
    with serving(Request.reply) as source:
        pass
    meter = Meter()

    with pytest.raises(NetworkError, match=r"cannot be reached: Connection refused"):
        client(source.url, meter=meter, attempts=2).get("/page")

    assert meter.snapshot().requests == 0


def test_connections_are_kept_between_calls() -> None:
    with serving(Request.reply) as source:
        http = client(source.url)
        for _ in range(3):
            http.get("/page")

    assert source.connections == 1
    assert len(source.asked) == 3


def test_a_certificate_that_cannot_be_trusted_is_refused_at_once() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    meter = Meter()
    with (
        serving(Request.reply, tls=context) as source,
        pytest.raises(NetworkError, match="cannot be trusted"),
    ):
        client(source.url, meter=meter).get("/page")

    assert source.connections == 1
    assert meter.snapshot().requests == 0
