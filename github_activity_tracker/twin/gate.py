"""What stands before every answer of the API: who asks, and whether they may ask now."""

import json
import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from core.twins import TwinRequest, TwinResponse
from github_activity_tracker.twin.limits import Limits
from github_activity_tracker.twin.tokens import Token, Tokens, sent

DOCS = "https://docs.github.com/rest"
SECONDARY_TEXT = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    " If you reach out to GitHub Support for help, please include the request ID TWIN:0:0:0."
)
SECONDARY_DOCS = (
    "https://docs.github.com/free-pro-team@latest/rest/overview/"
    "rate-limits-for-the-rest-api#about-secondary-rate-limits"
)
WRITE_POINTS = 5


@dataclass(frozen=True, slots=True)
class Caller:
    """token: None for anonymous calls, which only REST takes."""

    token: Token | None

    @property
    def budget(self) -> str:
        return self.token.budget if self.token else "nobody"

    @property
    def name(self) -> str:
        """How a refusal addresses them."""
        if self.token is None:
            return "127.0.0.1"
        installation = self.token.installation
        return (
            f"installation ID {installation}"
            if installation
            else f"user ID {self.token.account['databaseId']}"
        )


def as_json(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> TwinResponse:
    body = b"" if data is None else json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return TwinResponse(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def problem(status: int, message: str, headers: dict[str, str] | None = None, **more: Any) -> TwinResponse:
    """An error in REST's shape."""
    body = {"message": message, **more, "documentation_url": DOCS, "status": str(status)}
    return as_json(body, status, headers)


def secondary(status: int, wait: float | None) -> TwinResponse:
    """Too much at a time. wait: real seconds."""
    headers = {} if wait is None else {"Retry-After": str(math.ceil(wait))}
    body = {"documentation_url": SECONDARY_DOCS, "message": SECONDARY_TEXT}
    return as_json(body, status, headers)


class Gate:
    def __init__(self, tokens: Tokens, limits: Limits) -> None:
        self.tokens = tokens
        self.limits = limits

    def caller(self, request: TwinRequest) -> Caller | TwinResponse:
        """Who asks, or the refusal of a bad credential."""
        if sent(request.headers) is None:
            return Caller(None)
        token = self.tokens.find(request.headers, self.limits.clock.now())
        return Caller(token) if token else problem(HTTPStatus.UNAUTHORIZED, "Bad credentials")

    def pace(self, caller: Caller, kind: str, *, writes: bool) -> TwinResponse | None:
        """The refusal of those who ask too fast."""
        wait = self.limits.pace(caller.budget, kind, WRITE_POINTS if writes else 1)
        return None if wait is None else secondary(HTTPStatus.FORBIDDEN, wait)

    def exhausted(self, caller: Caller, resource: str) -> TwinResponse:
        """REST's refusal of those who have used up their hour."""
        message = f"API rate limit exceeded for {caller.name}."
        response = problem(HTTPStatus.FORBIDDEN, message)
        response.headers |= self.limits.headers(caller.budget, resource)
        return response
