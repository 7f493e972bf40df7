"""A real HTTP server on loopback whose answers a test writes, and time that passes only by sleeping."""

import socket
import ssl
import struct
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from core.http import HttpClient
from core.metering import Meter


@dataclass
class Source:
    """A running server: where it is, and what it was asked so far."""

    url: str
    asked: list[tuple[str, Message]] = field(default_factory=list[tuple[str, Message]])
    connections: int = 0

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class Request(BaseHTTPRequestHandler):
    """One request; the test's function answers it through these methods."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes; else the second waits for an ACK
    number: int
    content: bytes

    def reply(
        self,
        status: int = 200,
        body: bytes = b"{}",
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send a whole answer."""
        self.head(status, kind, {"Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def head(self, status: int, kind: str, headers: Mapping[str, str]) -> None:
        """Send the status line and the headers only."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        """Send one chunk of a chunked body; an empty one ends it."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def hang_up(self) -> None:
        """Close the connection in the orderly way."""
        self.wfile.flush()
        self.close_connection = True

    def reset(self) -> None:
        """Tear the connection down with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Print nothing: pytest shows what matters."""


@contextmanager
def serving(answer: Callable[[Request], None], tls: ssl.SSLContext | None = None) -> Generator[Source]:
    """A server whose every request goes to `answer`; `number` counts the requests from 1."""

    class Handler(Request):
        def setup(self) -> None:
            source.connections += 1
            if tls:
                self.request = tls.wrap_socket(self.request, server_side=True)
            super().setup()

        def handle_any(self) -> None:
            source.asked.append((self.path, self.headers))
            self.number = len(source.asked)
            self.content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer(self)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - names that are looked up

        def finish(self) -> None:
            if self.connection.fileno() >= 0:
                super().finish()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Print nothing: clients that hang up are part of the tests."""

        def shutdown_request(self, request: Any) -> None:
            if request.fileno() >= 0:
                super().shutdown_request(request)

    server = Server(("127.0.0.1", 0), Handler)
    source = Source(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield source
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Time:
    """A clock that only sleeping moves."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now
        self.slept = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def client(
    base_url: str, *, meter: Meter | None = None, time: Time | None = None, **options: Any
) -> HttpClient:
    """A client whose waits take no real time and whose jitter is always the longest."""
    time = time or Time()
    options = {"clock": time.clock, "sleep": time.sleep, "random": lambda: 1.0, **options}
    return HttpClient(base_url, meter=meter or Meter(), **options)


def answering(status: int, body: bytes = b"{}") -> Callable[[Request], None]:
    """A source that always answers the same."""
    return lambda request: request.reply(status, body)
