"""Slack's published rates: calls a minute of each method, per workspace and app.

https://docs.slack.dev/apis/web-api/rate-limits: tier 2 is 20 a minute, tier 3 50, tier 4 100. Nothing tells
how many are left, so the calls are paced, by one budget for all processes that use the token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.budget import Budget, Rate
from core.http import Credential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.errors import RateLimited
    from core.http import Waits

MINUTE = 60.0
TIER_2, TIER_3, TIER_4 = 20, 50, 100
CALLS_PER_MINUTE: Mapping[str, int] = {
    "auth.test": 600,
    "bookmarks.list": TIER_3,
    "conversations.history": TIER_3,
    "conversations.info": TIER_3,
    "conversations.join": TIER_3,
    "conversations.list": TIER_2,
    "conversations.members": TIER_4,
    "conversations.replies": TIER_3,
    "files.info": TIER_4,
    "pins.list": TIER_2,
    "team.info": TIER_3,
    "users.info": TIER_4,
    "users.list": TIER_2,
}
# Once a run, and far from any limit.
_UNPACED = frozenset({"auth.test", "team.info"})
# Those that Slack gives some apps less of.
HISTORY = frozenset({"conversations.history", "conversations.replies"})


class Pacing:
    """Leave for one call after another of each method."""

    def __init__(
        self,
        team_id: str,
        credential: Credential,
        waits: Waits,
        *,
        pace: float = 1.0,
        history_calls_per_minute: int = TIER_3,
    ) -> None:
        self._team_id = team_id
        self._credential = credential
        self._waits = waits
        self._pace = pace
        self._calls = {**CALLS_PER_MINUTE, **dict.fromkeys(HISTORY, history_calls_per_minute)}
        self._budgets: dict[str, Budget] = {}

    def wait_for(self, method: str) -> None:
        """Return when a call may be made. Raises RateLimited when the run cannot wait so long."""
        if method in _UNPACED:
            return
        budget, waited = self._budget(method), 0.0
        while (grant := budget.acquire()).wait > 0:
            self._waits.for_limit(grant.wait, f"Slack's {method}", before=waited)
            waited += grant.wait

    def refused(self, method: str, error: RateLimited) -> bool:
        """Tell whether `wait_for` knows now how long to wait."""
        if method in _UNPACED:
            return False
        return self._budget(method).refused(self._credential.id, error, error.retry_after)

    def close(self) -> None:
        for budget in self._budgets.values():
            budget.close()
        self._budgets.clear()

    def _budget(self, method: str) -> Budget:
        if method not in self._budgets:
            rate = Rate(self._calls[method], MINUTE / self._pace, burst=1)
            self._budgets[method] = Budget(f"slack {self._team_id} {method}", [self._credential], rate=rate)
        return self._budgets[method]
