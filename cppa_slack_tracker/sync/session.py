"""Shared by the steps of a run: a workspace as the run uses it, and one channel in it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from core.collectors import AbstractCollector, Scope
from core.operations.slack_ops import SlackClient, SlackContents
from cppa_slack_tracker.conf import SlackTrackerSettings
from cppa_slack_tracker.models import Channel, Workspace
from cppa_slack_tracker.sync.options import SlackOptions
from cppa_slack_tracker.sync.scopes import kind_of, scope_of_kind

MICROS = 1_000_000
NEVER = 9_999_999_999 * MICROS  # no ts is so late


@dataclass(slots=True)
class TeamSession:
    """One workspace in one run. `clock` is Unix time."""

    collector: AbstractCollector
    options: SlackOptions
    settings: SlackTrackerSettings
    client: SlackClient
    team_id: str
    contents: SlackContents | None = None
    clock: Callable[[], float] = time.time
    scope: Scope = field(init=False)
    # Known once the token has been asked for.
    row: Workspace = field(init=False)
    lacks: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.scope = Scope(self.collector, self.team_id)

    @property
    def today(self) -> int:
        """Give the day, counted from 1970 in UTC."""
        return int(self.clock() // 86400)

    @property
    def types(self) -> list[str]:
        """Give the types of conversations that the settings want and the token may list."""
        wanted = self.settings.channel_types
        return [each for each in wanted if scope_of_kind(kind_of(each), "read") not in self.lacks]


@dataclass(slots=True)
class ChannelSession:
    """One channel in one run."""

    team: TeamSession
    row: Channel
    scope: Scope = field(init=False)
    # Whether Slack said, now or before, that its plan hides older messages.
    is_limited: bool = False
    # The oldest, in microseconds, that history showed in this run: what is newer, the plan does not hide.
    shown_from: int = NEVER
    # Threads that were read in this run.
    read: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.scope = scope_of(self.team.collector, self.row)


def scope_of(collector: AbstractCollector, channel: Channel) -> Scope:
    label = f"#{channel.name}" if channel.name else channel.channel_id
    return Scope(collector, f"{channel.workspace.team_id}/{channel.channel_id}", label)


def micros_of(ts: str) -> int:
    """Give a ts as a number of microseconds."""
    seconds, _, micros = ts.partition(".")
    return int(seconds) * MICROS + int(micros)


def ts_of(micros: int) -> str:
    return f"{micros // MICROS:010d}.{micros % MICROS:06d}"
