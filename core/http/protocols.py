"""Protocols of the parts that a client may be given: a limiter and a store of validators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.errors import CollectorError
    from core.http.credentials import Credential


@dataclass(frozen=True, slots=True)
class Cost:
    """The calls that one request takes from a limit.

    `points` are of the budget that the source announces, `weight` of the rate that it only publishes.
    """

    points: int = 1
    weight: int = 1


ONE_CALL = Cost()


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to make one call with a credential, or the seconds to wait before asking again."""

    credential: Credential | None = None
    wait: float = 0.0


class Limiter(Protocol):
    """Keeps calls within a source's limits. Never waits itself."""

    def acquire(self, cost: Cost = ONE_CALL) -> Grant:
        """Leave for one call, or how long there is none."""
        ...

    def observe(self, credential_id: str, headers: Mapping[str, str], cost: Cost = ONE_CALL) -> None:
        """Learn what an answer announces."""
        ...

    def refused(self, credential_id: str, error: CollectorError, wait: float | None) -> bool:
        """Learn that a call was refused; `wait` are the seconds that the source asks for, if it does.

        Whether the call may be made again at once, because `acquire` knows how long to wait, or has
        another credential.
        """
        ...


class ConditionalHeaders(Protocol):
    """Knows the validators of answers that are stored."""

    def headers_for(self, url: str, credential_id: str) -> Mapping[str, str]:
        """`If-None-Match` and `If-Modified-Since` for a URL; empty when nothing is stored."""
        ...
