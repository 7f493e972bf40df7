"""The bodies of Discord's answers: how big one may be, and what is in it."""

import json
from typing import Any, cast

import aiohttp

from core.errors import SourceError
from core.http.urls import safe_url

MOST = 64 * 1024 * 1024  # bytes, unpacked; a page of members or messages has less than ten million


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
        return b"".join(parts)


def bound(response: aiohttp.ClientResponse) -> None:
    """Reading the answer raises SourceError before it fills the memory."""
    stream = _Bounded(response.content, safe_url(str(response.url)))
    response.content = cast("aiohttp.StreamReader", stream)


def parsed(body: bytes) -> Any:
    """An answer that discord.py's parser refuses: it takes neither half of a surrogate pair nor big numbers.

    Raises ValueError for what is no JSON.
    """
    return json.loads(body)
