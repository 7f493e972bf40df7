"""discord.py's limits of routes, told only what makes sense.

https://docs.discord.com/developers/topics/rate-limits#header-format. discord.py takes the headers as they
are: a limit of 0, or a wait that is no number, would hold a route for ever.
"""

import time
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
from discord.http import HTTPClient, Ratelimit

from core.http.limits import announced


class SaneLimit(Ratelimit):
    """The limit of a route, by headers that hold sane numbers; others say nothing."""

    def update(self, response: aiohttp.ClientResponse, *, use_clock: bool = False) -> None:
        del use_clock  # Discord tells the seconds as well
        said = announced(response.headers, time.time())
        if said is None or said.reset_after is None:
            return
        told = {
            "X-Ratelimit-Limit": str(said.limit or 1),
            "X-Ratelimit-Remaining": str(said.remaining),
            "X-Ratelimit-Reset-After": str(said.reset_after),
        }
        super().update(cast("Any", SimpleNamespace(headers=told)))


class SaneLimits(HTTPClient):
    """discord.py's client, whose routes have such limits."""

    def get_ratelimit(self, key: str) -> Ratelimit:
        if key not in self._buckets:
            self._buckets[key] = SaneLimit(self.max_ratelimit_timeout)
            self._try_clear_expired_ratelimits()
        return self._buckets[key]
