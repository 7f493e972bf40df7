"""The gate before every answer of the API: who asks, and whether they may ask now."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from core import twins
from core.twins import Refusal, TwinRequest, TwinResponse
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


def as_json(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> TwinResponse:
    return twins.as_json(data, status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def problem(status: int, message: str, headers: Mapping[str, str] | None = None, **more: Any) -> Refusal:
    """Make a refusal in REST's shape."""
    body = {"message": message, **more, "documentation_url": DOCS, "status": str(status)}
    return Refusal(as_json(body, status, headers))


def secondary(status: int, wait: float | None) -> TwinResponse:
    """Answer those who ask too much at a time. wait: real seconds."""
    headers = {} if wait is None else {"Retry-After": str(math.ceil(wait))}
    body = {"documentation_url": SECONDARY_DOCS, "message": SECONDARY_TEXT}
    return as_json(body, status, headers)


class Gate:
    """Lets callers in. Its methods raise Refusal for those who may not ask, or not now."""

    def __init__(self, tokens: Tokens, limits: Limits) -> None:
        self.tokens = tokens
        self.limits = limits

    def caller(self, request: TwinRequest) -> Caller:
        """Find out who asks."""
        if sent(request.headers) is None:
            return Caller(None)
        token = self.tokens.find(request.headers, self.limits.clock.now())
        if token is None:
            raise problem(HTTPStatus.UNAUTHORIZED, "Bad credentials")
        return Caller(token)

    def pace(self, caller: Caller, kind: str, *, writes: bool) -> None:
        """Refuse those who ask too fast."""
        wait = self.limits.pace(caller.budget, kind, WRITE_POINTS if writes else 1)
        if wait is not None:
            raise Refusal(secondary(HTTPStatus.FORBIDDEN, wait))

    def spend(self, caller: Caller, resource: str) -> None:
        """Spend a call of REST; refuse those who have used up their hour."""
        if not self.limits.spend(caller.budget, resource):
            headers = self.limits.headers(caller.budget, resource)
            text = f"API rate limit exceeded for {caller.name}."
            raise problem(HTTPStatus.FORBIDDEN, text, headers)
