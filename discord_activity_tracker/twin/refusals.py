"""How Discord answers, and how it says no.

https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

import json
from collections.abc import Mapping
from http import HTTPStatus

from core.twins import TwinResponse


class Refused(Exception):  # noqa: N818 - an answer, not an error of the twin
    """Discord says no."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.response = as_json({"message": message, "code": code}, status)


def unauthorized() -> Refused:
    return Refused(401, 0, "401: Unauthorized")


def missing_access() -> Refused:
    return Refused(403, 50001, "Missing Access")


def unknown(what: str) -> Refused:
    codes = {"Channel": 10003, "Guild": 10004, "Message": 10008, "Member": 10007, "Emoji": 10014}
    return Refused(404, codes[what], f"Unknown {what}")


def as_json(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> TwinResponse:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    always = {"Content-Type": "application/json", "Via": "1.1 google"}
    return TwinResponse(status, text.encode(), {**always, **(headers or {})})


def too_many(wait: float, *, everywhere: bool, headers: Mapping[str, str]) -> TwinResponse:
    """429 as the API itself says it. wait: real seconds."""
    body = {
        "message": "You are being rate limited.",
        "retry_after": round(wait, 6),
        "global": everywhere,
        "code": 0,
    }
    return as_json(body, HTTPStatus.TOO_MANY_REQUESTS, headers)


def invalid(name: str) -> Refused:
    """A parameter that makes no sense."""
    refused = Refused(400, 50035, "Invalid Form Body")
    errors = {name: {"_errors": [{"code": "NUMBER_TYPE_COERCE", "message": f'Value "{name}" is not valid.'}]}}
    refused.response = as_json({"message": "Invalid Form Body", "code": 50035, "errors": errors}, 400)
    return refused
