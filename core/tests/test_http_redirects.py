"""Redirects are followed by our own code, and nothing of their bodies is read."""

import gzip
from collections.abc import Iterator
from itertools import repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CollectorError, CollectorFailureCategory, SourceError, classify_failure
from core.http import new_session
from core.http.urls import Origin
from core.metering import Meter
from core.tests.loopback import Request, client, serving
from core.tests.misbehaving import sending
from core.tests.thorough import examples

MIB = 1024 * 1024


def endless_redirect() -> Iterator[bytes]:
    yield b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield from repeat(b"100000\r\n" + bytes(MIB) + b"\r\n", 500)


def test_an_endless_body_of_a_redirect_is_not_read() -> None:
    with sending(endless_redirect) as source, pytest.raises(SourceError, match="redirects more than 5 times"):
        client(source.url).get("/page")

    assert source.asked == 6
    assert source.sent < 6 * 16 * MIB  # what the buffers of six sockets hold


def test_a_packed_body_of_a_redirect_is_not_unpacked() -> None:
    # It says that it is longer than it is: whoever reads it waits for the rest.
    bomb = gzip.compress(bytes(MIB))
    packed = {"Content-Encoding": "gzip", "Content-Length": str(2 * len(bomb))}

    def answer(request: Request) -> None:
        if request.path == "/page":
            request.head(302, "text/html", {"Location": "/there", **packed})
            request.wfile.write(bomb)
        else:
            request.reply(body=b"there")

    meter = Meter()
    with serving(answer) as source:
        assert client(source.url, meter=meter, read_timeout=5, attempts=1).get("/page").body == b"there"

    assert meter.snapshot().bytes_received == len(b"there")


def test_a_session_for_an_sdk_reads_no_redirect_either() -> None:
    with sending(endless_redirect) as source, new_session(Meter()) as session:
        answer = session.get(f"{source.url}/page", stream=True, allow_redirects=True)
        assert answer.status_code == 302
        answer.close()

    assert source.asked == 1
    assert source.sent < 16 * MIB


@pytest.mark.parametrize(
    "location",
    ["http://[", "http://[::1", "//[", "http://127.0.0.1:999999/", "ftp://127.0.0.1/", "\xff\xfe", ""],
)
def test_a_redirect_to_nowhere_is_the_failure_of_the_source(location: str) -> None:
    def answer(request: Request) -> None:
        request.reply(302, headers={"Location": location}) if request.path == "/page" else request.reply(500)

    with serving(answer) as source, pytest.raises(CollectorError) as raised:
        client(source.url, attempts=1).get("/page")

    expected = {CollectorFailureCategory.SOURCE, CollectorFailureCategory.NETWORK}
    assert classify_failure(raised.value) in expected


def test_a_redirect_written_in_utf8_is_followed() -> None:
    def answer(request: Request) -> None:
        if request.path == "/page":
            request.head(301, "text/html", {"Location": "/Ã¼", "Content-Length": "0"})  # UTF-8 as latin-1
        else:
            request.reply(body=request.path.encode())

    with serving(answer) as source:
        assert client(source.url).get("/page").body == b"/%C3%BC"


@given(st.one_of(st.text(), st.text(alphabet="htps:/[]@%.#?\\a1", max_size=40)))
@settings(max_examples=examples(300))
def test_any_location_is_a_url_of_the_source_or_an_error_of_ours(location: str) -> None:
    origin = Origin("https://lists.example.org/archives")
    try:
        followed = origin.redirected("https://lists.example.org/archives/a", location)
    except SourceError:
        return
    assert followed.startswith("https://lists.example.org")


@pytest.mark.parametrize("link", ["http://[", "https://[::1/"])
def test_a_link_that_cannot_be_parsed_is_the_failure_of_the_source(link: str) -> None:
    with pytest.raises(SourceError):
        client("http://127.0.0.1:9").get(link)
