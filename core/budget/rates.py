"""Published limits, and what an answer announced last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.http.limits import Announcement

# How long a window is taken to last, in seconds, until the source has said when it ends.
UNKNOWN_RESET = 60.0

# Leases in hand may be used in a window that they were not paid for in, so they are a small part of it.
_LEASED_PART = 25


@dataclass(frozen=True, slots=True)
class Rate:
    """A published limit: so many calls in any window of so many seconds.

    `burst` of them may come at once, by default a tenth; the fewer they are, the nearer the steady pace
    comes to the limit.
    """

    calls: int
    seconds: float
    burst: int | None = None

    def pace(self) -> tuple[float, float]:
        """Return seconds between calls, and how many seconds' worth of calls may be made at once.

        What does not come in a burst is spread so that no window holds more than `calls`, with a twentieth
        to spare for calls that travel longer than others, and for leases.
        """
        burst = max(1, self.calls // 10) if self.burst is None else self.burst
        interval = 1.05 * self.seconds / (self.calls - burst + 1)
        return interval, interval * (burst - 1)

    @property
    def leased(self) -> int:
        """Return how many calls all leases together may hold."""
        return self.calls // _LEASED_PART


@dataclass(frozen=True, slots=True)
class Seen:
    """A credential's window as answers described it; `reset_at` is Unix time."""

    remaining: int
    limit: int | None
    reset_at: float

    @classmethod
    def newest(cls, before: Seen | None, said: Announcement, now: float) -> Seen:
        """Return the newer one: within a window the smaller, since answers come in any order."""
        reset_at = now + (UNKNOWN_RESET if said.reset_after is None else said.reset_after)
        if before is not None and before.reset_at > now and before.remaining < said.remaining:
            return before
        return cls(said.remaining, said.limit, reset_at)
