"""Judges a failed call: the error it becomes, how often it may be tried, how long to wait."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import requests
from urllib3.exceptions import HTTPError

from core.errors import (
    AuthError,
    CollectorError,
    InvalidInput,
    NetworkError,
    NotFound,
    PermissionDenied,
    RateLimited,
    SourceError,
    SourceTimeout,
)
from core.http.calltime import CallTime
from core.http.limits import asked_wait, is_limit
from core.http.sessions import never_connected
from core.http.urls import safe_url
from core.json_text import parse_json
from core.redaction import redact

AS_OFTEN_AS_ALLOWED = 1_000
# A 500 is as often a bug that answers the same way again as it is a moment's trouble.
_TRIES_OF_5XX: dict[int, int] = {
    HTTPStatus.INTERNAL_SERVER_ERROR: 2,
    HTTPStatus.BAD_GATEWAY: AS_OFTEN_AS_ALLOWED,
    HTTPStatus.SERVICE_UNAVAILABLE: AS_OFTEN_AS_ALLOWED,
}
_REFUSALS: dict[int, tuple[type[CollectorError], str | None]] = {
    HTTPStatus.BAD_REQUEST: (InvalidInput, None),
    HTTPStatus.UNAUTHORIZED: (AuthError, "check the credential in the settings"),
    HTTPStatus.FORBIDDEN: (PermissionDenied, "check what the credential may do"),
    HTTPStatus.NOT_FOUND: (NotFound, None),
    HTTPStatus.GONE: (NotFound, None),
    HTTPStatus.UNPROCESSABLE_ENTITY: (InvalidInput, None),
}
_SHOWN = 200


class ServerError(SourceError):
    """The source answered 5xx. `status` tells a client that knows its source's quirks which one."""

    def __init__(self, message: str, *, status: int, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed. `tries` counts the first one; `wait` is in seconds, None: as we see fit.

    `undone`: the source has certainly not acted on it, so also a call that writes may be repeated.
    """

    error: CollectorError
    tries: int = 1
    wait: float | None = None
    undone: bool = False


def status_failure(status: int, headers: Mapping[str, str], body: bytes, url: str, now: float) -> Failure:
    """Return the failure that a status means; `body` may be only its beginning."""
    wait = asked_wait(status, headers, body, now)
    message = f"{safe_url(url)} answered {_described(status)}{_reason(body)}"
    if is_limit(status, headers, body, now):
        error = RateLimited(message, retry_after=wait, remedy="run again later")
        return Failure(error, AS_OFTEN_AS_ALLOWED, wait, undone=True)
    if status == HTTPStatus.REQUEST_TIMEOUT:
        # The source waited for us: what was asked of it was not too much.
        return Failure(NetworkError(message), AS_OFTEN_AS_ALLOWED, wait)
    if status == HTTPStatus.GATEWAY_TIMEOUT:
        return Failure(SourceTimeout(message), AS_OFTEN_AS_ALLOWED, wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Failure(ServerError(message, status=status), _TRIES_OF_5XX.get(status, 1), wait)
    family, remedy = _REFUSALS.get(status, (SourceError, "check the source's base URL"))
    return Failure(family(message, remedy=remedy))


def transport_failure(error: requests.RequestException | HTTPError, url: str) -> Failure:
    """Return the failure of a call that got no whole answer.

    The messages of requests and urllib3 hold the URL with its query, so they are not repeated.
    """
    root = root_cause(error)
    shown = safe_url(url)
    if isinstance(root, ssl.SSLCertVerificationError):
        return Failure(
            NetworkError(
                f"{shown} shows a certificate that cannot be trusted: {root.verify_message}",
                remedy="check the clock, the host name and REQUESTS_CA_BUNDLE",
            )
        )
    undone = never_connected(error)
    if isinstance(error, requests.Timeout) and not undone:
        timeout = SourceTimeout(f"{shown} did not answer in time")
        return Failure(timeout, AS_OFTEN_AS_ALLOWED, undone=undone)
    if isinstance(error, requests.Timeout | requests.ConnectionError | HTTPError):
        unreachable = NetworkError(f"{shown} cannot be reached: {_named(root)}")
        return Failure(unreachable, AS_OFTEN_AS_ALLOWED, undone=undone)
    return Failure(SourceError(f"{shown} cannot be asked: {_named(root)}"))


def out_of_time(url: str, call: CallTime) -> SourceTimeout:
    """Return the error of a call that took all the time that it may take."""
    return SourceTimeout(f"{safe_url(url)} took more than {call.seconds:g} s for one answer, too slowly")


def root_cause(error: BaseException) -> BaseException:
    """Return the exception at the bottom of requests' and urllib3's wrapping."""
    seen = {id(error)}
    while True:
        wrapped = (getattr(error, "reason", None), *error.args)
        below = next((inner for inner in wrapped if isinstance(inner, BaseException)), error.__cause__)
        if below is None or id(below) in seen:
            return error
        seen.add(id(below))
        error = below


def _named(error: BaseException) -> str:
    text = getattr(error, "strerror", None)
    return text if isinstance(text, str) and text else type(error).__name__


def _described(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _reason(body: bytes) -> str:
    """Return what the source says is wrong, when it says so in JSON."""
    try:
        said: Any = parse_json(body)
    except InvalidInput:
        return ""
    if not isinstance(said, dict):
        return ""
    fields = cast("dict[str, Any]", said)
    texts = (fields.get(name) for name in ("message", "detail", "error_description", "error"))
    text = next((text for text in texts if isinstance(text, str) and text), "")
    return f": {redact(text)[:_SHOWN]}" if text else ""
