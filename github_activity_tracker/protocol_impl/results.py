"""The result of a run over repositories, and how far a stream of one has been read."""

from dataclasses import dataclass
from datetime import datetime

from core.protocols import Result, State


@dataclass(frozen=True, slots=True)
class GithubResult(Result):
    """A TrackerResult that names the repositories which the run went through."""

    repositories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GithubState(State):
    """An IncrementalState: the time of the last update that was read, and in a backfill GitHub's cursor."""

    @classmethod
    def up_to(cls, updated_at: datetime, what: str, **extras: str | None) -> "GithubState":
        """Return the state where all of `what` updated until then is read; without extras of None."""
        marker = f"{what} updated until {updated_at:%Y-%m-%d %H:%M}"
        given = {name: value for name, value in extras.items() if value is not None}
        return cls(updated_at.isoformat(), marker, given)
