"""slack_sdk's retry handlers, with the run's waits and counters.

The SDK asks each handler after each attempt, also after one that went well.
"""

from __future__ import annotations

import ssl
from collections import Counter
from http import HTTPStatus
from http.client import HTTPException
from socket import gaierror
from typing import TYPE_CHECKING, Any, cast
from urllib.error import HTTPError, URLError

from slack_sdk.http_retry import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    RetryHandler,
)
from slack_sdk.http_retry.builtin_handlers import ServerErrorRetryHandler

from core.errors import CollectorError, InvalidInput, RateLimited
from core.http.calltime import OutOfTime
from core.http.limits import sane_seconds
from core.json_text import parse_json
from core.operations.slack_ops.errors import LIMITED, PASSING

if TYPE_CHECKING:
    from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState

    from core.http import Waits
    from core.metering import Meter
    from core.operations.slack_ops.limits import Pacing

_MOST_OF_A_REFUSAL = 64 * 1024  # bytes; what is longer is a reply with objects
# Calls of a method in a row that were given up: after so many, one attempt shows whether it works again.
_MOST_GIVEN_UP = 3
_PASSING_STATUSES = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


class Persistence:
    """The state that the handlers of one client share. `attempts` counts the first one."""

    def __init__(self, waits: Waits, pacing: Pacing, *, attempts: int) -> None:
        self.retries = attempts - 1
        self._waits = waits
        self._pacing = pacing
        self._given_up: Counter[str] = Counter()

    def note(self, method: str, *, in_trouble: bool) -> None:
        """Note how a call ended: `in_trouble` when Slack had some to the last attempt."""
        self._given_up[method] = self._given_up[method] + 1 if in_trouble else 0

    def is_worth_it(self, method: str) -> bool:
        return self._given_up[method] < _MOST_GIVEN_UP

    def again(
        self, state: RetryState, method: str, limited: RateLimited | None, otherwise: Exception
    ) -> None:
        """Wait until the next attempt may be made; raises what forbids it."""
        if limited is None or not self._pacing.refused(method, limited):
            tries = state.current_attempt + 1  # the SDK counts from 0
            told = limited.retry_after if limited else None
            self._waits.before_retry(tries, limited or otherwise, "Slack", told=told)
        self._pacing.wait_for(method)
        state.next_attempt_requested = True
        state.increment_current_attempt()


class Counting(RetryHandler):
    """Counts every attempt that reached Slack; never asks for another."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def can_retry(
        self,
        *,
        state: RetryState,  # noqa: ARG002 - the SDK's signature
        request: HttpRequest,  # noqa: ARG002 - as above
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is not None:
            self._meter.add_request(len(response.data or b""))
        elif not isinstance(error, CollectorError) and not _never_connected(error):
            # A CollectorError is of a wait between two attempts.
            self._meter.add_request()
        return False


class Limits(RateLimitErrorRetryHandler):
    """Waits as long as `Retry-After` says."""

    def __init__(self, persistence: Persistence) -> None:
        super().__init__(max_retry_count=persistence.retries)
        self._persistence = persistence

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        told = response is not None and _code(response) in LIMITED
        return told or super()._can_retry(state=state, request=request, response=response, error=error)

    def prepare_for_next_attempt(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        del error  # the response tells
        method = method_of(request.url)
        wait = retry_after(response.headers) if response is not None else None
        limited = RateLimited(f"{method}: Slack allows no more calls now", retry_after=wait)
        self._persistence.again(state, method, limited, limited)


class ServerErrors(ServerErrorRetryHandler):
    """Tries again when Slack itself has trouble, told by a status or by an error code."""

    def __init__(self, persistence: Persistence) -> None:
        super().__init__(max_retry_count=persistence.retries)
        self._persistence = persistence

    def _can_retry(
        self,
        *,
        state: RetryState,  # noqa: ARG002 - the SDK's signature
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002 - as above
    ) -> bool:
        if response is None or not self._persistence.is_worth_it(method_of(request.url)):
            return False
        return response.status_code in _PASSING_STATUSES or _code(response) in PASSING

    def prepare_for_next_attempt(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        del response
        self._persistence.again(
            state, method_of(request.url), None, error or RateLimited("Slack has trouble")
        )


class Connections(ConnectionErrorRetryHandler):
    """Tries again when no whole answer came."""

    def __init__(self, persistence: Persistence) -> None:
        broken: list[type[Exception]] = [URLError, OSError, HTTPException, ValueError]
        super().__init__(max_retry_count=persistence.retries, error_types=broken)
        self._persistence = persistence

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if isinstance(error, OutOfTime):
            return False
        if isinstance(error, URLError) and isinstance(error.reason, ssl.SSLCertVerificationError):
            return False  # it would not be trusted the next time either
        return super()._can_retry(state=state, request=request, response=response, error=error)

    def prepare_for_next_attempt(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        del response
        otherwise = error or ConnectionError("no whole answer came")
        self._persistence.again(state, method_of(request.url), None, otherwise)


def method_of(url: str) -> str:
    return url.rpartition("/")[2].partition("?")[0]


def retry_after(headers: Any) -> float | None:
    """Seconds of `Retry-After`, from the SDK's mapping of lists or from a plain one; None without it."""
    for name, value in dict(headers).items():
        if str(name).lower() == "retry-after":
            return sane_seconds(cast("list[Any]", value)[0] if isinstance(value, list) else value)
    return None


def _code(response: HttpResponse) -> str | None:
    """Slack's error code in a body, sent with status 200 or with a 5xx."""
    if response.data is None or len(response.data) > _MOST_OF_A_REFUSAL:
        return None
    try:
        said: Any = parse_json(response.data)
    except InvalidInput:
        return None
    code: Any = cast("dict[str, Any]", said).get("error") if isinstance(said, dict) else None
    return code if isinstance(code, str) else None


def _never_connected(error: Exception | None) -> bool:
    if not isinstance(error, URLError) or isinstance(error, HTTPError):
        return False
    return isinstance(error.reason, ConnectionRefusedError | gaierror | ssl.SSLError)
