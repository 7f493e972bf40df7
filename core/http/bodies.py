"""Reading a response's body: within a time, below a size, and whole or not at all."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Self

from urllib3.exceptions import HTTPError, ReadTimeoutError

from core.errors import CollectorError, NetworkError, SourceError, SourceTimeout
from core.http.failures import out_of_time, root_cause
from core.http.urls import safe_url
from core.open_pages import awaiting_network

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    import requests
    from urllib3 import BaseHTTPResponse

    from core.http.calltime import CallTime
    from core.metering import Meter

_CHUNK = 64 * 1024
_MOST_OF_A_REFUSAL = 1024 * 1024
_GZIP_WBITS = 31
# A .gz file is the payload itself. Servers that see one often add `Content-Encoding: gzip`, wrongly.
_GZIP_FILES = {"application/gzip", "application/x-gzip"}


class BodyStream:
    """An answer whose body is still to be read. A context manager; leaving it drops what is unread."""

    def __init__(
        self,
        response: requests.Response,
        url: str,
        *,
        credential_id: str,
        meter: Meter,
        max_bytes: int | None,
        time: CallTime,
    ) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.url = url
        self.credential_id = credential_id
        self._response = response
        self._raw: BaseHTTPResponse = response.raw
        self._meter = meter
        self._max_bytes = max_bytes
        self._time = time
        self._received_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back, or drop it when the body was not read to its end."""
        self._response.close()

    def iter_bytes(self) -> Iterator[bytes]:
        """The body in pieces, decompressed unless it is a gzip file.

        Raises NetworkError when it ends early, SourceTimeout when the source took too long for it,
        SourceError when it is too big or wrongly encoded.
        """
        size = 0
        for piece in self._decoded():
            size += len(piece)
            self._bound(size)
            yield piece

    def read(self) -> bytes:
        """Return the whole body. Raises as `iter_bytes`."""
        return b"".join(self.iter_bytes())

    def beginning(self, size: int = 4096) -> bytes:
        """Return the first bytes, as far as they come: what a refusal says about itself."""
        start = b""
        self._max_bytes = _MOST_OF_A_REFUSAL
        try:
            for piece in self.iter_bytes():
                start += piece
                if len(start) >= size:
                    break
        except CollectorError:
            return start  # the status is the error to report, not its text
        return start[:size]

    def _decoded(self) -> Iterator[bytes]:
        content_type = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        encoding = self.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in ("", "identity") or content_type in _GZIP_FILES:
            return self._received()
        if encoding not in ("gzip", "x-gzip"):
            raise SourceError(f"{safe_url(self.url)} sent an encoding nobody asked for: {encoding[:40]}")
        return self._decompressed()

    def _received(self) -> Iterator[bytes]:
        while piece := self._next_piece():
            yield piece

    def _decompressed(self) -> Iterator[bytes]:
        """Yield what the gzip encoding holds, in pieces of bounded size however well it was compressed."""
        member = zlib.decompressobj(_GZIP_WBITS)
        empty = True
        for piece in self._received():
            empty = False
            data = piece
            while data:
                if member.eof:
                    member = zlib.decompressobj(_GZIP_WBITS)
                try:
                    unpacked = member.decompress(data, _CHUNK)
                except zlib.error:
                    raise SourceError(
                        f"{safe_url(self.url)} sent a body that is not the gzip it claims"
                    ) from None
                if unpacked:
                    yield unpacked
                data = member.unused_data if member.eof else member.unconsumed_tail
        if not member.eof and not empty:
            raise NetworkError(f"{safe_url(self.url)} sent a body that was cut short")

    def _next_piece(self) -> bytes:
        """Return what the network has next; b"" at the end."""
        try:
            with awaiting_network(), self._time.running():
                piece = self._raw.read1(_CHUNK, decode_content=False)
        except HTTPError as error:
            if self._time.left <= 0:
                raise out_of_time(self.url, self._time) from None
            if isinstance(error, ReadTimeoutError):
                raise SourceTimeout(f"{safe_url(self.url)} stopped sending") from None
            cause = type(root_cause(error)).__name__
            raise NetworkError(f"{safe_url(self.url)} sent a body that was cut short: {cause}") from None
        self._meter.add_bytes(len(piece))
        # Many an empty gzip member unpacks to nothing at all.
        self._received_bytes += len(piece)
        self._bound(self._received_bytes)
        return piece

    def _bound(self, size: int) -> None:
        if self._max_bytes is not None and size > self._max_bytes:
            raise SourceError(
                f"{safe_url(self.url)} sent a body of more than {self._max_bytes} bytes",
                remedy="ask for smaller pages",
            )
