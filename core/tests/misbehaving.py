"""A source on loopback that writes what it likes to the socket, for as long as it is listened to."""

import socket
import ssl
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

# No test lasts as long as this many seconds: what still writes then ends by itself.
_LONGEST = 20.0
_PAUSE = 0.01


@dataclass
class Misbehaving:
    """A running source: where it is, how often it was asked, and how much it got rid of."""

    url: str
    asked: int = 0
    sent: int = 0
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def sending(
    parts: Callable[[], Iterable[bytes]], *, slowly: bool = False, tls: ssl.SSLContext | None = None
) -> Generator[Misbehaving]:
    """A source that answers each request with these parts, one after another, until the client has gone.

    `slowly`: with a pause before each, shorter than any timeout of a single read.
    """

    def answer(accepted: socket.socket) -> None:
        accepted.settimeout(_LONGEST)
        connection = tls.wrap_socket(accepted, server_side=True) if tls else accepted
        with connection, suppress(OSError):
            while _request(connection):
                source.asked += 1
                for part in parts():
                    if slowly and source.over.wait(_PAUSE):
                        return
                    connection.sendall(part)
                    source.sent += len(part)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    scheme = "https" if tls else "http"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        source = Misbehaving(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield source
        finally:
            source.over.set()
            listener.shutdown(socket.SHUT_RDWR)


def _request(connection: socket.socket) -> bool:
    """Reads one request; False when the client has gone."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return False
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    left = int(lengths[0]) - len(body) if lengths else 0
    while left > 0:
        left -= len(connection.recv(left))
    return True
