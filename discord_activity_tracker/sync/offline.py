"""Loading the archive of a server again, without the network.

An item that cannot be parsed goes to quarantine alone. Where a server or a channel is such an item, a row
of its id takes its place until the next run with the network, a channel's as a private one: what belongs to
it is found through it. Without the role @everyone no channel counts as public.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from core import archive
from core.archive import ArchivedItem
from core.items import each_understood
from core.json_text import parse_json
from core.models import ArchiveVersion
from core.pages import Page
from core.store import Upserted
from discord_activity_tracker.models import Channel, Message, Role, User
from discord_activity_tracker.parsing import (
    Fields,
    parse_channel,
    parse_exported_file,
    parse_member,
    parse_message,
    parse_role,
    parse_server,
    parse_user,
    time_of,
)
from discord_activity_tracker.protocol_impl import MemberRecord, MessageRecord, Names
from discord_activity_tracker.services import (
    mark_left,
    restore_content_hashes,
    save_channels,
    save_known_channel,
    save_members,
    save_messages,
    save_roles,
    save_server,
    save_unknown,
    save_users,
    spread_visibility,
    tombstone_channels,
    tombstone_messages,
    tombstone_roles,
)
from discord_activity_tracker.sync.imports import HEAD, save_exported
from discord_activity_tracker.sync.session import (
    ATTACHMENT,
    CHANNEL,
    EXPORTED,
    MEMBER,
    MESSAGE,
    ROLE,
    SERVER,
    USER,
    ServerSession,
)

PAGE_ITEMS = 200
R = TypeVar("R")
Load = Callable[[Page, Sequence[ArchivedItem]], None]


def archived_servers(collector: str) -> list[int]:
    """The servers of which something is archived."""
    scopes = ArchiveVersion.objects.filter(source=collector).values_list("scope", flat=True)
    return sorted({int(scope.partition("/")[0]) for scope in scopes.distinct()})


def _of(parse: Callable[[Mapping[str, Any]], R]) -> Callable[[ArchivedItem], R]:
    """The same for an item, whose payload is JSON."""
    return lambda item: parse(parse_json(item.body))


class Replay:
    """Loads one server, in the order in which one thing needs another."""

    def __init__(self, session: ServerSession) -> None:
        self._session = session
        self._name = session.collector.name

    def run(self) -> None:
        session = self._session
        self._replay(session.scope, SERVER, self._load_server)
        self._replay(session.scope, ROLE, self._load_roles)
        self._replay(session.scope, CHANNEL, self._load_channels)
        with session.page() as page:
            self._add_unknown(MESSAGE)
            page.count("threads_aligned", spread_visibility(session.server_id))
            page.count("channels_removed", len(tombstone_channels(self._gone_channels())))
        self._replay(session.scope, USER, self._load_users)
        self._replay(session.scope, MEMBER, self._load_members)
        session.load_names()
        self.messages()
        with session.page() as page:
            restored = restore_content_hashes(self._name, ATTACHMENT, session.server_id)
            page.count("files_restored", restored)

    def messages(self) -> None:
        """Of all channels and threads; those of channels that are gone are gone, too."""
        for scope in self._scopes(MESSAGE):
            channel_id = int(scope.partition("/")[2])
            self._session.collector.scope(scope, lambda _, each=channel_id: self._replay_channel(each))

    def _scopes(self, kind: str) -> list[str]:
        """The channels of which something of a kind is archived."""
        scopes = ArchiveVersion.objects.filter(
            source=self._name, kind=kind, scope__startswith=f"{self._session.scope}/"
        )
        return sorted(scopes.values_list("scope", flat=True).distinct())

    def _replay_channel(self, channel_id: int) -> None:
        gone = Channel.objects.filter(pk=channel_id, removed_at__isnull=False).exists()

        def load(page: Page, items: Sequence[ArchivedItem]) -> None:
            payloads, names = self._read(items)
            records = page.parsed(
                MESSAGE,
                items,
                lambda item: parse_message(payloads.get(item.external_id) or parse_json(item.body), names),
            )
            absent = {int(item.external_id) for item in items if item.absent or gone}
            removed = Message.objects.filter(pk__in=absent, removed_at__isnull=False)
            kept = set(removed.values_list("pk", flat=True))
            saved = self.save(channel_id, [record for record in records if record.id not in kept])
            page.saved("messages", MESSAGE, saved, key="id")
            page.count("messages_removed", tombstone_messages(sorted(absent - kept)))

        self._replay(self._session.scope_of(channel_id), MESSAGE, load)

    def save(self, channel_id: int, records: Sequence[MessageRecord]) -> Upserted:
        return save_messages(channel_id, records)

    def _read(self, items: Sequence[ArchivedItem]) -> tuple[dict[str, Any], Names]:
        """The payloads of messages by id, and what those are called whom they mention.

        That is what the account is called; others are called what the server calls them.
        """
        payloads: dict[str, Any] = {}

        def mentioned(item: ArchivedItem) -> list[int]:
            payload = parse_json(item.body)
            users = [user.snowflake("id") for user in Fields(payload).objects("mentions")]
            payloads[item.external_id] = payload
            return users

        # What cannot be read is set aside when it is parsed.
        found = each_understood(items, mentioned, lambda _item, _error: None)
        ids = {user for users in found for user in users}
        rows = User.objects.filter(pk__in=ids).values_list("pk", "global_name", "username")
        called = {pk: global_name or username for pk, global_name, username in rows}
        names = self._session.names
        return payloads, Names({**names.users, **called}, names.roles, names.channels)

    def _add_unknown(self, kind: str) -> None:
        """Make rows for the server and the channels that have none, and of which items of a kind have."""
        channels = [int(scope.partition("/")[2]) for scope in self._scopes(kind)]
        save_unknown(self._session.server_id, {channel_id: time_of(channel_id) for channel_id in channels})

    def _load_server(self, page: Page, items: Sequence[ArchivedItem]) -> None:
        for server in page.parsed(SERVER, items, _of(parse_server)):
            page.saved("servers", SERVER, save_server(server), key="id")

    def _load_roles(self, page: Page, items: Sequence[ArchivedItem]) -> None:
        present = page.parsed(ROLE, items, _of(parse_role))
        absent = {int(item.external_id) for item in items if item.absent}
        removed = Role.objects.filter(pk__in=absent, removed_at__isnull=False)
        kept = set(removed.values_list("pk", flat=True))
        wanted = [role for role in present if role.id not in kept]
        page.saved("roles", ROLE, save_roles(self._session.server_id, wanted), key="id")
        page.count("roles_removed", tombstone_roles(absent - kept))

    def _load_channels(self, page: Page, items: Sequence[ArchivedItem]) -> None:
        gone = {int(item.external_id) for item in items if item.absent}
        removed = Channel.objects.filter(pk__in=gone, removed_at__isnull=False)
        kept = set(removed.values_list("pk", flat=True))
        server_id = self._session.server_id
        everyone = Role.objects.filter(pk=server_id).values_list("permissions", flat=True).first() or 0
        parse = _of(lambda payload: parse_channel(payload, everyone=server_id, permissions=everyone))
        records = [record for record in page.parsed(CHANNEL, items, parse) if record.id not in kept]
        stored = Channel.objects.filter(server=self._session.server_id)
        public = dict(stored.values_list("pk", "is_public"))
        public |= {each.id: each.everyone_may_view for each in records if each.everyone_may_view is not None}
        saved = save_channels(self._session.server_id, records, public=public)
        page.saved("channels", CHANNEL, saved, key="id")

    def _gone_channels(self) -> list[int]:
        """Those whose tombstone is still to be set: `_load_channels` has made them look present."""
        gone: list[int] = []
        self._each(
            self._session.scope,
            CHANNEL,
            lambda items: gone.extend(int(item.external_id) for item in items if item.absent),
        )
        return gone

    def _load_users(self, page: Page, items: Sequence[ArchivedItem]) -> None:
        saved = save_users(page.parsed(USER, items, _of(parse_user)))
        page.saved("users", USER, saved, key="id")

    def _load_members(self, page: Page, items: Sequence[ArchivedItem]) -> None:
        there: list[MemberRecord] = []
        left: list[MemberRecord] = []
        for item, member in page.parsed(
            MEMBER, items, lambda item: (item, parse_member(parse_json(item.body)))
        ):
            (left if item.absent else there).append(member)
        page.saved("members", MEMBER, save_members(self._session.server_id, there), key="user_id")
        if left:
            save_members(self._session.server_id, left)
            mark_left(self._session.server_id, [each.user.id for each in left])

    def _replay(self, scope: str, kind: str, load: Load) -> None:
        def in_page(items: Sequence[ArchivedItem]) -> None:
            with self._session.page(scope) as page:
                load(page, items)

        self._each(scope, kind, in_page)

    def _each(self, scope: str, kind: str, use: Callable[[Sequence[ArchivedItem]], None]) -> None:
        after = ""
        while items := archive.replay(self._name, scope, kind, after=after, limit=PAGE_ITEMS):
            use(items)
            after = items[-1].external_id


class BackfillReplay(Replay):
    """What a backfill has read of a server: it never takes the place of what a later run has read."""

    def run(self) -> None:
        session = self._session
        self._replay(session.scope, USER, self._load_users)
        for scope in self._scopes(HEAD):
            self._replay(scope, HEAD, self._load_heads)
        with session.page():
            for kind in (MESSAGE, EXPORTED):
                self._add_unknown(kind)
        session.load_names()
        self.messages()
        for scope in self._scopes(EXPORTED):
            self._each(scope, EXPORTED, lambda items, scope=scope: self._load_exported(scope, items))

    def save(self, channel_id: int, records: Sequence[MessageRecord]) -> Upserted:
        return save_messages(channel_id, records, overwrite=False)

    def _load_users(self, page: Page, items: Sequence[ArchivedItem]) -> None:
        users = page.parsed(USER, items, _of(parse_user))
        page.saved("users", USER, save_users(users, overwrite=False), key="id")

    def _load_heads(self, page: Page, items: Sequence[ArchivedItem]) -> None:
        for file in page.parsed(HEAD, items, _of(parse_exported_file)):
            page.count("channels_created", save_known_channel(file.server, file.channel))

    def _load_exported(self, scope: str, items: Sequence[ArchivedItem]) -> None:
        """Messages of files; those that Discord, when it was asked, no longer had, are gone."""
        with self._session.page(scope) as page:
            payloads = page.parsed(EXPORTED, items, lambda item: Fields(parse_json(item.body)).payload)
        save_exported(self._session, scope, payloads)
        absences = ArchiveVersion.objects.filter(
            scope=scope,
            kind=MESSAGE,
            external_id__in=[item.external_id for item in items],
            content_hash__isnull=True,
        )
        told = [int(external_id) for external_id in absences.values_list("external_id", flat=True)]
        gone = Message.objects.filter(pk__in=told, origin=Message.Origin.EXPORT)
        with self._session.page(scope) as page:
            removed = tombstone_messages(sorted(gone.values_list("pk", flat=True)))
            page.count("messages_removed", removed)
