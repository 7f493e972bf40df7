"""Discord's limits: so many calls of a route in a window, so many of all routes in a second.

https://docs.discord.com/developers/topics/rate-limits names the headers, the bodies and the 50 a second. What
a route allows it leaves to the headers; the sizes here are those that clients report: 5 in 5 seconds for one
channel's messages (purple-discord, pull request 378).
"""

import math
import time
from collections.abc import Mapping
from hashlib import md5

from core.twins import Refusal, TwinClock, Window, Windows
from discord_activity_tracker.twin.refusals import too_many

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


class Limits(Windows):
    """Limits of one bot. everything, routes: other sizes may be set. refused: calls too many, by scope."""

    def __init__(self, clock: TwinClock) -> None:
        super().__init__(clock)
        self.everything: tuple[int, float] = GLOBAL
        self.routes = ROUTES
        self.refused: dict[str, int] = {}

    def spend(self, route: str, major: int) -> dict[str, str]:
        """Spend a call of a route, and tell the headers of its answer. Raises Refusal for one too many.

        major: the channel or server that it is about.
        """
        overall = self.window("", *self.everything)
        if not overall.spend():
            raise self._refusal("global", self.wait(overall), {"X-RateLimit-Global": "true"})
        if route not in self.routes:
            return {}
        window = self.window((route, major), *self.routes[route])
        is_spent, wait = not window.spend(), self.wait(window)
        headers = self._headers(route, window, wait)
        if is_spent:
            raise self._refusal("user", wait, headers)
        return headers

    def _refusal(self, scope: str, wait: float, headers: dict[str, str]) -> Refusal:
        self.refused[scope] = self.refused.get(scope, 0) + 1
        told = {"Retry-After": str(math.ceil(wait)), "X-RateLimit-Scope": scope}
        return Refusal(too_many(wait, everywhere=scope == "global", headers=headers | told))

    def _headers(self, route: str, window: Window, left: float) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(window.limit),
            "X-RateLimit-Remaining": str(window.remaining),
            "X-RateLimit-Reset": f"{time.time() + left:.6f}",
            "X-RateLimit-Reset-After": f"{left:.6f}",
            "X-RateLimit-Bucket": md5(route.encode(), usedforsecurity=False).hexdigest(),
        }
