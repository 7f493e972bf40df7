"""What a run answers, and how far a channel has been read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.intervals import Intervals
from core.protocols import Result


@dataclass(frozen=True, slots=True)
class DiscordResult(Result):
    """What a run did; `servers` are the ids of those that it looked at."""

    servers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelState:
    """An IncrementalState: the message ids that were read."""

    covered: Intervals = field(default_factory=Intervals)

    @property
    def checkpoint_token(self) -> str | None:
        """One more than the newest id that was read."""
        return str(self.covered.end) if self.covered else None

    @property
    def human_readable_marker(self) -> str | None:
        if not self.covered:
            return None
        gaps = sum(1 for _ in self.covered) - 1  # its length is how many ids there are
        return f"read to id {self.covered.end - 1}" + (f", {gaps} gaps" if gaps else "")

    @property
    def extras(self) -> Mapping[str, Any]:
        return self.covered.as_extras()
