"""A real git server on loopback: `git http-backend` behind a handler whose answers a test may replace."""

import os
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit


class GitRequest(BaseHTTPRequestHandler):
    """One request for a repository below the server's folder."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"  # pyright: ignore[reportIncompatibleVariableOverride] - it is ours

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send an answer that is not git's; underscores in the names of headers are dashes."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def forward(self, cut_after: int | None = None) -> None:
        """Send git's answer, or only its first bytes, and then hang up."""
        status, headers, body = self._backend()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut_after])
        if cut_after is not None:
            self.close_connection = True

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.body = self._read()
        self.server.source.asked.append((f"{self.command} {self.path}", self.headers["Authorization"]))
        self.server.answer(self)

    def _read(self) -> bytes:
        if self.headers["Transfer-Encoding"] != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _backend(self) -> tuple[int, list[tuple[str, str]], bytes]:
        url = urlsplit(self.path)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers["Git-Protocol"] or "",
            "HTTP_CONTENT_ENCODING": self.headers["Content-Encoding"] or "",
            "CONTENT_TYPE": self.headers["Content-Type"] or "",
            "CONTENT_LENGTH": str(len(self.body)),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "REMOTE_USER": "somebody",
            "REMOTE_ADDR": "127.0.0.1",
        }
        answer = subprocess.run(
            ["git", "http-backend"], env=environment, input=self.body, capture_output=True, check=False
        ).stdout
        head, _, body = answer.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
        status = next((int(value[:3]) for name, value in headers if name == "Status"), 200)
        return status, [(name, value) for name, value in headers if name != "Status"], body

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Print nothing: pytest shows what matters."""


Answer = Callable[[GitRequest], None]


@dataclass
class GitSource:
    """A running server: where it is, and what it was asked with which Authorization."""

    url: str
    asked: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    folder: Path
    answer: Answer
    source: GitSource

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: clients that hang up are part of the tests."""


@contextmanager
def serving_git(folder: Path, answer: Answer = GitRequest.forward) -> Generator[GitSource]:
    """Repositories below `folder` at their paths; `answer` may call `forward` or reply otherwise."""
    server = _Server(("127.0.0.1", 0), GitRequest)
    server.folder, server.answer = folder, answer
    server.source = GitSource(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.source
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
