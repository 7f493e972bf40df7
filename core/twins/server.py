"""Twins served over real HTTP/1.1 on loopback: keep-alive, exact request counts, faults, clean stop."""

import contextlib
import socket
import struct
import sys
import threading
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

from core.twins.faults import Fault
from core.twins.twin import Twin, TwinRequest, TwinResponse, half

RETRY_AFTER = 30.0  # twin seconds; the header says what that is in real ones
SLOWNESS = 5.0  # twin seconds


class Served(Mapping[str, str]):
    """Base URL by twin name, and how many requests each twin got."""

    def __init__(self, servers: Mapping[str, "_TwinServer"]) -> None:
        self._servers = servers

    def __getitem__(self, name: str) -> str:
        return self._servers[name].url

    def __iter__(self) -> Iterator[str]:
        return iter(self._servers)

    def __len__(self) -> int:
        return len(self._servers)

    @property
    def requests(self) -> dict[str, int]:
        """Requests received so far, by twin; those that met a fault count too."""
        return {name: server.requests for name, server in self._servers.items()}

    @property
    def faults(self) -> dict[Fault, int]:
        """Faults that happened so far, by kind."""
        return dict(sum((server.happened for server in self._servers.values()), Counter[Fault]()))

    def environment(self, name: str | None = None) -> dict[str, str]:
        """The settings that point the trackers at these twins, or at one of them."""
        merged: dict[str, str] = {}
        for server in self._servers.values():
            if name in {None, server.twin.name}:
                merged |= server.twin.environment(server.url)
        return merged


@contextlib.contextmanager
def serve(twins: Sequence[Twin], *, ports: Mapping[str, int] | None = None) -> Generator[Served]:
    """Serve each twin on a loopback port of its own until the block ends.

    ports: a fixed port by twin name; the others get a free one. Raises OSError when a port is taken.
    """
    with contextlib.ExitStack() as stack:
        servers = {
            twin.name: stack.enter_context(_TwinServer(twin, (ports or {}).get(twin.name, 0)))
            for twin in twins
        }
        yield Served(servers)


class _TwinServer(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, twin: Twin, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.twin = twin
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.requests = 0
        self.happened: Counter[Fault] = Counter()
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._count_lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name=f"twin {twin.name}")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        with self._count_lock:
            for connection in self._connections:  # a kept-alive one would wait for its client for ever
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._count_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._count_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is its own business; anything else is the twin's fault and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def count(self, fault: Fault | None) -> None:
        with self._count_lock:
            self.requests += 1
            if fault:
                self.happened[fault] += 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Twin"
    disable_nagle_algorithm = True
    wbufsize = -1

    @property
    def _served(self) -> _TwinServer:
        return cast("_TwinServer", self.server)

    def _serve(self) -> None:
        try:
            request = self._request()
        except ValueError as error:
            self.send_error(HTTPStatus.BAD_REQUEST, str(error))
            self.close_connection = True
            return
        twin = self._served.twin
        address, takes = twin.operation(request)
        fault, rng = twin.faults.next(address, twin.fault_kinds, takes=takes)
        self._served.count(fault)
        if fault is Fault.RESET:
            self._reset()
            return
        if fault is Fault.SLOW:
            self._served.stopping.wait(twin.clock.real_seconds(SLOWNESS))
        response = self._respond(request, fault, rng)
        self._send(response, cut=fault is Fault.TRUNCATED)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names that http.server looks up

    def _request(self) -> TwinRequest:
        url = urlsplit(self.path)
        return TwinRequest(
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
            target=self.path,
        )

    def _body(self) -> bytes:
        """The request's body. Raises ValueError when its framing makes no sense."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length else b""

    def _chunks(self) -> Iterator[bytes]:
        """RFC 9112, 7.1; extensions and trailers are read over."""
        while size := self._chunk_size(self.rfile.readline()):
            chunk = self.rfile.read(size)
            if len(chunk) < size or self.rfile.readline().strip():
                raise ValueError("a chunk is not as long as it says")
            yield chunk
        while self.rfile.readline().strip():
            pass

    def _chunk_size(self, line: bytes) -> int:
        size = line.split(b";")[0].strip()
        if not size or size.strip(b"0123456789abcdefABCDEF"):
            raise ValueError(f"{size!r} is not the size of a chunk")
        return int(size, 16)

    def _respond(self, request: TwinRequest, fault: Fault | None, rng: Random) -> TwinResponse:
        twin = self._served.twin
        if fault is Fault.TOO_MANY or fault is Fault.TOO_MANY_BARE or fault is Fault.SECONDARY_LIMIT:
            wait = int(twin.clock.real_seconds(RETRY_AFTER))
            return twin.limited(fault, None if fault is Fault.TOO_MANY_BARE else wait)
        if fault is Fault.SERVER_ERROR:
            body = b"<html><body><h1>The server could not answer</h1></body></html>\n"
            return TwinResponse(rng.choice([500, 502, 503]), body, {"Content-Type": "text/html"})
        with twin.lock:
            if fault is Fault.DRIFT:
                twin.drift(rng)
            response = twin.answer(request)
            return twin.spoil(request, response, rng) if fault is Fault.MALFORMED else response

    def _send(self, response: TwinResponse, *, cut: bool) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if isinstance(response.body, bytes):
            self.send_header("Content-Length", str(len(response.body)))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.command == "HEAD":
            return
        if cut:
            self.close_connection = True
            self._write(half(response.body), chunked=not isinstance(response.body, bytes))
        elif isinstance(response.body, bytes):
            self._write(response.body, chunked=False)
        else:
            for chunk in filter(None, response.body):
                self._write(chunk, chunked=True)
            self.wfile.write(b"0\r\n\r\n")

    def _write(self, body: bytes, *, chunked: bool) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(body), body) if chunked else body)

    def _reset(self) -> None:
        """Close with RST instead of FIN, as a crashed server or an impatient firewall does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: a test's output is the test's."""
