"""The Slack collector: workspace by workspace its people and channels, then channel by channel."""

import time
from collections.abc import Callable
from typing import ParamSpec

from core.collectors import AbstractCollector, PlannedRequests
from core.errors import AuthError, ConfigurationError, InvalidInput, RateLimited
from core.operations.slack_ops import SlackClient, SlackContents, SlackSettings
from core.protocols import Result
from cppa_slack_tracker.conf import SlackTrackerSettings
from cppa_slack_tracker.models import Workspace
from cppa_slack_tracker.protocol_impl import SlackResult
from cppa_slack_tracker.sync.channels import Channels
from cppa_slack_tracker.sync.contents import fetch_contents
from cppa_slack_tracker.sync.directory import (
    sync_channels,
    sync_file_infos,
    sync_strangers,
    sync_users,
)
from cppa_slack_tracker.sync.imports import import_export, import_messages
from cppa_slack_tracker.sync.kinds import CHANNEL
from cppa_slack_tracker.sync.offline import replay_team
from cppa_slack_tracker.sync.opening import open_team
from cppa_slack_tracker.sync.options import SlackOptions
from cppa_slack_tracker.sync.planning import plan_team
from cppa_slack_tracker.sync.scopes import kind_of, require_known
from cppa_slack_tracker.sync.session import TeamSession, scope_of

P = ParamSpec("P")

# After these, every further call to the workspace would fail the same way.
HOPELESS = (AuthError, RateLimited)


class CppaSlackTrackerCollector(AbstractCollector):
    """Slack workspaces, with official bot tokens."""

    name = "cppa_slack"
    result_class = SlackResult

    def __init__(
        self, options: SlackOptions | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        """`clock` is Unix time: when old messages are due to be read again."""
        super().__init__(options)
        self._clock = clock
        self.source = options or SlackOptions()
        self.settings = SlackTrackerSettings.current()
        self.slack = SlackSettings.current()
        self._known_channels: set[str] = set()
        # Workspaces of which all channels are known.
        self._listed: set[str] = set()
        # Whether nothing more can be asked of the workspace in hand.
        self._is_hopeless = False

    @property
    def teams(self) -> list[str]:
        return list(self.source.teams) or self.slack.team_ids

    @property
    def offline(self) -> str:
        """The option that makes the run one without the network; "" when none does."""
        for option in ("messages_json", "export_zip"):
            if getattr(self.source, option):
                return f"--{option.replace('_', '-')}"
        return "--from-archive" if self.options.from_archive else ""

    def validate_config(self) -> None:
        known = self.slack.team_ids
        if not known:
            raise ConfigurationError(
                "SLACK_TEAM_IDS and SLACK_TEAM_ID name no workspace",
                remedy="set SLACK_TEAM_ID and SLACK_BOT_TOKEN, or SLACK_TEAM_IDS and a token for each",
            )
        if unknown := [team for team in self.source.teams if team not in known]:
            raise InvalidInput(
                f"--team-id {unknown[0]} is not in SLACK_TEAM_IDS", remedy=f"it has {', '.join(known)}"
            )
        require_known(self.settings.channel_types)
        if self.offline:
            self._validate_offline()
        else:
            for team in self.teams:
                self.slack.token_of(team)

    def _validate_offline(self) -> None:
        self.source.refuse_offline(self.offline, "join")
        sources = [bool(self.source.messages_json), bool(self.source.export_zip), self.options.from_archive]
        if sum(sources) > 1:
            raise InvalidInput(
                "--messages-json, --export-zip and --from-archive exclude each other",
                remedy="run one after the other",
            )
        if not self.options.from_archive and len(self.teams) != 1:
            raise InvalidInput(f"{self.offline} needs to know the workspace", remedy="name it with --team-id")
        if self.source.messages_json and len(self.source.channels) != 1:
            raise InvalidInput(
                "--messages-json needs to know the channel", remedy="name it with --channel-id"
            )

    def collect(self) -> Result:
        for team_id in self.teams:
            self._is_hopeless = False
            if self.offline:
                self.attempt(team_id, self._load, team_id)
            else:
                self._collect_team(team_id)
        for channel_id in self.source.channels:
            if channel_id not in self._known_channels and self._listed.issuperset(self.teams):
                self.fail(channel_id, _unknown_channel(channel_id))
        return self.result(team_ids=tuple(self.teams))

    def attempt(self, name: str, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Do what fails alone, unless nothing more can be asked of the workspace."""
        return not self._is_hopeless and super().attempt(name, work, *args, **kwargs)

    def fail(self, scope: str, error: Exception) -> None:
        self._is_hopeless = self._is_hopeless or isinstance(error, HOPELESS)
        super().fail(scope, error)

    def plan(self) -> list[PlannedRequests]:
        return [
            line
            for team_id in self.teams
            for line in plan_team(self._client(team_id), self.source, self.settings, team_id)
        ]

    def _load(self, team_id: str) -> None:
        """Work without the network: load the archive again, or a file."""
        if self.options.from_archive:
            self._known_channels |= replay_team(self, self.source, team_id)
        elif self.source.export_zip:
            self._known_channels |= import_export(self, self.source, team_id)
        else:
            row = Workspace.objects.filter(team_id=team_id).first()
            if row is None:
                raise InvalidInput(f"workspace {team_id} is not known yet", remedy="collect it first")
            self._known_channels |= import_messages(self, self.source, row)
        self._listed.add(team_id)

    def _collect_team(self, team_id: str) -> None:
        session = TeamSession(
            collector=self,
            options=self.source,
            settings=self.settings,
            client=self._client(team_id),
            team_id=team_id,
            contents=self._contents(team_id),
            clock=self._clock,
        )
        try:
            if self.attempt(team_id, open_team, session):
                self._collect(session)
        finally:
            session.client.close()
            if session.contents is not None:
                session.contents.close()

    def _collect(self, session: TeamSession) -> None:
        team_id, source = session.team_id, self.source
        if source.users:
            self.attempt(f"{team_id} users", sync_users, session)
        if source.of_channels:
            self._collect_channels(session)
        elif source.channels:
            self.attempt(f"{team_id} channels", self._list_channels, session)

    def _collect_channels(self, session: TeamSession) -> None:
        team_id, source = session.team_id, self.source
        listed = self.attempt(f"{team_id} channels", sync_channels, session)
        if listed and session.types == self.settings.channel_types:
            self._listed.add(team_id)
        channels = CHANNEL.live(session.row).filter(kind__in=map(kind_of, self.settings.channel_types))
        if source.channels:
            channels = channels.filter(channel_id__in=source.channels)
        work = Channels(session)
        for channel in list(channels.select_related("workspace").order_by("channel_id")):
            self._known_channels.add(channel.channel_id)
            self.attempt(scope_of(self, channel).name, work.collect, channel)
        work.tell()
        if listed and (source.users or source.messages):
            self.attempt(f"{team_id} strangers", sync_strangers, session)
        if source.messages:
            self.attempt(f"{team_id} files", sync_file_infos, session)
            self.attempt(f"{team_id} contents", fetch_contents, session)

    def _list_channels(self, session: TeamSession) -> None:
        """Note which conversations the bot may see; nothing is stored."""
        for listed in session.client.channels(session.types) if session.types else ():
            self._known_channels.update(str(item.get("id")) for item in listed.items)
        if session.types == self.settings.channel_types:
            self._listed.add(session.team_id)

    def _client(self, team_id: str) -> SlackClient:
        return SlackClient.of_team(
            self.slack, team_id, meter=self.meter, stop=self.stop_requested, deadline=self.deadline
        )

    def _contents(self, team_id: str) -> SlackContents | None:
        if not self.settings.slack_file_content:
            return None
        return SlackContents(
            self.slack.slack_api_base_url,
            self.slack.token_of(team_id),
            self.settings.file_hosts,
            max_bytes=self.settings.slack_file_max_mb * 1024 * 1024,
            meter=self.meter,
            stop=self.stop_requested,
            deadline=self.deadline,
        )


def _unknown_channel(channel_id: str) -> InvalidInput:
    return InvalidInput(
        f"--channel-id {channel_id}: the workspace has no such channel, or the bot may not see it",
        remedy="check the id and SLACK_CHANNEL_TYPES, or invite the bot",
    )
