"""Texts and values without secrets."""

from collections.abc import Mapping
from typing import Any, cast

from core.redaction.known import REDACTED, hide_known
from core.redaction.shapes import IS_SECRET_NAME, hide_shapes

_MAX_DEPTH = 8


def redact(text: str) -> str:
    """Return `text` with every known secret, and all that has the shape of one, as `[redacted]`."""
    return hide_shapes(hide_known(text))


def is_secret_name(name: str) -> bool:
    """Tell whether a field, option or variable of this name holds a secret."""
    return IS_SECRET_NAME.search(name) is not None


def redact_value(value: Any, name: str = "") -> Any:
    """`value` with the secrets in its texts replaced, and whole values whose name says that they are one.

    Mappings, lists, tuples and sets are rebuilt; any other object becomes its redacted text if that differs.
    """
    return _redact_value(value, name, _MAX_DEPTH)


def _redact_value(value: Any, name: str, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if is_secret_name(name):
        return REDACTED
    if depth and isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {redact(str(key)): _redact_value(item, str(key), depth - 1) for key, item in items}
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [_redact_value(item, "", depth - 1) for item in cast("list[object]", value)]
    text = str(value)
    hidden = redact(text)
    return value if hidden == text else hidden
