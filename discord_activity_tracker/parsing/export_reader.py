"""A file of DiscordChatExporter's, read in pieces: it may be bigger than the memory."""

from codecs import getreader
from collections.abc import Iterator
from typing import Any, BinaryIO

from core.errors import InvalidInput
from core.json_text import JsonReader


class ExportReader:
    """First what stands before the messages, then one message after the other.

    Raises InvalidInput where it is not what DiscordChatExporter writes. A message that is no JSON inside
    comes as a `NotStorable`, and those behind it are read.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._decoded = getreader("utf-8-sig")(file)
        self._json = JsonReader(self._read, "the file")

    def head(self) -> dict[str, Any]:
        """The fields before `messages`, which the exporter writes behind them."""
        try:
            head: dict[str, Any] = {}
            for name in self._json.members():
                if name == "messages":
                    return head
                head[name] = self._json.take()
        except InvalidInput as error:
            raise self._damaged(error.message) from error
        raise self._damaged("it has no messages")

    def messages(self) -> Iterator[object]:
        """The messages, once the head was read."""
        try:
            yield from self._json.items()
        except InvalidInput as error:
            raise self._damaged(error.message) from error

    def _read(self, characters: int) -> str:
        try:
            return self._decoded.read(characters, characters)
        except UnicodeDecodeError as error:
            raise InvalidInput(str(error)) from error

    @staticmethod
    def _damaged(why: str) -> InvalidInput:
        return InvalidInput(
            f"it is no export of DiscordChatExporter, or damaged: {why}"[:300],
            remedy="export it again, with --format Json",
        )
