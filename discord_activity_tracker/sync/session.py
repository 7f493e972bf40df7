"""The session of a server, which the steps of its synchronisation share."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from core import checkpoints
from core.collectors import AbstractCollector, Scope
from core.pages import Page
from core.protocols import State
from discord_activity_tracker.client import DiscordClient, Payload
from discord_activity_tracker.conf import DiscordSettings
from discord_activity_tracker.models import Channel, Member, Role, User
from discord_activity_tracker.protocol_impl import Names
from discord_activity_tracker.sync.choosing import Choice, choose
from discord_activity_tracker.sync.kinds import USER
from discord_activity_tracker.threads import public_channels

# The collector that reads what Discord has now.
ACTIVITY = "discord_activity"
HIDDEN = "No Access"  # what Discord's clients call a channel that the reader may not view


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(slots=True)
class ServerSession:
    """A server in a run. Its scope is its id; a channel's is `server/channel`."""

    collector: AbstractCollector
    settings: DiscordSettings
    server_id: int
    connected: DiscordClient | None = None
    # The bot's own user: what it wrote, it may always read.
    bot_id: int = 0
    choice: Choice = field(default_factory=Choice)
    now: Callable[[], dt.datetime] = utc_now
    names: Names = field(default_factory=Names)
    # All checkpoints as they were when the run began: one statement, however many channels there are.
    _states: Mapping[tuple[str, str], State] = field(init=False)
    # The users that this run has saved, and hashes of what it has saved of them.
    users: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        self._states = {} if self.collector.options.full else checkpoints.load_all(self.collector.name)

    @property
    def scope(self) -> Scope:
        return Scope(self.collector, str(self.server_id))

    def scope_of(self, channel_id: int) -> Scope:
        """Return a channel's or thread's scope."""
        return Scope(self.collector, f"{self.server_id}/{channel_id}")

    def state(self, scope: Scope, stream: str) -> State:
        """Return how far a stream had been read when the run began; with --full as if it never was."""
        return self._states.get((scope.name, stream), State())

    @property
    def today(self) -> dt.date:
        return self.now().date()

    @property
    def client(self) -> DiscordClient:
        if self.connected is None:
            raise RuntimeError("this run asks nobody")
        return self.connected

    def release_quarantined(self) -> None:
        """With `--retry-quarantined`, make everything of this server due."""
        if self.collector.options.retry_quarantined:
            view = self.collector.quarantine
            view.release(*(each for each in view.scopes() if each.partition("/")[0] == self.scope.name))

    def choose_channels(self) -> None:
        """Find the channels that were asked for, now that they are stored."""
        rows = Channel.objects.filter(server=self.server_id).values_list("pk", "parent_id", "name", "kind")
        listed = ((pk, parent, name, kind in Channel.THREADS) for pk, parent, name, kind in rows)
        self.choice = choose(self.choice.asked, listed)

    def load_names(self, *, accounts: bool = False) -> None:
        """Find what mentions read as, now that the server's lists are stored.

        Of users only those that are or were members: whom a message mentions, it names itself. One from the
        archive does not, so for these `accounts` are all that are stored. What a channel is called that not
        everyone may view, a message in a public one must not tell.
        """
        channels = Channel.objects.filter(server=self.server_id)
        public = channels.filter(Q(is_public=True) | Q(pk__in=public_channels().values("pk")))
        members = Member.objects.filter(server=self.server_id)
        self.names = Names(
            users=_called(User.objects.filter(pk__in=members.values("user"))),
            accounts=_called(User.objects.all()) if accounts else {},
            roles=dict(Role.objects.filter(server=self.server_id).values_list("pk", "name")),
            channels=dict.fromkeys(channels.values_list("pk", flat=True), HIDDEN)
            | dict(public.values_list("pk", "name")),
        )

    def take_users(self, page: Page, payloads: Iterable[Payload]) -> dict[str, int]:
        """Save the accounts that this run has not saved like this.

        Return them for `users`, to which the caller adds them when the page is committed.
        """
        told = {USER.name_of(each): each for each in payloads}
        hashes = {name: hash(USER.body_of(each)) for name, each in told.items()}
        new = {name: each for name, each in hashes.items() if self.users.get(name) != each}
        if new:
            page.take(USER, self.server_id, [told[name] for name in new], scope=self.scope.name)
        return new


def _called(users: "QuerySet[User]") -> dict[int, str]:
    rows = users.values_list("pk", "global_name", "username").iterator()
    return {pk: global_name or username for pk, global_name, username in rows}
