"""Slack's rate limits: so many calls a minute of each method, app and workspace.

https://docs.slack.dev/apis/web-api/rate-limits: a tier is what is allowed at least; the twin allows no more.
"""

import math
from collections import deque
from dataclasses import dataclass, field

from core.twins import TwinClock

MINUTE = 60.0
TIER_2, TIER_3, TIER_4, SPECIAL = 20, 50, 100, 600
RESTRICTED = 1
"""Calls of history and replies that new apps get which are sold outside Slack's marketplace."""
RESTRICTED_PAGE = 15


@dataclass(slots=True)
class Limits:
    """A sliding minute of the twin's time."""

    clock: TwinClock
    refused: int = 0
    allowed: dict[tuple[str, str], list[float]] = field(default_factory=dict[tuple[str, str], list[float]])
    """Team and method -> the twin's times, in seconds, of the calls that were answered."""
    _calls: dict[tuple[str, str], deque[float]] = field(default_factory=dict[tuple[str, str], "deque[float]"])

    def spend(self, team: str, method: str, allowed: int) -> int | None:
        """Real seconds to wait, at least 1, when the minute's calls are used up; else None."""
        now = self.clock.now().timestamp()
        calls = self._calls.setdefault((team, method), deque())
        while calls and calls[0] <= now - MINUTE:
            calls.popleft()
        if len(calls) < allowed:
            calls.append(now)
            self.allowed.setdefault((team, method), []).append(now)
            return None
        self.refused += 1
        return max(1, math.ceil(self.clock.real_seconds(calls[0] + MINUTE - now)))
