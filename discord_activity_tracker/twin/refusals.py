"""Discord's answers, and its refusals.

https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from core import twins
from core.twins import Refusal, TwinResponse

_CODES = {"Channel": 10003, "Guild": 10004, "Message": 10008, "Member": 10007, "Emoji": 10014}


def as_json(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> TwinResponse:
    return twins.as_json(data, status, {"Via": "1.1 google", **(headers or {})})


def refused(status: int, code: int, message: str, **more: Any) -> Refusal:
    """Make a refusal with Discord's own error code."""
    return Refusal(as_json({"message": message, "code": code, **more}, status))


def missing_access() -> Refusal:
    return refused(403, 50001, "Missing Access")


def wrong_channel_type() -> Refusal:
    return refused(400, 50024, "Cannot execute action on this channel type")


def unknown(what: str) -> Refusal:
    return refused(404, _CODES[what], f"Unknown {what}")


def invalid(name: str) -> Refusal:
    """Refuse an argument that makes no sense."""
    errors = {name: {"_errors": [{"code": "NUMBER_TYPE_COERCE", "message": f'Value "{name}" is not valid.'}]}}
    return refused(400, 50035, "Invalid Form Body", errors=errors)


def too_many(wait: float, *, everywhere: bool, headers: Mapping[str, str]) -> TwinResponse:
    """Answer 429 as the API itself does. wait: real seconds."""
    body = {
        "message": "You are being rate limited.",
        "retry_after": round(wait, 6),
        "global": everywhere,
        "code": 0,
    }
    return as_json(body, HTTPStatus.TOO_MANY_REQUESTS, headers)
