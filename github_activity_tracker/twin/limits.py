"""GitHub's limits: so many calls an hour, so many points a minute, so many at a time.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.twins import TwinClock

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


@dataclass(slots=True)
class Bucket:
    limit: int
    ends: float
    used: int = 0

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)


@dataclass(slots=True)
class Limits:
    """Keeps the books. sizes: other limits than GitHub's, by resource, or by "rest"/"graphql points"."""

    clock: TwinClock
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    _buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict[tuple[str, str], Bucket])
    _points: dict[tuple[str, str], deque[tuple[float, int]]] = field(
        default_factory=dict[tuple[str, str], "deque[tuple[float, int]]"]
    )

    def bucket(self, budget: str, resource: str) -> Bucket:
        """The one that is running; a new one begins with the first call after the last one's end."""
        now = self._now()
        found = self._buckets.get((budget, resource))
        if found is None or found.ends <= now:
            size, length = LIMITS[resource]
            size = ANONYMOUS if budget == "nobody" else self.sizes.get(resource, size)
            found = self._buckets[budget, resource] = Bucket(size, now + length)
        return found

    def spend(self, budget: str, resource: str, cost: int = 1) -> bool:
        """Whether the call is within the hour's limit; the last one may cost more than there is."""
        bucket = self.bucket(budget, resource)
        if not bucket.remaining:
            return False
        bucket.used += cost
        return True

    def give_back(self, budget: str, resource: str) -> None:
        """A call that turned out to be free: 304."""
        self.bucket(budget, resource).used -= 1

    def pace(self, budget: str, kind: str, points: int) -> float | None:
        """Real seconds to wait when a minute's points are used up, else None. kind: "rest" or "graphql"."""
        now = self._now()
        recent = self._points.setdefault((budget, kind), deque())
        while recent and recent[0][0] <= now - MINUTE:
            recent.popleft()
        limit = self.sizes.get(f"{kind} points", SECONDARY[kind])
        if sum(each for _, each in recent) + points > limit:
            oldest = recent[0][0] if recent else now
            return self.clock.real_seconds(oldest + MINUTE - now)
        recent.append((now, points))
        return None

    def headers(self, budget: str, resource: str) -> dict[str, str]:
        """What every answer tells."""
        bucket = self.bucket(budget, resource)
        return {
            "X-RateLimit-Limit": str(bucket.limit),
            "X-RateLimit-Remaining": str(bucket.remaining),
            "X-RateLimit-Used": str(bucket.used),
            "X-RateLimit-Reset": str(self.reset(bucket)),
            "X-RateLimit-Resource": resource,
        }

    def reset(self, bucket: Bucket) -> int:
        """When a bucket ends, in seconds since 1970 by the client's clock."""
        return int(time.time() + self.clock.real_seconds(bucket.ends - self._now())) + 1

    def _now(self) -> float:
        return self.clock.now().timestamp()
