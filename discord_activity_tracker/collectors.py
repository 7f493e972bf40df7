"""The Discord collectors: what servers have now, and what is older."""

import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core import archive
from core.collectors import AbstractCollector, PlannedRequests
from core.errors import InvalidInput
from core.exports import Destination, publish_export
from core.operations.github_ops import GitHub, Use
from core.protocols import Result
from discord_activity_tracker.client import Allowance, DiscordClient, Payload
from discord_activity_tracker.conf import DiscordSettings
from discord_activity_tracker.protocol_impl import DiscordResult
from discord_activity_tracker.sync.choosing import Choice, require_known
from discord_activity_tracker.sync.exporting import MESSAGE, DayExport
from discord_activity_tracker.sync.files import Files
from discord_activity_tracker.sync.imports import Import, exported_files, import_file, import_head, opened
from discord_activity_tracker.sync.intent import require_message_content
from discord_activity_tracker.sync.kinds import FILE
from discord_activity_tracker.sync.members import read_members
from discord_activity_tracker.sync.messages import Messages
from discord_activity_tracker.sync.offline import archived_servers, replay_files, replay_server
from discord_activity_tracker.sync.options import BackfillOptions, DiscordOptions
from discord_activity_tracker.sync.planning import plan_server
from discord_activity_tracker.sync.session import ACTIVITY, ServerSession, utc_now
from discord_activity_tracker.sync.structure import Structure

logger = logging.getLogger(__name__)
EXPORT, PUBLICATION = "markdown export", "markdown publication"


def _open_client(collector: AbstractCollector, chosen: DiscordSettings) -> DiscordClient:
    """Return Discord as a run asks it. Raises ConfigurationError without a token."""
    return DiscordClient(
        chosen.discord_api_base_url,
        chosen.token,
        meter=collector.meter,
        stop=collector.stop_requested,
        deadline=collector.deadline,
        calls_per_second=chosen.discord_requests_per_second,
        channels_at_once=chosen.discord_channels_at_once,
        page_size=chosen.discord_page_size,
        run=str(collector.run_id),
    )


class DiscordActivityCollector(AbstractCollector):
    """Collects Discord servers, through a bot that is on them."""

    name = ACTIVITY
    result_class = DiscordResult

    def __init__(
        self, options: DiscordOptions | None = None, *, now: Callable[[], dt.datetime] = utc_now
    ) -> None:
        """`now` tells what is recent, and which sweeps are due."""
        super().__init__(options)
        self.now = now
        self.asked = options or DiscordOptions()
        self.settings = DiscordSettings.current()
        self._servers: list[int] = []

    def validate_config(self) -> None:
        if self.options.from_archive:
            self.asked.refuse_offline("--from-archive", "channels")
            return
        if self.asked.syncs:
            self.settings.require()
        if self.asked.exports and not self.asked.skip_remote_push and self.destination():
            GitHub.require(Use.PUSH)

    def collect(self) -> Result:
        if self.options.from_archive:
            for server_id in archived_servers(self):
                self._servers.append(server_id)
                self.attempt(str(server_id), replay_server, ServerSession(self, self.settings, server_id))
        elif self.asked.syncs:
            self._synchronise()
        if self.asked.exports:
            rendered = self.attempt(EXPORT, self._export)
            destination = self.destination()
            left_out = self.asked.skip_remote_push or self.options.from_archive
            if rendered and destination is not None and not left_out:
                self.attempt(PUBLICATION, self._publish, destination)
        return self.result(servers=tuple(self._servers))

    def plan(self) -> list[PlannedRequests]:
        if not self.asked.syncs:
            return [PlannedRequests(EXPORT, "render the days that changed, and ask Discord for nothing", 0)]
        lines: list[PlannedRequests] = []
        unknown = set(self._channels)
        with _open_client(self, self.settings) as client:
            client.login()
            for server_id in self.settings.server_ids:
                page_size = self.settings.discord_page_size
                of_server, choice = plan_server(self, client, server_id, self._channels, page_size)
                lines += of_server
                unknown &= choice.unknown
        require_known(unknown)
        return lines

    @property
    def _channels(self) -> Sequence[str]:
        """The channels to which the run is limited; empty: all."""
        return self.asked.channels or self.settings.channels

    def destination(self) -> Destination | None:
        """Return where Markdown is published; None: nowhere."""
        owner, name = self.settings.discord_context_repo_owner, self.settings.discord_context_repo_name
        return Destination(owner, name, self.settings.discord_context_repo_branch) if owner and name else None

    def _synchronise(self) -> None:
        allowance = Allowance(self.settings.discord_sweep_requests)
        unknown = set(self._channels)
        with _open_client(self, self.settings) as client:
            bot_id = int(client.login()["id"])
            application = client.application()
            for server_id in self.settings.server_ids:
                choice = Choice(self._channels)
                session = ServerSession(self, self.settings, server_id, client, bot_id, choice, self.now)
                self._servers.append(server_id)
                self.attempt(session.scope.name, self._read_server, session, application, allowance)
                unknown &= session.choice.unknown
        require_known(unknown)

    def _read_server(self, session: ServerSession, application: Payload, allowance: Allowance) -> None:
        session.release_quarantined()
        Structure(session).run()
        read_members(session)
        require_message_content(application)
        session.load_names()
        with Files.wanted(session) as files:
            Messages(session, allowance, files=files).run()

    def _export(self) -> None:
        exported = DayExport(self).run()
        for what, number in (("files_rendered", exported.rendered), ("files_removed", exported.removed)):
            if number:
                self.outcome.counts[what] += number

    def _publish(self, destination: Destination) -> None:
        if publish_export(self, destination, MESSAGE):
            self.outcome.counts["publications"] += 1


class DiscordBackfillCollector(AbstractCollector):
    """Fills in what is older than the bot: files of DiscordChatExporter."""

    name = "discord_backfill"
    result_class = DiscordResult

    def __init__(self, options: BackfillOptions | None = None) -> None:
        super().__init__(options)
        self.asked = options or BackfillOptions()
        self.settings = DiscordSettings.current()

    def validate_config(self) -> None:
        if self.options.from_archive:
            self.asked.refuse_offline("--from-archive", "paths")
        elif not self.asked.paths:
            raise InvalidInput("nothing to fill in", remedy="give --path FILE or --api")
        self.asked.refuse("--path", "limit")
        for name in self.asked.paths:
            if not Path(name).exists():
                raise InvalidInput(f"{name} does not exist", remedy="check the path given to --path")

    def collect(self) -> Result:
        if self.options.from_archive:
            for server_id in archived_servers(self):
                self.attempt(str(server_id), replay_files, ServerSession(self, self.settings, server_id))
        self._import()
        return self.result()

    def _import(self) -> None:
        """Import each file for itself, a channel's oldest export first: a later one may know of edits."""
        found: list[Import] = []
        for path in exported_files(self.asked.paths):
            try:
                found.append(opened(path))
            except InvalidInput as error:
                self.fail(path.name, error)
        wanted = [each for each in found if self.options.full or not self._is_imported(each)]
        if len(wanted) < len(found):
            self.outcome.counts["files_unchanged"] += len(found) - len(wanted)
        wanted.sort(key=lambda each: (each.file.exported_at, each.path))
        servers = dict.fromkeys(each.file.server.id for each in wanted)
        sessions = {each: ServerSession(self, self.settings, each) for each in servers}
        known = [each for each in wanted if self.attempt(each.scope, self._import_head, sessions, each)]
        for session in sessions.values():
            session.load_names()
            session.release_quarantined()
        for each in known:
            self.attempt(each.scope, import_file, sessions[each.file.server.id], each)

    def _is_imported(self, wanted: Import) -> bool:
        """Tell whether a file was imported as it is, to its end."""
        return archive.has_file(self.name, wanted.scope, FILE, wanted.kept)

    def _import_head(self, sessions: Mapping[int, ServerSession], wanted: Import) -> None:
        server = wanted.file.server
        import_head(sessions[server.id], wanted)
        if self.settings.server_ids and server.id not in self.settings.server_ids:
            logger.warning("%s: %s is no server of DISCORD_SERVER_ID", wanted.path.name, server.name)
            self.outcome.counts["files_of_other_servers"] += 1
