"""The objects of a JSON text of Slack's, whichever way it lists them."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from core.errors import InvalidInput
from core.json_text import JsonReader


def json_objects(text: JsonReader) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, of `{"messages": [...]}` with whatever else is in it, or one after another.

    Raises InvalidInput naming the text where it is not JSON, or not of objects. An object that is no JSON
    inside comes as one without an id, so that who parses it can say so.
    """
    if text.peek() not in ("{", "["):
        raise InvalidInput(f"{text.name} holds no JSON list and no JSON objects")
    while following := text.peek():
        yield from _listed(text) if following == "[" else _object(text)


def _listed(text: JsonReader) -> Iterator[Mapping[str, Any]]:
    for value in text.items():
        if isinstance(value, Mapping):
            yield cast("Mapping[str, Any]", value)
        elif str(value).startswith("{"):  # what cannot be held comes as its text
            yield {"": value}
        else:
            raise InvalidInput(f"{text.name}: a list of something else than objects")


def _object(text: JsonReader) -> Iterator[Mapping[str, Any]]:
    """The object that begins here, or the messages that it lists."""
    members: dict[str, Any] = {}
    has_messages = False
    for member in text.members():
        if member == "messages" and text.peek() == "[":
            has_messages = True
            yield from _listed(text)
        else:
            members[member] = text.take()
    if not has_messages:
        yield members
