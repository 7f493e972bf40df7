"""Servers on loopback that fail as the real sources do, so that the real libraries raise as they do."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest


class Answer(NamedTuple):
    status: int
    body: str | dict[str, Any] = ""
    headers: dict[str, str] = {}


def google_answer(status: int, reason: str, message: str = "no") -> Answer:
    """The error envelope of Google's JSON APIs (https://developers.google.com/youtube/v3/docs/errors)."""
    details = [{"message": message, "domain": "youtube.quota", "reason": reason}]
    return Answer(status, {"error": {"code": status, "message": message, "errors": details}})


GITHUB_DOCS = "https://docs.github.com/rest"
# Bodies as the sources document and send them.
ANSWERS = {
    "ok-html": Answer(200, "<html>Welcome</html>"),
    "bad-gateway": Answer(502, "<html><h1>502 Bad Gateway</h1></html>"),
    "unavailable": Answer(503, "busy", {"Retry-After": "30"}),
    "gone": Answer(410),
    "too-many": Answer(429, "slow down", {"Retry-After": "7"}),
    "unauthorized": Answer(401, {"message": "Unauthorized"}),
    "forbidden": Answer(403, {"message": "Forbidden"}),
    "not-found": Answer(404, {"message": "Not Found"}),
    "unprocessable": Answer(422, {"message": "Validation Failed"}),
    "loop": Answer(302, "", {"Location": "/loop/again"}),
    "bad-gzip": Answer(200, "this is not gzip", {"Content-Encoding": "gzip"}),
    "github-bad-credentials": Answer(401, {"message": "Bad credentials", "documentation_url": GITHUB_DOCS}),
    "github-no-scope": Answer(403, {"message": "Resource not accessible by personal access token"}),
    "github-secondary": Answer(
        403,
        {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."},
        {"Retry-After": "60"},
    ),
    "github-secondary-without-header": Answer(403, {"message": "You have exceeded a secondary rate limit."}),
    "github-primary": Answer(
        403,
        {"message": "API rate limit exceeded for user ID 1."},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444800"},
    ),
    "github-blocked": Answer(403, {"message": "Forbidden"}, {"X-RateLimit-Remaining": "0"}),
    "github-graphql-limit": Answer(
        200, {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    ),
    "github-graphql-unknown": Answer(
        200, {"data": None, "errors": [{"type": "NOT_FOUND", "message": "Could not resolve to a Repository"}]}
    ),
    "slack-ratelimited": Answer(200, {"ok": False, "error": "ratelimited"}),
    "slack-429": Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"}),
    "slack-invalid-auth": Answer(200, {"ok": False, "error": "invalid_auth"}),
    "slack-missing-scope": Answer(
        200, {"ok": False, "error": "missing_scope", "needed": "channels:history", "provided": "chat:write"}
    ),
    "slack-channel-not-found": Answer(200, {"ok": False, "error": "channel_not_found"}),
    "slack-invalid-cursor": Answer(200, {"ok": False, "error": "invalid_cursor"}),
    "slack-internal-error": Answer(200, {"ok": False, "error": "internal_error"}),
    "discord-unauthorized": Answer(401, {"message": "401: Unauthorized", "code": 0}),
    "discord-missing-access": Answer(403, {"message": "Missing Access", "code": 50001}),
    "discord-unknown-channel": Answer(404, {"message": "Unknown Channel", "code": 10003}),
    "discord-invalid-form": Answer(400, {"message": "Invalid Form Body", "code": 50035}),
    "discord-429": Answer(
        429,
        {"message": "You are being rate limited.", "retry_after": 900.0, "global": False},
        {"Retry-After": "900", "Via": "1.1 google"},
    ),
    "pinecone-500": Answer(500, {"error": {"code": "INTERNAL", "message": "internal"}, "status": 500}),
    "google-quota": google_answer(403, "quotaExceeded"),
    "google-rate": google_answer(403, "rateLimitExceeded"),
    "google-user-rate": google_answer(403, "userRateLimitExceeded"),
    "google-key": google_answer(400, "API_KEY_INVALID", "API key not valid. Please pass a valid API key."),
    "google-forbidden": google_answer(403, "commentsDisabled"),
    "google-not-found": google_answer(404, "videoNotFound"),
    "google-bad": google_answer(400, "invalidPageToken"),
    "google-backend": google_answer(500, "backendError"),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    released: threading.Event

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        self.close_connection = True
        match name := self.path.split("/")[1].partition("?")[0]:
            case "slow":
                self.released.wait()
            case "reset":
                # A linger of zero makes close() send RST in place of FIN.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case "hang-up":
                pass
            case "garbage":
                self.wfile.write(b"220 this is a mail server\r\n")
            case "cut":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
            case _:
                self._send(ANSWERS[name])

    do_POST = do_GET  # noqa: N815 - the base class's name

    def _send(self, answer: Answer) -> None:
        content_type, text = "text/html", answer.body
        if not isinstance(text, str):
            content_type, text = "application/json", json.dumps(text)
        body = text.encode()
        self.send_response(answer.status)
        for header, value in ({"Content-Type": content_type} | answer.headers).items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: a failing server is what the tests want."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client goes away or its connection was reset on purpose."""


@contextmanager
def failing_server() -> Generator[str]:
    """The base URL of a server; its first path segment names how it fails."""
    handler = type("Handler", (_Handler,), {"released": threading.Event()})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            handler.released.set()
            server.shutdown()
            thread.join()


@contextmanager
def refusing_postgres(sqlstate: str, message: str) -> Generator[int]:
    """The port of a server that speaks enough of PostgreSQL's protocol to refuse a connection.

    https://www.postgresql.org/docs/current/protocol-message-formats.html: ErrorResponse.
    """
    fields = f"SFATAL\0VFATAL\0C{sqlstate}\0M{message}\0\0".encode()

    def refuse() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(4096)
            client.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=refuse)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def closed_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def failure_of(provoke: Callable[[], object]) -> BaseException:
    """Return what `provoke` raises."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - which exception it is, is the library's affair
        provoke()
    return caught.value


def raise_from(exc: BaseException, cause: BaseException) -> None:
    """`raise ... from ...`, as an expression."""
    raise exc from cause
