"""What text must lose before PostgreSQL can hold it."""

from collections.abc import Mapping
from typing import Any, cast


def storable_text(text: str) -> str:
    """Without NULs; a lone surrogate (an undecodable byte of a file name, say) becomes its escape."""
    return text.replace("\x00", "").encode("utf-8", "backslashreplace").decode()


def storable_json(value: Any) -> Any:
    """The same for all text in a JSON value."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value)
        return {storable_text(name): storable_json(inner) for name, inner in pairs.items()}
    if isinstance(value, (list, tuple)):
        return [storable_json(inner) for inner in cast("list[Any]", value)]
    return value
