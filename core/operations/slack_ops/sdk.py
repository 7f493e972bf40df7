"""slack_sdk's client, which goes only where it was sent, and reads only so much for only so long.

The SDK follows redirects to any host with the token in its headers, reads a body of any size and parses any
JSON. It takes bytes as they are, so it gets those, and `core.json_text` parses them.
"""

from __future__ import annotations

import io
import json
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import TYPE_CHECKING, Any, cast
from urllib.error import HTTPError
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, ProxyHandler, build_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from core.errors import InvalidInput
from core.http.calltime import CallTime, TimedResponse
from core.json_text import parse_json

if TYPE_CHECKING:
    import ssl
    from urllib.request import BaseHandler, Request

MOST_OF_AN_ANSWER = 64 * 1024 * 1024  # bytes


class AnswerTooLongError(SlackClientError):
    """An answer of more bytes than any listing has."""


class SlackSdk(WebClient):
    """The SDK's client. The method that it replaces is the one that makes a request."""

    call_time = CallTime(0)
    """For the next call: all its attempts and their answers are within it."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        del url  # `req` has it
        with self.call_time.running():
            return self._performed(req)

    def _performed(self, req: Request) -> dict[str, Any]:
        try:
            with self._opener().open(req, timeout=self.timeout) as answer:
                body = _whole(cast("HTTPResponse", answer))
                return {"status": answer.status, "headers": answer.headers, "body": body}
        except HTTPError as error:
            with error:
                # The status of a limit and its headers say all; what else it says may be anything.
                is_limit = error.code == HTTPStatus.TOO_MANY_REQUESTS
                body = b"{}" if is_limit or not error.fp else _plain(_whole(cast("HTTPResponse", error.fp)))
            # Of a refusal the SDK wants text, in the charset that the headers name, and parses it.
            error.hdrs.set_param("charset", "utf-8")
            raise HTTPError(error.url, error.code, error.msg, error.hdrs, io.BytesIO(body)) from None

    def _opener(self) -> Any:
        handlers: list[BaseHandler] = [_Staying(), _Timed(), _TimedTls(self.ssl)]
        if self.proxy:
            handlers.append(ProxyHandler({"http": self.proxy, "https": self.proxy}))
        return build_opener(*handlers)


class _Staying(HTTPRedirectHandler):
    """A redirect is an answer like another, and an error: Slack sends none."""

    def http_error_302(self, *_: Any, **_named: Any) -> None:
        """Return None: a redirect is not followed, and nobody reads where it leads."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class _TimedConnection(HTTPConnection):
    response_class = TimedResponse


class _TimedTlsConnection(HTTPSConnection):
    response_class = TimedResponse


class _Timed(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_TimedConnection, req)


class _TimedTls(HTTPSHandler):
    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(context=context)
        self._chosen = context

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_TimedTlsConnection, req, context=self._chosen)


def _plain(body: bytes) -> bytes:
    """Return what a refusal says, in JSON that any parser can read; nothing where it says nothing in JSON."""
    try:
        return json.dumps(parse_json(body), default=str).encode()
    except InvalidInput:
        return b""


def _whole(answer: HTTPResponse) -> bytes:
    """Return the body. Raises AnswerTooLongError for too long a one, IncompleteRead when it was cut short."""
    body = answer.read(MOST_OF_AN_ANSWER + 1)
    if len(body) > MOST_OF_AN_ANSWER:
        raise AnswerTooLongError(f"more than {MOST_OF_AN_ANSWER} bytes")
    if answer.length:
        raise IncompleteRead(body, answer.length)
    return body
