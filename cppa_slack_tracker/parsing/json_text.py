"""The objects of a JSON text of Slack's, whichever way it lists them."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from core.errors import InvalidInput
from core.json_text import JsonReader, NotStorable


def json_objects(text: JsonReader) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, of `{"messages": [...]}` with whatever else is in it, or one after another.

    Raises InvalidInput naming the text where it is not JSON, or not of objects. An object that is no JSON
    inside comes as one without an id, so that who parses it can say so.
    """
    if text.peek() not in ("{", "["):
        raise InvalidInput(f"{text.name} holds no JSON list and no JSON objects")
    while following := text.peek():
        if following == "[":
            yield from _listed(text)
        else:
            text.skip("{")
            yield from _object(text)


def _listed(text: JsonReader) -> Iterator[Mapping[str, Any]]:
    text.skip("[")
    while (following := text.peek()) != "]":
        if following != "{":
            raise InvalidInput(f"{text.name}: not an object but {following!a}")
        yield _mapping(text.take())
    text.skip("]")


def _object(text: JsonReader) -> Iterator[Mapping[str, Any]]:
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


def _mapping(value: Any) -> Mapping[str, Any]:
    return {"": value} if isinstance(value, NotStorable) else cast("Mapping[str, Any]", value)
