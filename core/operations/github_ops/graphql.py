"""GitHub's GraphQL API: https://docs.github.com/en/graphql."""

import re
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from core.errors import (
    AuthError,
    CollectorError,
    NetworkError,
    NotFound,
    PermissionDenied,
    RateLimited,
    SourceError,
    SourceTimeout,
)
from core.http import Answer, Cost, Failure, HttpClient, ServerError
from core.http.failures import AS_OFTEN_AS_ALLOWED
from core.http.limits import asked_wait
from core.operations.github_ops.errors import CursorRefused, TooMuchAsked
from core.operations.github_ops.pages import AdaptivePage
from core.redaction import redact

# Node ids in their new format, whatever the account's default is: stored ids must not change.
HEADERS = {"X-Github-Next-Global-ID": "1"}

_LIMITS = {"RATE_LIMITED", "RATE_LIMIT"}
_TOO_MUCH = {"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"}
_TIMED_OUT = re.compile(r"tim(?:ed|e)[ -]?out|something went wrong while executing", re.IGNORECASE)
_SECONDARY = re.compile(r"secondary rate limit|abuse detection", re.IGNORECASE)
_CURSOR = re.compile(r"does not appear to be a valid cursor", re.IGNORECASE)
_FAMILIES: dict[str, type[CollectorError]] = {
    "NOT_FOUND": NotFound,
    "FORBIDDEN": PermissionDenied,
    "INSUFFICIENT_SCOPES": PermissionDenied,
    "UNAUTHORIZED": AuthError,
    "SERVICE_UNAVAILABLE": NetworkError,
}
_SHOWN = 200

_smaller_is_possible: ContextVar[bool] = ContextVar("smaller_is_possible", default=False)


@dataclass(frozen=True, slots=True)
class GraphqlError:
    """One entry of an answer's `errors`. `type` is "" where GitHub gives none, `path` leads to the null."""

    type: str
    path: tuple[str | int, ...]
    message: str

    @property
    def refuses_cursor(self) -> bool:
        """Tell whether it is about where to go on, so that the list can be read from its start."""
        return self.type == "INVALID_CURSOR_ARGUMENTS" or bool(_CURSOR.search(self.message))


@dataclass(frozen=True, slots=True)
class GraphqlAnswer:
    """An answer with data, perhaps with nulls where `errors` say why.

    `cost` is in points: what `rateLimit { cost }` says where the query asks for it, else what was expected.
    """

    data: dict[str, Any]
    errors: tuple[GraphqlError, ...]
    cost: int


class GraphqlClient:
    """Sends queries. Get it from `GitHub.graphql`."""

    def __init__(self, url: str, http: HttpClient, *, clock: Callable[[], float] = time.time) -> None:
        self._url = url
        self._http = http
        self._clock = clock

    def execute(self, query: str, variables: Mapping[str, Any], *, points: int = 1) -> GraphqlAnswer:
        """Return the answer to a query; `points` is what it is expected to cost.

        Errors about single nodes are for the caller: they are in the answer. Raises TooMuchAsked when a
        smaller page may succeed, and what the failure is when there is no data at all.
        """
        answer = self._http.post(
            self._url,
            {"query": query, "variables": dict(variables)},
            cost=Cost(points=points),
            repeatable=True,
            check=self._failure,
            final=_smaller_page_may_succeed if _smaller_is_possible.get() else None,
        )
        data, errors = _parts(answer)
        return GraphqlAnswer(data or {}, errors, _cost(data or {}, points))

    def with_page_size(self, adaptive: AdaptivePage, ask: Callable[[int], GraphqlAnswer]) -> GraphqlAnswer:
        """Return the answer of `ask(size)`, with the page size halved as often as GitHub needs it.

        Raises SourceTimeout naming what is paged when one item alone is too much, and GitHub's refusal when
        everything is.
        """
        while True:
            try:
                with _repeated_smaller(possible=adaptive.size > 1):
                    answer = ask(adaptive.size)
            except (SourceTimeout, ServerError) as error:
                if not _smaller_page_may_succeed(error):
                    raise
                if not adaptive.halve():
                    self._require_life()
                    raise SourceTimeout(
                        f"one item alone takes GitHub too long: {error.message}", item=adaptive.name
                    ) from error
                continue
            adaptive.succeeded()
            return answer

    def _require_life(self) -> None:
        """Raise what GitHub answers to the smallest query there is, if not even that succeeds."""
        with _repeated_smaller(possible=True):
            self.execute("{ __typename }", {})

    def _failure(self, answer: Answer) -> Failure | None:
        """Return what an answer with status 200 says went wrong as a whole."""
        data, errors = _parts(answer)
        if not errors:
            return (
                None if data is not None else Failure(SourceError("GitHub answered neither data nor errors"))
            )
        types = {error.type for error in errors}
        text = "; ".join(dict.fromkeys(error.message for error in errors))[:_SHOWN]
        if types & _LIMITS or (data is None and _SECONDARY.search(text)):
            # With the status that REST gives for the same refusal, the same rules say how long to wait.
            wait = asked_wait(HTTPStatus.FORBIDDEN, answer.headers, answer.body[:4096], self._clock())
            limited = RateLimited(f"GitHub: {text}", retry_after=wait, remedy="run again later")
            return Failure(limited, AS_OFTEN_AS_ALLOWED, wait)
        if types & _TOO_MUCH:
            return Failure(TooMuchAsked(f"GitHub: {text}"))
        if any(_TIMED_OUT.search(error.message) for error in errors):
            return Failure(TooMuchAsked(f"GitHub: {text}"), AS_OFTEN_AS_ALLOWED)
        return Failure(_refusal(errors, text)) if data is None else None


def _refusal(errors: Sequence[GraphqlError], text: str) -> CollectorError:
    """Return why there is no data at all."""
    family = next((_FAMILIES[error.type] for error in errors if error.type in _FAMILIES), SourceError)
    if any(error.refuses_cursor for error in errors):
        family = CursorRefused
    return family(f"GitHub refused the query: {text}")


def _parts(answer: Answer) -> tuple[dict[str, Any] | None, tuple[GraphqlError, ...]]:
    """Data, None when there is none, and errors. SourceError when it is not GraphQL's answer."""
    said: Any = answer.json()
    fields = cast("dict[str, Any]", said if isinstance(said, dict) else {})
    data, errors = fields.get("data"), fields.get("errors")
    found = [_error(entry) for entry in cast("list[Any]", errors)] if isinstance(errors, list) else []
    if not found and isinstance(fields.get("message"), str):
        found = [_error(fields)]  # limits of all APIs answer in REST's form
    return cast("dict[str, Any]", data) if isinstance(data, dict) else None, tuple(found)


def _error(entry: Any) -> GraphqlError:
    fields = cast("dict[str, Any]", entry if isinstance(entry, dict) else {})
    path: Any = fields.get("path")
    return GraphqlError(
        type=str(fields.get("type") or ""),
        path=tuple(cast("list[str | int]", path)) if isinstance(path, list) else (),
        message=redact(str(fields.get("message") or "an error without a message")),
    )


def _cost(data: Mapping[str, Any], expected: int) -> int:
    limit: Any = data.get("rateLimit")
    cost: Any = cast("dict[str, Any]", limit).get("cost") if isinstance(limit, dict) else None
    return cost if isinstance(cost, int) else expected


def _smaller_page_may_succeed(error: CollectorError) -> bool:
    if isinstance(error, ServerError):
        return error.status == HTTPStatus.BAD_GATEWAY
    return isinstance(error, SourceTimeout)


@contextmanager
def _repeated_smaller(*, possible: bool) -> Generator[None]:
    """Failures that a smaller page may cure are not repeated as they were."""
    token = _smaller_is_possible.set(possible)
    try:
        yield
    finally:
        _smaller_is_possible.reset(token)
