"""A file of DiscordChatExporter's, read in pieces: it may be bigger than the memory."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from core.errors import InvalidInput

CHUNK = 256 * 1024  # bytes
BIGGEST = 64 * 1024 * 1024  # characters of one message
_SPACE = re.compile(r"[\s,]*")


class ExportReader:
    """First what stands before the messages, then one message after the other.

    Raises InvalidInput where it is not what DiscordChatExporter writes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._ended = False

    def head(self) -> dict[str, Any]:
        """The fields before `messages`, which the exporter writes behind them."""
        if self._next() != "{":
            raise self._damaged("it does not begin with {")
        self._at += 1
        head: dict[str, Any] = {}
        while self._next() == '"':
            name = self._value()
            if self._next() != ":":
                raise self._damaged("a name without a value")
            self._at += 1
            if name == "messages":
                return head
            self._next()
            head[str(name)] = self._value()
        raise self._damaged("it has no messages")

    def messages(self) -> Iterator[object]:
        """The messages, once the head was read."""
        if self._next() != "[":
            raise self._damaged("its messages are no list")
        self._at += 1
        while (begins := self._next()) != "]":
            if not begins:
                raise self._damaged("it ends before its last message")
            yield self._value()

    def _next(self) -> str:
        """The next character that is neither space nor comma; "" at the end of the file."""
        while True:
            match = cast("re.Match[str]", _SPACE.match(self._text, self._at))
            self._at = match.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _value(self) -> Any:
        """The JSON value that begins here."""
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except (json.JSONDecodeError, RecursionError) as error:
                if len(self._text) - self._at > BIGGEST or not self._more():
                    raise self._damaged(str(error)) from error
                continue
            # A number may go on in the next piece.
            if end == len(self._text) and self._more():
                continue
            self._at = end
            return value

    def _more(self) -> bool:
        """Read on; as much again as is held, so that a big value is not decoded again and again."""
        if self._ended:
            return False
        rest = self._text[self._at :]
        piece = self._file.read(max(CHUNK, len(rest)))
        self._ended = not piece
        try:
            self._text = rest + self._decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            raise self._damaged(str(error)) from error
        self._at = 0
        return True

    @staticmethod
    def _damaged(why: str) -> InvalidInput:
        return InvalidInput(
            f"it is no export of DiscordChatExporter, or damaged: {why}"[:300],
            remedy="export it again, with --format Json",
        )
