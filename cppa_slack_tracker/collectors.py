"""The Slack collector: workspace by workspace its people and channels, then channel by channel."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from core.collectors import AbstractCollector, PlannedRequests
from core.errors import (
    CollectorError,
    CollectorFailureCategory,
    ConfigurationError,
    InvalidInput,
    PermissionDenied,
)
from core.operations.slack_ops import Identity, SlackClient, SlackContents, SlackDenied, SlackSettings
from core.protocols import Result
from cppa_slack_tracker.conf import SlackTrackerSettings
from cppa_slack_tracker.models import Channel, Workspace
from cppa_slack_tracker.protocol_impl import SlackResult
from cppa_slack_tracker.services import workspace
from cppa_slack_tracker.sync.channels import Channels
from cppa_slack_tracker.sync.contents import fetch_contents
from cppa_slack_tracker.sync.directory import (
    listed_ids,
    save_team,
    sync_channels,
    sync_file_infos,
    sync_strangers,
    sync_users,
    told_by,
)
from cppa_slack_tracker.sync.imports import import_export, import_messages
from cppa_slack_tracker.sync.listing import ChannelListing, kinds_of
from cppa_slack_tracker.sync.offline import replay_team
from cppa_slack_tracker.sync.options import SlackOptions
from cppa_slack_tracker.sync.planning import plan_team
from cppa_slack_tracker.sync.scopes import (
    MISSING_SCOPE,
    Lacking,
    require_known,
)
from cppa_slack_tracker.sync.session import TeamSession, release, scope_of

TEAM_INFO = "the workspace's name"

# After these, every further call to the workspace would fail the same way.
HOPELESS = frozenset({CollectorFailureCategory.AUTH, CollectorFailureCategory.RATE_LIMIT})


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
        self._all_listed = True

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
            if self.offline:
                self.scope(team_id, self._load)
            else:
                self._collect_team(team_id)
        for channel_id in self.source.channels:
            if channel_id not in self._known_channels and self._all_listed:
                self.scope(channel_id, _unknown_channel)
        return self.result(team_ids=tuple(self.teams))

    def plan(self) -> list[PlannedRequests]:
        return [
            line
            for team_id in self.teams
            for line in plan_team(self._client(team_id), self.source, self.settings, team_id)
        ]

    def _load(self, team_id: str) -> None:
        """Without the network: the archive again, or a file."""
        release(self, team_id)
        row = workspace(team_id)
        if self.options.from_archive:
            self._known_channels |= replay_team(self, self.source, team_id)
        elif self.source.export_zip:
            self._known_channels |= import_export(self, self.source, team_id)
        elif row is None:
            raise InvalidInput(f"workspace {team_id} is not known yet", remedy="collect it first")
        else:
            self._known_channels |= import_messages(self, self.source, row)

    def _collect_team(self, team_id: str) -> None:
        client = self._client(team_id)
        contents = self._contents(team_id)
        opened: list[TeamSession] = []
        try:
            self.scope(team_id, lambda _: opened.append(self._open(client, contents, team_id)))
            for session in opened:
                self._collect(session)
            self._all_listed = self._all_listed and bool(opened)
        finally:
            client.close()
            if contents is not None:
                contents.close()

    def _open(self, client: SlackClient, contents: SlackContents | None, team_id: str) -> TeamSession:
        """Ask whose token it is, and save the workspace. Nothing else is asked when that fails."""
        release(self, team_id)
        identity = client.identity()
        if identity.team_id != team_id:
            raise ConfigurationError(
                f"the token of {team_id} is one of workspace {identity.team_id}",
                remedy="set the bot token of each workspace under its own id",
            )
        lacking = Lacking(self, team_id)
        payload = self._team_info(client, identity, lacking)
        with self.page(team_id) as page:
            save_team(page, payload, identity)
        return TeamSession(
            collector=self,
            options=self.source,
            settings=self.settings,
            client=client,
            row=Workspace.objects.get(team_id=team_id),
            lacking=lacking,
            contents=contents,
            clock=self._clock,
        )

    def _team_info(self, client: SlackClient, identity: Identity, lacking: Lacking) -> Mapping[str, Any]:
        """What team.info says; without its scope, what every token is told."""
        try:
            payload = client.team()
        except SlackDenied as error:
            if error.code != MISSING_SCOPE:
                raise
            if lacking.is_news(TEAM_INFO):
                self.scope(f"{identity.team_id} name", partial(_tell, error))
        else:
            lacking.works(TEAM_INFO)
            return payload
        return told_by(identity)

    def _collect(self, session: TeamSession) -> None:
        team_id, source = session.scope, self.source
        if source.users:
            self._step(f"{team_id} users", partial(sync_users, session))
        listing = ChannelListing(session.client, self.settings.channel_types)
        if source.headers or source.members or source.messages:
            self._collect_channels(session, listing)
        elif source.channels:
            self._list_channels(session, listing, lambda: self._known_channels.update(listed_ids(listing)))
        self._step(f"{team_id} scopes", session.lacking.save)

    def _collect_channels(self, session: TeamSession, listing: ChannelListing) -> None:
        team_id, source = session.scope, self.source
        lost: list[str] = []
        listed = self._list_channels(session, listing, lambda: lost.extend(sync_channels(session, listing)))
        for channel_id in lost:
            self._step(f"{team_id}/{channel_id}", partial(_lost, channel_id))
        channels = Channel.objects.filter(
            workspace=session.row,
            removed_at__isnull=True,
            is_listed=True,
            kind__in=kinds_of(self.settings.channel_types),
        )
        if source.channels:
            channels = channels.filter(channel_id__in=source.channels)
        work = Channels(session)
        for channel in list(channels.select_related("workspace").order_by("channel_id")):
            self._known_channels.add(channel.channel_id)
            self._step(scope_of(session.row, channel), partial(work.collect, channel))
        work.tell()
        if listed and (source.users or source.messages):
            self._step(f"{team_id} strangers", partial(sync_strangers, session))
        if source.messages:
            self._step(f"{team_id} files", partial(sync_file_infos, session))
            self._step(f"{team_id} contents", partial(fetch_contents, session))

    def _list_channels(
        self, session: TeamSession, listing: ChannelListing, work: Callable[[], object]
    ) -> bool:
        """Whether the list is there; kinds that a scope is missing for are told, and the others are in it."""
        listed = self._step(f"{session.scope} channels", work)
        for refusal in listing.refusals:
            self._step(f"{session.scope} channels", partial(_tell, refusal))
        self._all_listed = self._all_listed and listed and not listing.refusals
        return listed

    def _step(self, name: str, work: Callable[[], object]) -> bool:
        """Do something that fails alone. Whether it went well; False at once when nothing more can."""
        failures = len(self.outcome.failures)
        team = _team_of(name)
        if any(each.category in HOPELESS and _team_of(each.scope) == team for each in self.outcome.failures):
            return False

        def alone(_: str) -> None:
            work()

        self.scope(name, alone)
        return len(self.outcome.failures) == failures

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


def _team_of(scope: str) -> str:
    return scope.partition(" ")[0].partition("/")[0]


def _tell(error: CollectorError, *_: object) -> None:
    raise error


def _unknown_channel(channel_id: str) -> None:
    raise InvalidInput(
        f"--channel-id {channel_id}: the workspace has no such channel, or the bot may not see it",
        remedy="check the id and SLACK_CHANNEL_TYPES, or invite the bot",
    )


def _lost(channel_id: str) -> None:
    raise PermissionDenied(
        f"private channel {channel_id} is listed no more: it was deleted, or the bot was removed from it",
        remedy="invite the bot again, or leave it: what is stored stays, and this is said once",
    )
