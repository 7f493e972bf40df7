"""What a run over repositories answers, and how far a repository's stream has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.protocols import Result


@dataclass(frozen=True, slots=True)
class GithubResult(Result):
    """What a run did; `repositories` are the names of those that it looked at."""

    repositories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GithubState:
    """An IncrementalState: the time of the last update that was read, and in a backfill GitHub's cursor."""

    checkpoint_token: str | None = None
    human_readable_marker: str | None = None
    extras: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def up_to(cls, updated_at: datetime, what: str, **extras: str | None) -> "GithubState":
        """All of `what` that was updated until then is read; extras that are None are left out."""
        marker = f"{what} updated until {updated_at:%Y-%m-%d %H:%M}"
        given = {name: value for name, value in extras.items() if value is not None}
        return cls(updated_at.isoformat(), marker, given)
