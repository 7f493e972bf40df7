"""slack_sdk's client, which goes only where it was sent and reads only so much.

The SDK follows redirects to any host with the token in its headers, reads a body of any size and parses any
JSON. It takes bytes as they are, so it gets those, and `core.json_text` parses them.
"""

from __future__ import annotations

import io
import json
from http.client import HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING, Any, cast
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, build_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from core.errors import InvalidInput
from core.json_text import parse_json

if TYPE_CHECKING:
    from urllib.request import BaseHandler, Request

MOST_OF_AN_ANSWER = 64 * 1024 * 1024  # bytes


class AnswerTooLongError(SlackClientError):
    """An answer of more bytes than any page has."""


class SlackSdk(WebClient):
    """The SDK's client. The method that it replaces is the one that makes a request."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        del url  # `req` has it
        try:
            with self._opener().open(req, timeout=self.timeout) as answer:
                body = _whole(cast("HTTPResponse", answer))
                return {"status": answer.status, "headers": answer.headers, "body": body}
        except HTTPError as error:
            with error:
                body = _whole(cast("HTTPResponse", error.fp)) if error.fp else b""
            # Of a refusal the SDK wants text, in the charset that the headers name, and parses it.
            error.hdrs.set_param("charset", "utf-8")
            raise HTTPError(error.url, error.code, error.msg, error.hdrs, io.BytesIO(_plain(body))) from None

    def _opener(self) -> Any:
        handlers: list[BaseHandler] = [_Staying(), HTTPSHandler(context=self.ssl)]
        if self.proxy:
            handlers.append(ProxyHandler({"http": self.proxy, "https": self.proxy}))
        return build_opener(*handlers)


class _Staying(HTTPRedirectHandler):
    """A redirect is an answer like another, and an error: Slack sends none."""

    def redirect_request(self, *_: Any, **_named: Any) -> None:
        """None: it is not followed."""


def _plain(body: bytes) -> bytes:
    """What a refusal says, in JSON that any parser can read; nothing where it says nothing in JSON."""
    try:
        return json.dumps(parse_json(body), default=str).encode()
    except InvalidInput:
        return b""


def _whole(answer: HTTPResponse) -> bytes:
    """The body. Raises AnswerTooLongError for too long a one, IncompleteRead when it was cut short."""
    body = answer.read(MOST_OF_AN_ANSWER + 1)
    if len(body) > MOST_OF_AN_ANSWER:
        raise AnswerTooLongError(f"more than {MOST_OF_AN_ANSWER} bytes")
    if answer.length:
        raise IncompleteRead(body, answer.length)
    return body
