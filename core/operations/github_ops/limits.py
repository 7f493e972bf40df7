"""GitHub's limits, kept for all processes.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api

The primary limits (calls or points an hour) are announced by each answer. The secondary ones are only
published: 900 points a minute for REST, 2,000 for GraphQL, 100 requests at a time over both.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from core.budget import Budget, Rate
from core.errors import AuthError, RateLimited
from core.http import ONE_CALL, Cost, Grant
from core.http.limits import SECONDARY_LIMIT_WAIT
from core.operations.github_ops.conf import GithubSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.errors import CollectorError
    from core.operations.github_ops.tokens import TokenPool


class Resource(StrEnum):
    """The limits that GitHub counts apart, as X-RateLimit-Resource names them."""

    CORE = "core"
    GRAPHQL = "graphql"
    SEARCH = "search"
    CODE_SEARCH = "code_search"

    @classmethod
    def of(cls, path: str) -> Resource:
        """Return the limit that a path of the REST API is counted by."""
        if path.lstrip("/").startswith("search/code"):
            return cls.CODE_SEARCH
        return cls.SEARCH if path.lstrip("/").startswith("search/") else cls.CORE


# REST may have 900, the GraphQL API its setting's; REST's are as many less as searches may take.
_REST_SHARE = 0.43


def _rate(resource: Resource) -> Rate | None:
    """Return the published rate of a resource; None for searches, whose limit is announced."""
    points = GithubSettings.current().github_points_per_minute
    if resource is Resource.GRAPHQL:
        return Rate(points, 60)
    return Rate(max(1, int(points * _REST_SHARE)), 60) if resource is Resource.CORE else None


# Of the 100 requests at a time. Each holder makes one after the other.
_HOLDERS = {Resource.CORE: 30, Resource.GRAPHQL: 60, Resource.SEARCH: 5, Resource.CODE_SEARCH: 5}

WRITE = Cost(weight=5)
"""Costs of calls that change something."""


class TokenLimiter:
    """Chooses the token of each call: of those with calls left, one of the account that has most."""

    def __init__(
        self,
        resource: Resource,
        pool: TokenPool,
        *,
        run: str,
        peers: Callable[[], Mapping[Resource, TokenLimiter]],
    ) -> None:
        """`peers` are the limiters of the same tokens: a secondary limit holds for all of them."""
        self._resource = resource
        self._pool = pool
        self._peers = peers
        self._budget = Budget(
            f"github {resource}",
            rate=_rate(resource),
            announces=True,
            holders=_HOLDERS[resource],
            run=run,
        )

    def acquire(self, cost: Cost = ONE_CALL) -> Grant:
        self._budget.use(self._pool.credentials())
        return self._budget.acquire(cost)

    def observe(self, credential_id: str, headers: Mapping[str, str], cost: Cost = ONE_CALL) -> None:
        # A few paths are counted by resources of their own, which say nothing about this one.
        if headers.get("X-RateLimit-Resource", self._resource) == self._resource:
            self._budget.observe(credential_id, headers, cost)

    def refused(self, credential_id: str, error: CollectorError, wait: float | None) -> bool:
        if isinstance(error, AuthError):
            self._pool.reject(credential_id)
            return True
        if isinstance(error, RateLimited) and wait is None and len(self._pool) > 1:
            # Others can go on meanwhile; with one token, the client finds out how long it takes.
            wait = SECONDARY_LIMIT_WAIT
        known = self._budget.refused(credential_id, error, wait)
        for peer in self._peers().values():
            peer.give_back()
        return known

    def give_back(self) -> None:
        """Choose anew with the next call."""
        self._budget.give_back()

    def close(self) -> None:
        """Give back what was lent."""
        self._budget.close()
