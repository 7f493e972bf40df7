"""Discord's limits: so many calls of a route in a window, so many of all routes in a second.

https://docs.discord.com/developers/topics/rate-limits names the headers, the bodies and the 50 a second. What
a route allows it leaves to the headers; the sizes here are those that clients report: 5 in 5 seconds for one
channel's messages (purple-discord, pull request 378).
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import md5

from core.twins import TwinClock

GLOBAL = (50, 1.0)
ROUTES: Mapping[str, tuple[int, float]] = {
    "messages": (5, 5.0),
    "message": (5, 5.0),
    "pins": (5, 5.0),
    "reactions": (5, 5.0),
    "archived": (5, 5.0),
    "members": (10, 10.0),
}
"""Route -> calls, and the twin's seconds that they are for; the others have only the global limit."""


@dataclass(slots=True)
class Window:
    """Begins with the first call after the last one's end."""

    limit: int
    ends: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may go on. wait: real seconds to wait if not. headers: what the answer tells."""

    headers: dict[str, str]
    wait: float | None = None
    scope: str = "user"


@dataclass(slots=True)
class Limits:
    """Keeps the books of one bot. refused: calls that were too many, by scope."""

    clock: TwinClock
    everything: tuple[int, float] = GLOBAL
    routes: Mapping[str, tuple[int, float]] = field(default_factory=lambda: ROUTES)
    refused: dict[str, int] = field(default_factory=dict[str, int])
    _windows: dict[tuple[str, int], Window] = field(default_factory=dict[tuple[str, int], Window])

    def spend(self, route: str, major: int) -> Verdict:
        """One call of a route. major: the channel or server that it is about."""
        now = self.clock.now().timestamp()
        overall = self._window("", 0, self.everything, now)
        if overall.used >= overall.limit:
            return self._refusal("global", overall, now, {"X-RateLimit-Global": "true"})
        overall.used += 1
        if route not in self.routes:
            return Verdict({})
        window = self._window(route, major, self.routes[route], now)
        if window.used >= window.limit:
            return self._refusal("user", window, now, self._headers(route, window, now))
        window.used += 1
        return Verdict(self._headers(route, window, now))

    def _window(self, route: str, major: int, size: tuple[int, float], now: float) -> Window:
        found = self._windows.get((route, major))
        if found is None or found.ends <= now:
            limit, seconds = size
            found = self._windows[route, major] = Window(limit, now + seconds)
        return found

    def _refusal(self, scope: str, window: Window, now: float, headers: dict[str, str]) -> Verdict:
        self.refused[scope] = self.refused.get(scope, 0) + 1
        wait = self.clock.real_seconds(window.ends - now)
        told = {"Retry-After": str(math.ceil(wait)), "X-RateLimit-Scope": scope}
        return Verdict(headers | told, wait, scope)

    def _headers(self, route: str, window: Window, now: float) -> dict[str, str]:
        left = self.clock.real_seconds(window.ends - now)
        return {
            "X-RateLimit-Limit": str(window.limit),
            "X-RateLimit-Remaining": str(window.limit - window.used),
            "X-RateLimit-Reset": f"{time.time() + left:.6f}",
            "X-RateLimit-Reset-After": f"{left:.6f}",
            "X-RateLimit-Bucket": md5(route.encode(), usedforsecurity=False).hexdigest(),
        }
