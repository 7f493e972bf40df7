"""The objects of a JSON text that is too long to be held whole."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from core.errors import InvalidInput

_DECODER = json.JSONDecoder()
_BETWEEN = " \t\r\n,"
_MOST_TEXT = 64 * 1024 * 1024  # characters of one object
_NUMBER = 400  # characters; more digits than any number here has


def json_objects(chunks: Iterator[str], name: str) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, of `{"messages": [...]}` with whatever else is in it, or one after another.

    Raises InvalidInput naming the text where it is not JSON, or not of objects.
    """
    text = _Text(chunks, name)
    if text.peek() not in ("{", "["):
        raise InvalidInput(f"{name} holds no JSON list and no JSON objects")
    while following := text.peek():
        if following == "[":
            yield from _listed(text)
        else:
            text.skip("{")
            yield from _object(text)


def _listed(text: "_Text") -> Iterator[Mapping[str, Any]]:
    text.skip("[")
    while (following := text.peek()) != "]":
        if following != "{":
            raise InvalidInput(f"{text.name}: not an object but {following!a}")
        yield cast("Mapping[str, Any]", text.take())
    text.skip("]")


def _object(text: "_Text") -> Iterator[Mapping[str, Any]]:
    """An object that has begun: itself, or the messages that it lists."""
    members: dict[str, Any] = {}
    has_messages = False
    while text.peek() != "}":
        member = text.take()
        text.skip(":")
        if member == "messages" and text.peek() == "[":
            has_messages = True
            yield from _listed(text)
        else:
            members[str(member)] = text.take()
    text.skip("}")
    if not has_messages:
        yield members


class _Text:
    """What was read; what was not used yet begins at `_at`."""

    def __init__(self, chunks: Iterator[str], name: str) -> None:
        self.name = name
        self._chunks = chunks
        self._read = ""
        self._at = 0

    def peek(self) -> str:
        """The next character that means something; "" at the end."""
        while True:
            while self._at < len(self._read) and self._read[self._at] in _BETWEEN:
                self._at += 1
            if self._at < len(self._read):
                return self._read[self._at]
            if not self._more():
                return ""

    def skip(self, expected: str) -> None:
        if (following := self.peek()) != expected:
            raise InvalidInput(f"{self.name} is not JSON: {following!a} in place of {expected!a}")
        self._at += 1

    def take(self) -> Any:
        """The value that begins here."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._read, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._read) - self._at > _MOST_TEXT or not self._more():
                    raise InvalidInput(f"{self.name} is not JSON: {error}") from error
                continue
            # A number may go on in the next chunk.
            if not isinstance(value, (int, float)) or len(self._read) - end > _NUMBER or not self._more():
                self._at = end
                return value

    def _more(self) -> bool:
        chunk = next(self._chunks, "")
        if chunk:
            self._read = self._read[self._at :] + chunk
            self._at = 0
        return bool(chunk)
