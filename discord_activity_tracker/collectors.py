"""The Discord collector: a server's lists, its members, then the messages of all channels."""

import datetime as dt
import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from core.collectors import AbstractCollector, PlannedRequests
from core.errors import InvalidInput
from core.exports import Destination, publish_export
from core.operations.github_ops import GitHub, Use
from core.protocols import Result
from discord_activity_tracker.client import Allowance, DiscordClient, FileClient, Payload
from discord_activity_tracker.conf import DiscordSettings
from discord_activity_tracker.protocol_impl import DiscordResult
from discord_activity_tracker.sync.exporting import MESSAGE, DayExport
from discord_activity_tracker.sync.files import Files
from discord_activity_tracker.sync.imports import (
    Import,
    exported_files,
    import_file,
    import_head,
    is_imported,
    opened,
)
from discord_activity_tracker.sync.intent import require_message_content
from discord_activity_tracker.sync.members import read_members
from discord_activity_tracker.sync.messages import Messages
from discord_activity_tracker.sync.offline import BackfillReplay, Replay, archived_servers
from discord_activity_tracker.sync.options import BackfillOptions, DiscordOptions
from discord_activity_tracker.sync.planning import plan_server
from discord_activity_tracker.sync.session import ACTIVITY, ServerSession, open_client, utc_now
from discord_activity_tracker.sync.structure import Structure

logger = logging.getLogger(__name__)
EXPORT, PUBLICATION = "markdown export", "markdown publication"


def _require_known(unknown: set[str]) -> None:
    """Raises InvalidInput for channels that were asked for and that no server has."""
    if unknown:
        raise InvalidInput(
            f"there is no channel {', '.join(sorted(unknown))}", remedy="give ids or names of channels"
        )


class DiscordActivityCollector(AbstractCollector):
    """Discord servers, through a bot that is on them."""

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
            self._replay()
        elif self.asked.syncs:
            self._synchronise()
        if self.asked.exports:
            rendered = self.scope(EXPORT, lambda _: self._export())
            destination = self.destination()
            left_out = self.asked.skip_remote_push or self.options.from_archive
            if rendered and destination is not None and not left_out:
                self.scope(PUBLICATION, lambda _: self._publish(destination))
        return self.result(servers=tuple(self._servers))

    def plan(self) -> list[PlannedRequests]:
        if not self.asked.syncs:
            return [PlannedRequests(EXPORT, "render the days that changed, and ask Discord for nothing", 0)]
        lines: list[PlannedRequests] = []
        unknown = set(self._channels)
        with self._client() as client:
            client.login()
            for server_id in self.settings.server_ids:
                of_server, not_there = plan_server(
                    self, client, server_id, self.settings.discord_page_size, self._channels
                )
                lines += of_server
                unknown &= not_there
        _require_known(unknown)
        return lines

    @property
    def _channels(self) -> Sequence[str]:
        """Those to which the run is limited; empty: all."""
        return self.asked.channels or self.settings.channels

    def destination(self) -> Destination | None:
        """Where Markdown is published; None: nowhere."""
        owner, name = self.settings.discord_context_repo_owner, self.settings.discord_context_repo_name
        return Destination(owner, name, self.settings.discord_context_repo_branch) if owner and name else None

    def _synchronise(self) -> None:
        allowance = Allowance(self.settings.discord_sweep_requests)
        asked = self._channels
        sessions: list[ServerSession] = []
        with self._client() as client:
            bot_id = int(client.login()["id"])
            application = client.application()
            for server_id in self.settings.server_ids:
                session = ServerSession.opened(
                    self, self.settings, server_id, client, bot_id=bot_id, asked=asked, now=self.now
                )
                sessions.append(session)
                self._servers.append(server_id)
                self.scope(
                    session.scope, lambda _, each=session: self._read_server(each, application, allowance)
                )
        _require_known(set(asked).intersection(*(session.unknown for session in sessions)))

    def _read_server(self, session: ServerSession, application: Payload, allowance: Allowance) -> None:
        if self.options.retry_quarantined:
            session.release_quarantined()
        Structure(session).run()
        read_members(session)
        require_message_content(application)
        session.load_names()
        with self._files(session) as files:
            Messages(session, allowance, files=files).run()

    @contextmanager
    def _files(self, session: ServerSession) -> Generator[Files | None]:
        if not self.settings.discord_file_contents:
            yield None
            return
        max_bytes = self.settings.discord_max_file_mb * 1024 * 1024
        client = FileClient(
            self.settings.discord_api_base_url,
            max_bytes=max_bytes,
            meter=self.meter,
            stop=self.stop_requested,
            deadline=self.deadline,
        )
        with closing(client):
            yield Files(session, client, max_bytes)

    def _replay(self) -> None:
        for server_id in archived_servers(self.name):
            self._servers.append(server_id)
            session = ServerSession.opened(self, self.settings, server_id)
            self.scope(session.scope, lambda _, session=session: Replay(session).run())

    def _export(self) -> None:
        exported = DayExport(self).run()
        for what, number in (("files_rendered", exported.rendered), ("files_removed", exported.removed)):
            if number:
                self.outcome.counts[what] += number

    def _publish(self, destination: Destination) -> None:
        if publish_export(self, destination, MESSAGE):
            self.outcome.counts["publications"] += 1

    def _client(self) -> DiscordClient:
        return open_client(self, self.settings)


class DiscordBackfillCollector(AbstractCollector):
    """What is older: files of DiscordChatExporter, and messages before the first that is stored."""

    name = "discord_backfill"
    result_class = DiscordResult

    def __init__(self, options: BackfillOptions | None = None) -> None:
        super().__init__(options)
        self.asked = options or BackfillOptions()
        self.settings = DiscordSettings.current()

    def validate_config(self) -> None:
        if self.options.from_archive and (self.asked.paths or self.asked.api):
            raise InvalidInput("--from-archive takes neither --path nor --api", remedy="leave them out")
        if self.options.from_archive:
            self.asked.refuse_offline("--from-archive", "channels")
        if self.asked.paths:
            self.asked.refuse("--path", "limit", *(() if self.asked.api else ("channels",)))
        if not (self.options.from_archive or self.asked.paths or self.asked.api):
            raise InvalidInput("nothing to fill in", remedy="give --path FILE or --api")
        for name in self.asked.paths:
            if not Path(name).exists():
                raise InvalidInput(f"{name} does not exist", remedy="check the path given to --path")
        if self.asked.api:
            self.settings.require()

    def collect(self) -> Result:
        if self.options.from_archive:
            for server_id in archived_servers(self.name):
                session = ServerSession.opened(self, self.settings, server_id)
                self.scope(session.scope, lambda _, each=session: BackfillReplay(each).run())
        if self.asked.paths:
            self._import()
        if self.asked.api:
            self._read()
        return self.result()

    def _import(self) -> None:
        """Each file for itself, the oldest export of a channel first: a later one may know of edits."""
        found: list[Import] = []
        for path in exported_files(self.asked.paths):
            self.scope(path.name, lambda _, each=path: found.append(opened(each)))
        wanted = [each for each in found if self.options.full or not is_imported(self, each)]
        if len(wanted) < len(found):
            self.outcome.counts["files_unchanged"] += len(found) - len(wanted)
        wanted.sort(key=lambda each: (each.file.exported_at, each.path))
        sessions = {
            server_id: ServerSession.opened(self, self.settings, server_id)
            for server_id in dict.fromkeys(each.file.server.id for each in wanted)
        }
        known: list[Import] = []
        for each in wanted:
            self.scope(each.scope, lambda _, each=each: self._import_head(sessions, each, known))
        for session in sessions.values():
            session.load_names()
            if self.options.retry_quarantined:
                session.release_quarantined()
        for each in known:
            self.scope(each.scope, lambda _, each=each: import_file(sessions[each.file.server.id], each))

    def _import_head(
        self, sessions: Mapping[int, ServerSession], wanted: Import, known: list[Import]
    ) -> None:
        server = wanted.file.server
        import_head(sessions[server.id], wanted)
        known.append(wanted)
        if self.settings.server_ids and server.id not in self.settings.server_ids:
            logger.warning("%s: %s is no server of DISCORD_SERVER_ID", wanted.path.name, server.name)
            self.outcome.counts["files_of_other_servers"] += 1

    def _read(self) -> None:
        with open_client(self, self.settings) as client:
            bot_id = int(client.login()["id"])
            require_message_content(client.application())
            for server_id in self.settings.server_ids:
                session = ServerSession.opened(
                    self,
                    self.settings,
                    server_id,
                    client,
                    bot_id=bot_id,
                    asked=self.asked.channels or self.settings.channels,
                )
                self.scope(session.scope, lambda _, each=session: self._read_server(each))

    def _read_server(self, session: ServerSession) -> None:
        if self.options.retry_quarantined:
            session.release_quarantined()
        # Tombstones are the other collector's, in whose archive they are kept.
        Structure(session, finds_removed=False).run()
        _require_known(session.unknown)
        session.load_names()
        Messages(session, Allowance(0), backfill=True).run()
