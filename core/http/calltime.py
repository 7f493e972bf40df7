"""The time that one call may take as a whole, however much keeps trickling in.

A socket's own timeout begins again with each byte, and neither http.client nor urllib3 knows another one. So
the connections of all our clients read their answers through `TimedResponse`, which gives each wait what is
left.
"""

from __future__ import annotations

import io
import time
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator

_current: ContextVar[CallTime | None] = ContextVar("time_of_the_call", default=None)


class OutOfTime(TimeoutError):  # noqa: N818 - a TimeoutError by another name
    """The time of a call as a whole is spent; trying again does not give it more."""


class CallTime:
    """The seconds that a call may take, all its attempts and its body included. Nothing resets it.

    It passes inside `running()` only: what the caller does with a piece of a stream is no time of the source.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._spent = 0.0
        self._since: float | None = None

    @property
    def left(self) -> float:
        """Return the seconds that are left; 0 or less when the time is spent."""
        running = 0.0 if self._since is None else time.monotonic() - self._since
        return self.seconds - self._spent - running

    @contextmanager
    def running(self) -> Generator[None]:
        """Let the time pass. Answers whose headers are read in here are held to it until their end."""
        token = _current.set(self)
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._spent += time.monotonic() - self._since
            self._since = None
            _current.reset(token)


class TimedResponse(HTTPResponse):
    """The `response_class` of our connections: no read outlasts the call that it belongs to."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        call = _current.get()
        timed: Any = sock if call is None else _TimedSocket(sock, call)
        super().__init__(timed, *args, **options)


class _TimedSocket:
    """Stands for a socket in an HTTPResponse, which asks it for a file, once."""

    def __init__(self, sock: socket.socket, call: CallTime) -> None:
        self._sock = sock
        self._call = call

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._call))


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, call: CallTime) -> None:
        super().__init__()
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._own = sock.gettimeout()
        self._call = call

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._call.left
        if left <= 0:
            raise OutOfTime
        # Set anew for each read: a timeout of the socket begins again with every byte that comes.
        self._sock.settimeout(left if self._own is None else min(self._own, left))
        try:
            return self._raw.readinto(buffer)
        except TimeoutError:
            # Which of the two ended it? Only a pause of the source is worth another attempt.
            if self._call.left <= 0:
                raise OutOfTime from None
            raise

    def close(self) -> None:
        self._raw.close()
        super().close()
