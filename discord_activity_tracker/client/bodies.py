"""The bodies of Discord's answers: how big one may be, and what is in it."""

from typing import Any, cast

import aiohttp

from core.errors import InvalidInput, SourceError
from core.http.urls import safe_url
from core.json_text import MOST_BYTES, bounded_json, parse_json

MOST = MOST_BYTES  # unpacked; a batch of members or messages has less than ten million


class _Bounded:
    """Takes the place of a stream, of which aiohttp reads all."""

    def __init__(self, stream: aiohttp.StreamReader, url: str) -> None:
        self._stream = stream
        self._url = url

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def read(self) -> bytes:
        parts: list[bytes] = []
        left = MOST
        async for part in self._stream.iter_any():
            left -= len(part)
            if left < 0:
                raise SourceError(f"{self._url} answered with more than {MOST:,} bytes")
            parts.append(part)
        body = b"".join(parts)
        try:
            bounded_json(body)  # before discord.py parses it
        except InvalidInput as error:
            raise SourceError(f"{self._url} answered what cannot be read: {error.message}") from None
        return body


def bound(response: aiohttp.ClientResponse) -> None:
    """Let reading the answer raise SourceError before it fills the memory."""
    stream = _Bounded(response.content, safe_url(str(response.url)))
    response.content = cast("aiohttp.StreamReader", stream)


def parsed(body: bytes, shown: str) -> Any:
    """Parse an answer, within the bounds of `core.json_text`. Raises SourceError for what is no JSON."""
    try:
        return parse_json(body)
    except InvalidInput as error:
        raise SourceError(f"Discord answered {shown} with what is no JSON ({error.message[:100]})") from None
