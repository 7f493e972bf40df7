"""GitHub's limits: so many calls an hour, so many points a minute, so many at a time.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import threading
import time
from collections.abc import Mapping

from core.twins import SlidingWindow, TwinClock, Window, Windows

HOUR, MINUTE = 3600.0, 60.0
LIMITS: dict[str, tuple[int, float]] = {
    "core": (5000, HOUR),
    "graphql": (5000, HOUR),
    "search": (30, MINUTE),
    "code_search": (10, MINUTE),
}
"""Resource -> calls (points for GraphQL), and how long they are for in the twin's seconds."""
ANONYMOUS = 60
SECONDARY = {"rest": 900, "graphql": 2000}
"""Points a minute: 1 for what reads, 5 for what writes."""
AT_A_TIME = 100


class Queue:
    """The twin's lock, which knows how many are being served or wait for it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._count = threading.Lock()
        self.waiting = 0

    def __enter__(self) -> None:
        with self._count:
            self.waiting += 1
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        with self._count:
            self.waiting -= 1


class Limits(Windows):
    """Limits of all budgets. sizes: other ones than GitHub's, by resource, or by "rest"/"graphql points"."""

    def __init__(self, clock: TwinClock, sizes: Mapping[str, int]) -> None:
        super().__init__(clock)
        self.sizes = sizes
        self._minute = SlidingWindow(clock, MINUTE)

    def bucket(self, budget: str, resource: str) -> Window:
        """The window of a resource that is running."""
        size, length = LIMITS[resource]
        size = ANONYMOUS if budget == "nobody" else self.sizes.get(resource, size)
        return self.window((budget, resource), size, length)

    def spend(self, budget: str, resource: str, cost: int = 1) -> bool:
        """Whether the call is within the hour's limit; the last one may cost more than there is."""
        return self.bucket(budget, resource).spend(cost)

    def give_back(self, budget: str, resource: str) -> None:
        """Take back the cost of a call that turned out to be free: 304."""
        self.bucket(budget, resource).used -= 1

    def pace(self, budget: str, kind: str, points: int) -> float | None:
        """Real seconds to wait when a minute's points are used up, else None. kind: "rest" or "graphql"."""
        limit = self.sizes.get(f"{kind} points", SECONDARY[kind])
        return self._minute.wait((budget, kind), limit, points)

    def headers(self, budget: str, resource: str) -> dict[str, str]:
        """Headers that every answer has."""
        bucket = self.bucket(budget, resource)
        return {
            "X-RateLimit-Limit": str(bucket.limit),
            "X-RateLimit-Remaining": str(bucket.remaining),
            "X-RateLimit-Used": str(bucket.used),
            "X-RateLimit-Reset": str(self.reset(bucket)),
            "X-RateLimit-Resource": resource,
        }

    def reset(self, bucket: Window) -> int:
        """When a bucket ends, in seconds since 1970 by the client's clock."""
        return int(time.time() + self.wait(bucket)) + 1
