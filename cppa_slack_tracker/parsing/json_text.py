"""The objects of a JSON text that is too long to be held whole."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from core.errors import InvalidInput

_DECODER = json.JSONDecoder()
_BETWEEN = " \t\r\n,"
_MOST_TEXT = 64 * 1024 * 1024  # characters of one object


def json_objects(chunks: Iterator[str], name: str) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, of `{"messages": [...]}`, or one after another, as lines.

    Raises InvalidInput naming the text where it is not JSON, or not of objects.
    """
    text = _Text(chunks, name)
    first = text.peek()
    if first == "{":
        opening = text.until_list("messages")
        if not opening:
            yield from _objects(text, end="")
            return
    elif first == "[":
        text.skip(1)
    else:
        raise InvalidInput(f"{name} holds no JSON list and no JSON objects")
    yield from _objects(text, end="]")


def _objects(text: "_Text", end: str) -> Iterator[Mapping[str, Any]]:
    while (following := text.peek()) != end:
        if following != "{":
            raise InvalidInput(f"{text.name}: not an object but {following!a}")
        yield text.take()


class _Text:
    """What was read and not used yet."""

    def __init__(self, chunks: Iterator[str], name: str) -> None:
        self.name = name
        self._chunks = chunks
        self._left = ""

    def peek(self) -> str:
        """The next character that means something; "" at the end."""
        while not (stripped := self._left.lstrip(_BETWEEN)):
            if not self._more():
                return ""
        self._left = stripped
        return stripped[0]

    def skip(self, number: int) -> None:
        self._left = self._left[number:]

    def until_list(self, member: str) -> bool:
        """Go behind the `[` of this member, where it is the first one of the object that begins here."""
        opening = f'{{"{member}":['
        while len(self._left) < 2 * len(opening) and self._more():
            pass
        head, bracket, rest = self._left.partition("[")
        if not bracket or "".join(head.split()) + "[" != opening:
            return False
        self._left = rest
        return True

    def take(self) -> Mapping[str, Any]:
        """The object that begins here."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._left)
            except (ValueError, RecursionError) as error:
                if len(self._left) > _MOST_TEXT or not self._more():
                    raise InvalidInput(f"{self.name} is not JSON: {error}") from error
                continue
            self._left = self._left[end:]
            return cast("Mapping[str, Any]", value)

    def _more(self) -> bool:
        chunk = next(self._chunks, "")
        self._left += chunk
        return bool(chunk)
