"""What the steps of a run share: a workspace as the run uses it, and one channel in it."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.utils import timezone

from core import quarantine
from core.collectors import AbstractCollector
from core.models import QuarantinedItem
from core.operations.slack_ops import SlackClient, SlackContents
from core.pages import Page
from core.protocols import State
from cppa_slack_tracker.conf import SlackTrackerSettings
from cppa_slack_tracker.models import Channel, Workspace
from cppa_slack_tracker.sync.options import SlackOptions
from cppa_slack_tracker.sync.scopes import Lacking

MICROS = 1_000_000
NEVER = 9_999_999_999 * MICROS  # no ts is so late


@dataclass(slots=True)
class TeamSession:
    """One workspace in one run. `clock` is Unix time."""

    collector: AbstractCollector
    options: SlackOptions
    settings: SlackTrackerSettings
    client: SlackClient
    row: Workspace
    lacking: Lacking
    contents: SlackContents | None = None
    clock: Callable[[], float] = time.time

    @property
    def scope(self) -> str:
        return self.row.team_id

    @property
    def today(self) -> int:
        """The day, counted from 1970 in UTC."""
        return int(self.clock() // 86400)

    @contextmanager
    def page(self) -> Generator[Page]:
        with self.collector.page(self.scope) as page:
            yield page

    def waiting(self, kind: str) -> set[str]:
        """Items in quarantine that are not due."""
        rows = quarantine.waiting(self.collector.name, self.scope, kind)
        return set(rows.values_list("external_id", flat=True))

    def of(self, channel: Channel) -> "ChannelSession":
        return ChannelSession(self, channel)


@dataclass(slots=True)
class ChannelSession:
    """One channel in one run."""

    team: TeamSession
    row: Channel
    # Whether Slack said, now or before, that its plan hides older messages.
    is_limited: bool = False
    # The oldest, in microseconds, that history showed in this run: what is newer, the plan does not hide.
    shown_from: int = NEVER
    # Threads that were read in this run because there was news.
    read: set[str] = field(default_factory=set[str])
    # Kind -> ids of the items in quarantine when the run came to the channel.
    quarantined: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    waiting: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def __post_init__(self) -> None:
        rows = QuarantinedItem.objects.filter(collector=self.collector.name, scope=self.scope)
        now = timezone.now()
        for kind, external_id, next_attempt in rows.values_list("kind", "external_id", "next_attempt_at"):
            self.quarantined.setdefault(kind, set()).add(external_id)
            if next_attempt is None or next_attempt > now:
                self.waiting.setdefault(kind, set()).add(external_id)

    @property
    def collector(self) -> AbstractCollector:
        return self.team.collector

    @property
    def options(self) -> SlackOptions:
        return self.team.options

    @property
    def client(self) -> SlackClient:
        return self.team.client

    @property
    def settings(self) -> SlackTrackerSettings:
        return self.team.settings

    @property
    def channel_id(self) -> str:
        return self.row.channel_id

    @property
    def scope(self) -> str:
        """What pages and checkpoints are filed under: no rename changes it."""
        return scope_of(self.team.row, self.row)

    @property
    def label(self) -> str:
        return f"#{self.row.name}" if self.row.name else self.row.channel_id

    @contextmanager
    def page(self) -> Generator[Page]:
        with self.collector.page(self.scope) as page:
            yield page

    def state(self, stream: str) -> State:
        return self.collector.checkpoint(self.scope, stream)

    def resolve(self, page: Page, kind: str, external_id: str) -> None:
        """An item was understood: it leaves the quarantine, if it was there."""
        if external_id in self.quarantined.get(kind, set()):
            page.resolve(kind, [external_id])
            self.quarantined[kind].discard(external_id)

    def set_aside(self, page: Page, kind: str, external_id: str, payload: bytes, error: Exception) -> None:
        page.quarantine(kind, external_id, payload, error)
        self.quarantined.setdefault(kind, set()).add(external_id)

    def refile(self, page: Page, kind: str, known: str, external_id: str) -> None:
        """What is in quarantine as `known` is better known as something else; its attempts count on."""
        rows = QuarantinedItem.objects.filter(collector=page.collector, scope=page.scope, kind=kind)
        if rows.filter(external_id=external_id).exists():
            self.resolve(page, kind, known)
        else:
            rows.filter(external_id=known).update(external_id=external_id)
            self.quarantined[kind] = self.quarantined[kind] - {known} | {external_id}


def scope_of(team: Workspace, channel: Channel) -> str:
    return f"{team.team_id}/{channel.channel_id}"


def release(collector: AbstractCollector, scope: str) -> None:
    """`--retry-quarantined`: everything of a scope is due now."""
    if collector.options.retry_quarantined:
        quarantine.release(collector.name, scope)


def micros_of(ts: str) -> int:
    """A ts as a number of microseconds."""
    seconds, _, micros = ts.partition(".")
    return int(seconds) * MICROS + int(micros)


def ts_of(micros: int) -> str:
    return f"{micros // MICROS:010d}.{micros % MICROS:06d}"
