"""The one rule for text that PostgreSQL cannot hold: NULs go, lone surrogates become their escape."""

from collections.abc import Mapping
from typing import Any, cast


def storable_text(text: str) -> str:
    """Give a text without NULs, and with `\\udce9` in place of a lone surrogate, which stands, for example,
    for an undecodable byte of a file name.
    """
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    try:
        text.encode()  # nearly all text goes; only what does not is made anew
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def storable_json(value: Any) -> Any:
    """Apply `storable_text` to all text in a JSON value, names of fields included; they become text."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[Any, Any]", value)
        return {storable_text(str(name)): storable_json(inner) for name, inner in pairs.items()}
    if isinstance(value, (list, tuple)):
        return [storable_json(inner) for inner in cast("list[Any]", value)]
    return value
