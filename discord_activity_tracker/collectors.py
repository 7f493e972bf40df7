"""The Discord collector: a server's lists, its members, then the messages of all channels."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from core.collectors import AbstractCollector, PlannedRequests
from core.errors import ConfigurationError, InvalidInput
from discord_activity_tracker.client import Allowance, DiscordClient
from discord_activity_tracker.conf import settings
from discord_activity_tracker.protocol_impl import DiscordResult
from discord_activity_tracker.sync.intent import require_message_content
from discord_activity_tracker.sync.members import read_members
from discord_activity_tracker.sync.messages import Messages
from discord_activity_tracker.sync.offline import Replay, archived_servers
from discord_activity_tracker.sync.options import DiscordOptions
from discord_activity_tracker.sync.session import ServerSession
from discord_activity_tracker.sync.structure import Structure

logger = logging.getLogger(__name__)


class DiscordActivityCollector(AbstractCollector):
    """Discord servers, through a bot that is on them."""

    name = "discord_activity"

    def __init__(self, options: DiscordOptions | None = None) -> None:
        super().__init__(options)
        self.asked = options or DiscordOptions()
        self.settings = settings()
        self._servers: list[int] = []

    def validate_config(self) -> None:
        if self.options.from_archive:
            useless = ("dry_run", "since", "until", "limit", "full")
            if found := [name for name in useless if getattr(self.options, name)]:
                raise InvalidInput(
                    f"--from-archive takes no --{found[0].replace('_', '-')}", remedy="leave it out"
                )
        elif self.asked.syncs:
            self.settings.require()

    def collect(self) -> DiscordResult:
        if self.options.from_archive:
            for server_id in archived_servers(self.name):
                self._servers.append(server_id)
                session = ServerSession.opened(self, self.settings, server_id)
                self.scope(session.scope, lambda _, session=session: Replay(session).run())
        elif self.asked.syncs:
            self._synchronise()
        done = self.result()
        return DiscordResult(
            done.success, done.counts, done.errors, done.duration_seconds, tuple(self._servers)
        )

    def _synchronise(self) -> None:
        allowance = Allowance(self.settings.discord_sweep_requests)
        with self._client() as client:
            bot = client.login()
            for server_id in self.settings.server_ids:
                self._servers.append(server_id)
                session = ServerSession.opened(
                    self,
                    self.settings,
                    server_id,
                    client,
                    bot_id=int(bot["id"]),
                    asked=self.asked.channels or self.settings.channels,
                )
                self.scope(session.scope, lambda _, each=session: self._read_server(each, allowance))

    def _read_server(self, session: ServerSession, allowance: Allowance) -> None:
        if self.options.retry_quarantined:
            session.release_quarantined()
        application = session.client.application()
        Structure(session).run()
        read_members(session)
        require_message_content(application)
        session.load_names()
        Messages(session, allowance).run()

    @contextmanager
    def _client(self) -> Generator[DiscordClient]:
        with DiscordClient(
            self.settings.discord_api_base_url,
            self.settings.token,
            meter=self.meter,
            stop=self.stop_requested,
            calls_per_second=self.settings.discord_requests_per_second,
            channels_at_once=self.settings.discord_channels_at_once,
            page_size=self.settings.discord_page_size,
            run=str(self.run_id),
        ) as client:
            yield client

    def plan(self) -> list[PlannedRequests]:
        raise ConfigurationError("not yet")
