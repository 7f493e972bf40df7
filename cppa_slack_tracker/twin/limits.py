"""Slack's rate limits: so many calls a minute of each method, app and workspace.

https://docs.slack.dev/apis/web-api/rate-limits: a tier is what is allowed at least; the twin allows no more.
"""

import math

from core.twins import SlidingWindow, TwinClock

MINUTE = 60.0
TIER_2, TIER_3, TIER_4, SPECIAL = 20, 50, 100, 600
RESTRICTED = 1
"""Calls of history and replies that new apps get which are sold outside Slack's marketplace."""
RESTRICTED_PAGE = 15


class Limits:
    """A sliding minute of the twin's time for each team and method.

    refused: calls that were too many. allowed: team and method -> the times of the others, in the
    twin's seconds since 1970.
    """

    def __init__(self, clock: TwinClock) -> None:
        self.refused = 0
        self.allowed: dict[tuple[str, str], list[float]] = {}
        self._clock = clock
        self._minute = SlidingWindow(clock, MINUTE)

    def spend(self, team: str, method: str, allowed: int) -> int | None:
        """Real seconds to wait, at least 1, when the minute's calls are used up; else None."""
        wait = self._minute.wait((team, method), allowed)
        if wait is None:
            self.allowed.setdefault((team, method), []).append(self._clock.now().timestamp())
            return None
        self.refused += 1
        return max(1, math.ceil(wait))
