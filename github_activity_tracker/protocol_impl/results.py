"""What a run over repositories answers, and how far a repository's stream has come."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class GithubResult:
    """A TrackerResult over one repository or several: those that succeeded and those that did not.

    `a + b` is the result of both. `duration_seconds` is wall time, added up.
    """

    success: bool = True
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    errors: tuple[str, ...] = ()
    duration_seconds: float = 0.0
    repositories: tuple[str, ...] = ()

    def __add__(self, other: "GithubResult") -> "GithubResult":
        return GithubResult(
            success=self.success and other.success,
            counts=dict(Counter(self.counts) + Counter(other.counts)),
            errors=self.errors + other.errors,
            duration_seconds=self.duration_seconds + other.duration_seconds,
            repositories=tuple(dict.fromkeys(self.repositories + other.repositories)),
        )

    @classmethod
    def merged(cls, results: Iterable["GithubResult"]) -> "GithubResult":
        """The result of all of them; of none, a success that did nothing."""
        return sum(results, start=cls())


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
