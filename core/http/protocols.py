"""What a client may be given: a limiter and a store of validators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.http.credentials import Credential


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to make one call with a credential, or the seconds to wait before asking again."""

    credential: Credential | None = None
    wait: float = 0.0


class Limiter(Protocol):
    """Keeps calls within a source's limits. Never waits itself."""

    def acquire(self) -> Grant:
        """Leave for one call, or how long there is none."""
        ...

    def observe(self, credential: Credential | None, headers: Mapping[str, str]) -> None:
        """Learn what an answer announces."""
        ...


class ConditionalHeaders(Protocol):
    """Knows the validators of answers that are stored."""

    def headers_for(self, url: str, credential_id: str) -> Mapping[str, str]:
        """`If-None-Match` and `If-Modified-Since` for a URL; empty when nothing is stored."""
        ...
