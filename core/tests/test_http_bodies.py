import gzip
import time
import tracemalloc

import pytest

from core.errors import NetworkError, SourceError, SourceTimeout
from core.metering import Meter
from core.open_pages import open_page
from core.tests.loopback import Request, client, serving

MIB = 1024 * 1024


def test_a_compressed_body_is_unpacked_and_counted_as_it_came() -> None:
    body = b'{"numbers": [%s]}' % b",".join(b"1" for _ in range(10_000))
    packed = gzip.compress(body)
    meter = Meter()
    with serving(lambda request: request.reply(body=packed, headers={"Content-Encoding": "gzip"})) as source:
        assert client(source.url, meter=meter).get("/page").body == body

    assert meter.snapshot().bytes_received == len(packed)


def test_a_gzip_bomb_is_refused_without_being_unpacked() -> None:
    bomb = gzip.compress(bytes(200 * MIB), compresslevel=9)
    with serving(lambda request: request.reply(body=bomb, headers={"Content-Encoding": "gzip"})) as source:
        tracemalloc.start()
        with pytest.raises(SourceError, match="more than 1048576 bytes"):
            client(source.url, max_body_bytes=MIB).get("/page")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert peak < 8 * MIB
    assert len(source.asked) == 1


def test_a_body_that_is_too_big_is_refused() -> None:
    with (
        serving(lambda request: request.reply(body=bytes(1001))) as source,
        pytest.raises(SourceError, match="more than 1000 bytes"),
    ):
        client(source.url, max_body_bytes=1000).get("/page")


def test_a_compressed_body_that_lacks_its_end_is_cut_short_whatever_its_length_says() -> None:
    cut = gzip.compress(b"x" * 1000)[:-6]
    with (
        serving(lambda request: request.reply(body=cut, headers={"Content-Encoding": "gzip"})) as source,
        pytest.raises(NetworkError, match="cut short"),
    ):
        client(source.url, attempts=2).get("/page")

    assert len(source.asked) == 2


@pytest.mark.parametrize(
    ("encoding", "message"), [("gzip", "not the gzip it claims"), ("br", "an encoding nobody asked for: br")]
)
def test_an_encoding_that_cannot_be_undone_is_said(encoding: str, message: str) -> None:
    with (
        serving(
            lambda request: request.reply(body=b"plain", headers={"Content-Encoding": encoding})
        ) as source,
        pytest.raises(SourceError, match=message),
    ):
        client(source.url).get("/page")


def drip(request: Request) -> None:
    request.head(200, "application/json", {"Content-Length": "1000"})
    for _ in range(1000):
        request.wfile.write(b"x")
        request.wfile.flush()
        time.sleep(0.02)


def test_a_body_that_drips_is_given_up_in_time() -> None:
    with serving(drip) as source:
        started = time.monotonic()
        with pytest.raises(SourceTimeout, match="too slowly"):
            client(source.url, clock=time.time, read_timeout=1, call_timeout=0.2, attempts=1).get("/page")

    assert time.monotonic() - started < 10


def test_a_body_that_stops_is_given_up_in_time() -> None:
    def stall(request: Request) -> None:
        request.head(200, "application/json", {"Content-Length": "1000"})
        request.wfile.write(b"x")
        request.wfile.flush()
        request.connection.settimeout(5)
        assert request.connection.recv(1) == b""  # until the client gives up

    with serving(stall) as source, pytest.raises(SourceTimeout, match="stopped sending"):
        client(source.url, read_timeout=0.1, attempts=1).get("/page")


@pytest.mark.parametrize("encoding", [{}, {"Content-Encoding": "gzip"}])
def test_a_gzip_file_is_streamed_as_it_is(encoding: dict[str, str]) -> None:
    packed = gzip.compress(b"From a@b\n")
    with (
        serving(
            lambda request: request.reply(body=packed, kind="application/gzip", headers=encoding)
        ) as source,
        client(source.url).stream("/export.mbox.gz") as answer,
    ):
        assert b"".join(answer.iter_bytes()) == packed

    assert source.asked[0][1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("length", [{"Content-Length": "300000"}, {"Transfer-Encoding": "chunked"}])
def test_a_stream_that_is_cut_short_says_so_after_what_came(length: dict[str, str]) -> None:
    def answer(request: Request) -> None:
        request.head(200, "application/gzip", length)
        if "Transfer-Encoding" in length:
            request.chunk(bytes(200_000))
        else:
            request.wfile.write(bytes(200_000))
        request.hang_up()

    pieces: list[bytes] = []
    with (
        serving(answer) as source,
        client(source.url).stream("/export") as body,
        pytest.raises(NetworkError, match="cut short"),
    ):
        pieces.extend(body.iter_bytes())

    assert sum(map(len, pieces)) == 200_000
    assert len(source.asked) == 1


def test_opening_a_stream_is_retried() -> None:
    def answer(request: Request) -> None:
        request.reply(503) if request.number == 1 else request.reply(body=b"whole")

    with serving(answer) as source, client(source.url).stream("/export") as body:
        assert body.read() == b"whole"


def test_a_big_stream_needs_little_memory() -> None:
    def answer(request: Request) -> None:
        request.head(200, "application/json", {"Content-Length": str(100 * MIB)})
        for _ in range(100):
            request.wfile.write(bytes(MIB))

    with serving(answer) as source, client(source.url).stream("/export") as body:
        tracemalloc.start()
        received = sum(len(piece) for piece in body.iter_bytes())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert received == 100 * MIB
    assert peak < 4 * MIB


def test_a_slow_reader_is_not_mistaken_for_a_slow_source() -> None:
    with (
        serving(lambda request: request.reply(body=bytes(500_000))) as source,
        client(source.url, clock=time.time, call_timeout=0.5).stream("/export") as body,
    ):
        received = 0
        for piece in body.iter_bytes():
            received += len(piece)
            time.sleep(0.08)

    assert received == 500_000


def test_neither_a_request_nor_a_read_happens_while_a_page_transaction_is_open() -> None:
    with serving(Request.reply) as source:
        http = client(source.url)
        with open_page(), pytest.raises(RuntimeError, match="page transaction"):
            http.get("/page")
        assert source.asked == []

        with http.stream("/page") as body, open_page(), pytest.raises(RuntimeError, match="page transaction"):
            body.read()
