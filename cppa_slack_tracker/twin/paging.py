"""Cursors, which only Slack understands, and what a page may hold."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
MOST = 1000


class RefusedError(Exception):
    """What a call is answered with instead: `ok: false` and the code; more fields where Slack has them."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


def cursor(name: str, value: object) -> str:
    return b64encode(f"{name}:{value}".encode()).decode()


def value_of(text: str, name: str) -> str:
    """What stands in a cursor. Raises RefusedError for one that was never given for such pages."""
    try:
        found, _, value = b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise RefusedError("invalid_cursor") from error
    if found != name or not value:
        raise RefusedError("invalid_cursor")
    return value


def limit_of(args: dict[str, str], default: int, most: int = MOST) -> int:
    """Raises RefusedError for a limit that is no number or out of range."""
    text = args.get("limit") or str(default)
    try:
        limit = int(text)
    except ValueError as error:
        raise RefusedError("invalid_limit") from error
    if not 0 <= limit <= MOST:
        raise RefusedError("invalid_limit")
    return min(limit or default, most)


def page(
    items: Sequence[T], args: dict[str, str], name: str, key: Callable[[T], str], *, default: int
) -> tuple[list[T], dict[str, str]]:
    """A page of a list, and its `response_metadata`; a cursor names the first item of the next page."""
    limit = limit_of(args, default)
    start = 0
    if args.get("cursor"):
        wanted = value_of(args["cursor"], name)
        places = [place for place, item in enumerate(items) if key(item) >= wanted]
        start = places[0] if places else len(items)
    shown = list(items[start : start + limit])
    following = items[start + limit : start + limit + 1]
    return shown, {"next_cursor": cursor(name, key(following[0])) if following else ""}
