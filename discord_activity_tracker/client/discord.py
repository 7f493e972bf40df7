"""Discord's REST API through a bot's token, without a gateway. https://docs.discord.com/developers/reference"""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from types import TracebackType
from typing import Any, Self, cast

from discord.http import Route

from core.errors import SourceError
from core.http import Waits
from core.metering import Meter
from discord_activity_tracker.client.attempts import Patience, PatientHTTPClient
from discord_activity_tracker.client.loop import LoopThread
from discord_activity_tracker.client.pace import GlobalPace
from discord_activity_tracker.client.readings import Payload, Read, Reading, Readings, id_of

MEMBERS_A_PAGE = 1000
THREADS_A_PAGE = 100


class DiscordClient:
    """A bot, in one run; a context manager. Methods yield raw payloads and raise CollectorErrors.

    discord.py runs in an event loop of its own thread. Times are in seconds.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        meter: Meter,
        stop: Callable[[], bool] | None = None,
        calls_per_second: int = 50,
        channels_at_once: int = 100,
        page_size: int = 100,
        run: str = "",
        read_timeout: float = 60.0,
        call_timeout: float = 300.0,
        attempts: int = 5,
        max_wait: float = 120.0,
        deadline: float | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """`call_timeout` is for a call as a whole with all its attempts, `deadline` is Unix time.
        `sleep` takes the place of the pauses before a call is repeated; for tests.
        """
        self._base_url = base_url
        self._token = token
        self._meter = meter
        self._stop = stop or (lambda: False)
        waits = Waits(meter, max_wait=max_wait, deadline=deadline)
        self._patience = Patience(
            waits=waits, read_timeout=read_timeout, call_timeout=call_timeout, attempts=attempts, sleep=sleep
        )
        self._channels_at_once = channels_at_once
        self._page_size = page_size
        self._pace = GlobalPace(token, calls_per_second=calls_per_second, waits=waits, run=run)
        self._loop: LoopThread | None = None
        self._opened: PatientHTTPClient | None = None

    def __enter__(self) -> Self:
        self._loop = LoopThread("discord")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop = self._running
        if self._opened is not None:
            loop.call(self._opened.close)
        loop.close()
        self._pace.close()

    def login(self) -> Payload:
        """Return the bot's own user. Raises AuthError when the token is not accepted."""

        async def login() -> Payload:
            http = PatientHTTPClient(
                self._base_url,
                meter=self._meter,
                pace=self._pace,
                patience=self._patience,
                stop=self._stop,
            )
            self._opened = http
            return cast("Payload", await http.static_login(self._token))

        user = _object(self._running.call(login))
        if id_of(user) is None:
            raise SourceError("Discord does not tell who the bot is", remedy="check DISCORD_API_BASE_URL")
        return user

    def application(self) -> Payload:
        """Return the bot's application, whose `flags` tell of its privileged intents."""
        return _object(self._ask(lambda http: http.request(Route("GET", "/applications/@me"))))

    def server(self, server_id: int) -> Payload:
        """Return a server with its roles. Raises NotFound when the bot is not on it."""
        server = _object(self._ask(lambda http: http.get_guild(server_id, with_counts=True)))
        _objects(server.get("roles"))
        return server

    def channels(self, server_id: int) -> list[Payload]:
        """Return all channels of a server, also those that the bot may not view; no threads."""
        return _objects(self._ask(lambda http: http.get_all_guild_channels(server_id)))

    def channel(self, channel_id: int) -> Payload:
        """Return a channel or thread. Raises Gone when it is not there, Unreadable when it is hidden."""
        return _object(self._ask(lambda http: http.get_channel(channel_id)))

    def active_threads(self, server_id: int) -> list[Payload]:
        """Return all threads of a server that are not archived, as far as the bot may view them."""
        return _objects(_object(self._ask(lambda http: http.get_active_threads(server_id))).get("threads"))

    def archived_threads(self, channel_id: int) -> Iterator[list[Payload]]:
        """Yield batches of a channel's public archived threads, the last archived first."""
        return self._archived(
            lambda http, at: http.get_public_archived_threads(channel_id, at, THREADS_A_PAGE), archived_at
        )

    def private_archived_threads(self, channel_id: int) -> Iterator[list[Payload]]:
        """Yield batches of its private ones. Raises PermissionDenied where the bot may not manage threads."""
        return self._archived(
            lambda http, at: http.get_private_archived_threads(channel_id, at, THREADS_A_PAGE), archived_at
        )

    def joined_archived_threads(self, channel_id: int) -> Iterator[list[Payload]]:
        """Yield batches of its private archived threads that the bot has joined, the newest first."""
        return self._archived(
            lambda http, at: http.get_joined_private_archived_threads(channel_id, at, THREADS_A_PAGE), id_of
        )

    def members(self, server_id: int) -> Iterator[list[Payload]]:
        """Yield batches of members by user id. Raises PermissionDenied without the server-members intent."""
        after = 0
        while True:
            batch = _objects(
                self._ask(lambda http, at=after: http.get_members(server_id, MEMBERS_A_PAGE, at))
            )
            yield batch
            if len(batch) < MEMBERS_A_PAGE:
                return
            newest = max((id_of(each.get("user")) or after for each in batch), default=after)
            if newest <= after:
                raise SourceError("a batch of Discord's members does not lead to the next one")
            after = newest

    def message(self, channel_id: int, message_id: int) -> Payload:
        """Return a message. Raises Gone when it is not there, Unreadable without access to the history."""
        return _object(self._ask(lambda http: http.get_message(channel_id, message_id)))

    def messages(self, readings: Iterable[Reading]) -> Iterator[Read]:
        """Yield the batches of all readings as they come, those of one reading in order.

        An error ends its reading alone. What the caller does not take holds the channels back.
        """
        wanted = list(readings)
        loop = self._running
        reading = Readings(
            self._logged_in, self._page_size, min(self._channels_at_once, len(wanted)), iter(wanted)
        )
        running = loop.start(reading.run)
        left = len(wanted)
        try:
            while left:
                for each in loop.call(reading.next):
                    left -= each.batch is None
                    yield each
        finally:
            running.cancel()

    def _archived(
        self,
        ask: Callable[[PatientHTTPClient, Any], Coroutine[Any, Any, Any]],
        place_of: Callable[[Payload], Any],
    ) -> Iterator[list[Payload]]:
        """Yield a list's batches; each begins before the earliest place in the one before it."""
        before: Any = None
        while True:
            answer = _object(self._ask(lambda http, at=before: ask(http, at)))
            batch = _objects(answer.get("threads"))
            yield batch
            more = answer.get("has_more")
            if not isinstance(more, bool):  # which is not the list's end
                raise SourceError("Discord does not say whether there are more archived threads")
            if not more:
                return
            earliest = min((at for thread in batch if (at := place_of(thread))), default=None)
            if earliest is None or (before is not None and earliest >= before):
                raise SourceError("a batch of Discord's archived threads does not lead to the next one")
            before = earliest

    def _ask(self, ask: Callable[[PatientHTTPClient], Coroutine[Any, Any, Any]]) -> Any:
        http = self._logged_in
        return self._running.call(lambda: ask(http))

    @property
    def _running(self) -> LoopThread:
        if self._loop is None:
            raise RuntimeError("the client is used as a context manager")
        return self._loop

    @property
    def _logged_in(self) -> PatientHTTPClient:
        if self._opened is None:
            raise RuntimeError("login() comes first")
        return self._opened


def archived_at(thread: Payload) -> str:
    """Return when a thread was archived (ISO 8601); "" where Discord does not tell."""
    metadata = thread.get("thread_metadata")
    told = cast("Payload", metadata).get("archive_timestamp") if isinstance(metadata, dict) else None
    return told if isinstance(told, str) else ""


def _object(answer: object) -> Payload:
    if not isinstance(answer, dict):
        raise SourceError("Discord's answer is no object", remedy="check DISCORD_API_BASE_URL")
    return cast("Payload", answer)


def _objects(answer: object) -> list[Payload]:
    if not isinstance(answer, list):
        raise SourceError("Discord's answer is no list", remedy="check DISCORD_API_BASE_URL")
    return cast("list[Payload]", answer)
