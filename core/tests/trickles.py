"""Answers that never end, each byte of them in time."""

import gzip
from collections.abc import Callable, Iterator
from itertools import chain, repeat

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
# Of one kind of part, so many: with the shortest pauses far more than any test waits for.
_MANY = 1_000_000

Parts = Callable[[], Iterator[bytes]]


def _then(start: bytes, part: bytes) -> Parts:
    return lambda: chain([start], repeat(part, _MANY))


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


TRICKLES: dict[str, Parts] = {
    "a status line": _then(b"HTTP/1.1 ", b"2"),
    "headers": _then(_OK + b"X-Long: ", b"a"),
    "100 Continue": _then(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": _then(_OK + b"Content-Length: 9999999\r\n\r\n", b" "),
    "a body until the end": _then(_OK + b"Connection: close\r\n\r\n", b" "),
    "chunks": _then(_CHUNKED, _chunk(b" ")),
    "a chunk's extension": _then(_CHUNKED + b"2;a=", b"b"),
    "chunks with extensions": _then(_CHUNKED, b"1;a=%s\r\n \r\n" % (b"b" * 1000)),
    "trailers": _then(_CHUNKED + _chunk(b"{}") + b"0\r\n", b"X-Trailer: a\r\n"),
    "a refusal": _then(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n", b" "),
}


def empty_members() -> Iterator[bytes]:
    """gzip members without content, one after another, as fast as they are taken."""
    yield _OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield from repeat(_chunk(gzip.compress(b"") * 5000), 2000)
