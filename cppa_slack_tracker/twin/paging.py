"""Refusals of the Web API, the limit and cursor arguments, and pages."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from core import twins
from core.twins import Arguments, Refusal, TwinResponse, cursor, cursor_value, cut, whole

T = TypeVar("T")
MOST = 1000
"""The largest limit that may be asked for."""


class RefusedError(Refusal):
    """Answers `ok: false` and the code; more: fields that Slack has beside it."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(as_json({"ok": False, "error": code, **more}))


def as_json(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> TwinResponse:
    content_type = {"Content-Type": "application/json; charset=utf-8"}
    return twins.as_json(data, status, content_type | dict(headers or {}))


def invalid(name: str) -> RefusedError:
    """Refuse an argument that makes no sense."""
    named = {"oldest": "ts_oldest", "latest": "ts_latest", "ts": "ts_latest"}
    return RefusedError(f"invalid_{named.get(name, name)}")


def limit_of(args: Arguments, default: int, most: int = MOST) -> int:
    """Items that a page may hold; 0 asks for the default."""
    return min(args.read("limit", whole(0, MOST), default) or default, most)


def value_of(args: Arguments, name: str) -> str | None:
    """The value that a cursor of such pages stands for, None without a cursor."""
    return args.read("cursor", lambda text: cursor_value(text, name), None)


def page(
    items: Sequence[T], args: Arguments, name: str, key: Callable[[T], str], *, default: int
) -> tuple[Sequence[T], dict[str, str]]:
    """A page of a list, and its `response_metadata`; a cursor names the first item of the next page."""
    limit, wanted = limit_of(args, default), value_of(args, name)
    rest = items if wanted is None else [item for item in items if key(item) >= wanted]
    shown, following = cut(rest, limit)
    return shown, {"next_cursor": "" if following is None else cursor(name, key(following))}
