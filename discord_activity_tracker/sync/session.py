"""What the steps of a server's synchronisation share."""

import datetime as dt
import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar, cast

from django.db.models import Q

from core import checkpoints, quarantine
from core.collectors import AbstractCollector, CollectorOptions
from core.items import each_understood
from core.json_text import json_bytes
from core.models import QuarantinedItem
from core.pages import Page
from core.protocols import State
from discord_activity_tracker.client import DiscordClient, Payload
from discord_activity_tracker.conf import DiscordSettings
from discord_activity_tracker.models import Channel, Member, Role
from discord_activity_tracker.parsing import parse_user, payload_bytes, user_leaf
from discord_activity_tracker.protocol_impl import Names
from discord_activity_tracker.services import save_users
from discord_activity_tracker.threads import public_channels

# The collector that reads what Discord has now.
ACTIVITY = "discord_activity"
# Kinds in the archive and in quarantine.
SERVER, ROLE, CHANNEL, USER, MEMBER, MESSAGE = "server", "role", "channel", "user", "member", "message"
ATTACHMENT = "attachment"  # the content of a file
EXPORTED = "exported message"  # one of a DiscordChatExporter file
HIDDEN = "No Access"  # what Discord's clients call a channel that the reader may not view

R = TypeVar("R")


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(slots=True)
class ServerSession:
    """One server in one run. Its scope is its id; a channel's is `server/channel`."""

    collector: AbstractCollector
    settings: DiscordSettings
    server_id: int
    # The bot's own user: what it wrote, it may always read.
    bot_id: int = 0
    names: Names = field(default_factory=Names)
    now: Callable[[], dt.datetime] = utc_now
    # Ids or names of channels to which the run is limited; empty: all.
    asked: tuple[str, ...] = ()
    unknown: set[str] = field(default_factory=set[str])
    _wanted: frozenset[int] = frozenset()
    _client: DiscordClient | None = None
    _states: Mapping[tuple[str, str], State] = field(default_factory=dict[tuple[str, str], State])
    # Hashes of the users that this run has saved.
    _users: dict[int, bytes] = field(default_factory=dict[int, bytes])

    @classmethod
    def opened(
        cls,
        collector: AbstractCollector,
        settings: DiscordSettings,
        server_id: int,
        client: DiscordClient | None = None,
        *,
        bot_id: int = 0,
        asked: Iterable[str] = (),
        now: Callable[[], dt.datetime] = utc_now,
    ) -> "ServerSession":
        states = {} if collector.options.full else checkpoints.load_all(collector.name)
        return cls(
            collector,
            settings,
            server_id,
            bot_id,
            now=now,
            asked=tuple(asked),
            _client=client,
            _states=states,
        )

    @property
    def scope(self) -> str:
        return str(self.server_id)

    def scope_of(self, channel_id: int) -> str:
        return f"{self.server_id}/{channel_id}"

    @property
    def options(self) -> CollectorOptions:
        return self.collector.options

    @property
    def today(self) -> dt.date:
        return self.now().date()

    @property
    def client(self) -> DiscordClient:
        if self._client is None:
            raise RuntimeError("this run asks nobody")
        return self._client

    def state(self, scope: str, stream: str) -> State:
        """How far a stream had been read when the run began; with --full as if it never was."""
        return self._states.get((scope, stream), State())

    @contextmanager
    def page(self, scope: str | None = None) -> Generator[Page]:
        with self.collector.page(scope or self.scope) as page:
            yield page

    def choose_channels(self) -> None:
        """Find the channels that were asked for, now that they are stored; `unknown` are those not found."""
        rows = Channel.objects.filter(server=self.server_id)
        by_name: dict[str, list[int]] = {str(pk): [pk] for pk in rows.values_list("pk", flat=True)}
        for pk, name in rows.exclude(kind__in=Channel.THREADS).values_list("pk", "name"):
            by_name.setdefault(name, []).append(pk)
        found = {each: by_name.get(each.lstrip("#"), []) for each in self.asked}
        self.unknown = {each for each, ids in found.items() if not ids}
        named = [pk for ids in found.values() for pk in ids]
        # So that threads in the channels of a category are wanted, too.
        in_categories = rows.filter(parent_id__in=named).exclude(kind__in=Channel.THREADS)
        self._wanted = frozenset({*named, *in_categories.values_list("pk", flat=True)})

    def is_wanted(self, channel: Channel) -> bool:
        """Whether a channel, its category, or the same of a thread's channel was asked for."""
        return not self.asked or not self._wanted.isdisjoint({channel.pk, channel.parent_id})

    def load_names(self) -> None:
        """What mentions read as, now that the server's lists are stored.

        Of users only those that are or were members: whom a message mentions, it names itself. What a
        channel is called that not everyone may view, a message in a public one must not tell.
        """
        channels = Channel.objects.filter(server=self.server_id)
        public = channels.filter(Q(is_public=True) | Q(pk__in=public_channels().values("pk")))
        members = Member.objects.filter(server=self.server_id).select_related("user")
        users = members.values_list("user_id", "user__global_name", "user__username").iterator()
        self.names = Names(
            users={user_id: global_name or username for user_id, global_name, username in users},
            roles=dict(Role.objects.filter(server=self.server_id).values_list("pk", "name")),
            channels=dict.fromkeys(channels.values_list("pk", flat=True), HIDDEN)
            | dict(public.values_list("pk", "name")),
        )

    def save_users(self, page: Page, payloads: Iterable[Payload]) -> "SeenUsers":
        """Archive and save the accounts that this run has not saved like this; call `remember` afterwards."""
        leaves = {int(leaf["id"]): leaf for leaf in map(user_leaf, payloads)}
        hashes = {each: hashlib.sha256(payload_bytes(leaf)).digest() for each, leaf in leaves.items()}
        new = {each: leaf for each, leaf in leaves.items() if self._users.get(each) != hashes[each]}
        if new:
            bodies = {str(each): payload_bytes(leaf) for each, leaf in new.items()}
            page.archive_all({USER: bodies}, scope=self.scope)
            page.saved("users", USER, save_users(parse_user(leaf) for leaf in new.values()), key="id")
        return SeenUsers(self._users, {each: hashes[each] for each in new})

    def parsed(
        self,
        page: Page,
        kind: str,
        payloads: Sequence[Payload],
        parse: Callable[[Payload], R],
        leaf: Callable[[Payload], Payload],
    ) -> list[tuple[R, Payload, bytes]]:
        """Records, their payloads, and what is archived of these; what cannot be used goes to quarantine.

        What could leaves it.
        """
        found = each_understood(
            payloads,
            lambda payload: (parse(payload), payload, payload_bytes(leaf(payload))),
            lambda payload, error: page.quarantine(kind, name_of(payload), json_bytes(payload), error),
        )
        if self.has_quarantined(page.scope, kind):
            page.resolve(kind, [name_of(payload) for _, payload, _ in found])
        return found

    def has_quarantined(self, scope: str, kind: str) -> bool:
        return QuarantinedItem.objects.filter(collector=self.collector.name, scope=scope, kind=kind).exists()

    def forget_quarantined(self, channel_ids: Iterable[int]) -> None:
        """Nothing of these channels is to be asked for again."""
        scopes = [self.scope_of(each) for each in channel_ids]
        QuarantinedItem.objects.filter(collector=self.collector.name, scope__in=scopes).delete()

    def release_quarantined(self) -> None:
        """Make everything of this server due (`--retry-quarantined`)."""
        rows = QuarantinedItem.objects.filter(collector=self.collector.name)
        for scope in rows.values_list("scope", flat=True).distinct():
            if scope.partition("/")[0] == self.scope:
                quarantine.release(self.collector.name, scope)


@dataclass(frozen=True, slots=True)
class SeenUsers:
    """Users that a page has saved, to be remembered when it is committed."""

    known: dict[int, bytes]
    saved: Mapping[int, bytes]

    def remember(self) -> None:
        self.known.update(self.saved)


def open_client(collector: AbstractCollector, settings: DiscordSettings) -> DiscordClient:
    """Discord as a run asks it. Raises ConfigurationError without a token."""
    return DiscordClient(
        settings.discord_api_base_url,
        settings.token,
        meter=collector.meter,
        stop=collector.stop_requested,
        deadline=collector.deadline,
        calls_per_second=settings.discord_requests_per_second,
        channels_at_once=settings.discord_channels_at_once,
        page_size=settings.discord_page_size,
        run=str(collector.run_id),
    )


def name_of(payload: object) -> str:
    """What an item is called in quarantine; a member is called by its user."""
    if isinstance(payload, Mapping):
        fields = cast("Payload", payload)
        told = fields.get("id")
        if told is None and isinstance(fields.get("user"), Mapping):
            told = fields["user"].get("id")
        if isinstance(told, str | int) and str(told):
            return str(told)[:40]
    return hashlib.sha256(json_bytes(cast("object", payload))).hexdigest()
