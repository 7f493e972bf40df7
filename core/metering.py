"""Meters a run: requests, bytes and seconds, counted by every thread of the run."""

from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class MeterReading:
    """The counters at one moment."""

    requests: int = 0
    bytes_received: int = 0
    seconds_waited: float = 0.0


class Meter:
    """Counters of one run; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests = 0
        self._bytes_received = 0
        self._seconds_waited = 0.0

    def add_request(self, received: int = 0) -> None:
        """Count one attempt on the wire and the body bytes it brought, when they are known already."""
        with self._lock:
            self._requests += 1
            self._bytes_received += received

    def add_bytes(self, received: int) -> None:
        """Count body bytes as they came over the wire, before any decompression."""
        with self._lock:
            self._bytes_received += received

    def add_wait(self, seconds: float) -> None:
        """Count seconds spent waiting for a limit or before a retry."""
        with self._lock:
            self._seconds_waited += seconds

    def snapshot(self) -> MeterReading:
        """Return the three counters, consistent with each other."""
        with self._lock:
            return MeterReading(self._requests, self._bytes_received, self._seconds_waited)
