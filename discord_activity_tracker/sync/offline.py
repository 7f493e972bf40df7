"""Loading the archive of a server again, without the network."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from core import archive
from core.archive import ArchivedItem
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
)
from discord_activity_tracker.protocol_impl import ChannelRecord, MemberRecord, MessageRecord, Names
from discord_activity_tracker.services import (
    mark_left,
    restore_content_hashes,
    save_channels,
    save_known_channel,
    save_members,
    save_messages,
    save_roles,
    save_server,
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
Load = Callable[[Page, Sequence[ArchivedItem]], None]


def archived_servers(collector: str) -> list[int]:
    """The servers of which something is archived."""
    scopes = ArchiveVersion.objects.filter(source=collector).values_list("scope", flat=True)
    return sorted({int(scope.partition("/")[0]) for scope in scopes.distinct()})


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
            payloads = [json.loads(item.body) for item in items]
            mentioned = self._users_mentioned(payloads)
            records = [parse_message(payload, mentioned) for payload in payloads]
            absent = {int(item.external_id) for item in items if item.absent or gone}
            removed = Message.objects.filter(pk__in=absent, removed_at__isnull=False)
            kept = set(removed.values_list("pk", flat=True))
            saved = self.save(channel_id, [record for record in records if record.id not in kept])
            page.saved("messages", MESSAGE, saved, key="id")
            page.count("messages_removed", tombstone_messages(sorted(absent - kept)))

        self._replay(self._session.scope_of(channel_id), MESSAGE, load)

    def save(self, channel_id: int, records: Sequence[MessageRecord]) -> Upserted:
        return save_messages(channel_id, records)

    def _users_mentioned(self, payloads: Sequence[Any]) -> Names:
        """Whom messages mention is called what the account is called; others what the server calls them."""
        names = self._session.names
        ids = {user.snowflake("id") for each in payloads for user in Fields(each).objects("mentions")}
        rows = User.objects.filter(pk__in=ids).values_list("pk", "global_name", "username")
        mentioned = {pk: global_name or username for pk, global_name, username in rows}
        return Names({**names.users, **mentioned}, names.roles, names.channels)

    def _load_server(self, page: Page, items: Sequence[ArchivedItem]) -> None:
        for item in items:
            page.saved("servers", SERVER, save_server(parse_server(json.loads(item.body))), key="id")

    def _load_roles(self, page: Page, items: Sequence[ArchivedItem]) -> None:
        present = [parse_role(json.loads(item.body)) for item in items]
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
        parsed = [self._channel(json.loads(item.body)) for item in items]
        records = [record for record in parsed if record.id not in kept]
        stored = Channel.objects.filter(server=self._session.server_id)
        public = dict(stored.values_list("pk", "is_public"))
        public |= {each.id: each.everyone_may_view for each in records if each.everyone_may_view is not None}
        saved = save_channels(self._session.server_id, records, public=public)
        page.saved("channels", CHANNEL, saved, key="id")

    def _channel(self, payload: Any) -> ChannelRecord:
        server_id = self._session.server_id
        everyone = Role.objects.filter(pk=server_id).values_list("permissions", flat=True).first()
        return parse_channel(payload, everyone=server_id, permissions=everyone or 0)

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
        saved = save_users(parse_user(json.loads(item.body)) for item in items)
        page.saved("users", USER, saved, key="id")

    def _load_members(self, page: Page, items: Sequence[ArchivedItem]) -> None:
        there: list[MemberRecord] = []
        left: list[MemberRecord] = []
        for item in items:
            (left if item.absent else there).append(parse_member(json.loads(item.body)))
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
        session.load_names()
        self.messages()
        for scope in self._scopes(EXPORTED):
            self._each(scope, EXPORTED, lambda items, scope=scope: self._load_exported(scope, items))

    def save(self, channel_id: int, records: Sequence[MessageRecord]) -> Upserted:
        return save_messages(channel_id, records, overwrite=False)

    def _load_users(self, page: Page, items: Sequence[ArchivedItem]) -> None:
        users = [parse_user(json.loads(item.body)) for item in items]
        page.saved("users", USER, save_users(users, overwrite=False), key="id")

    def _load_heads(self, page: Page, items: Sequence[ArchivedItem]) -> None:
        for item in items:
            file = parse_exported_file(json.loads(item.body))
            page.count("channels_created", save_known_channel(file.server, file.channel))

    def _load_exported(self, scope: str, items: Sequence[ArchivedItem]) -> None:
        """Messages of files; those that Discord, when it was asked, no longer had, are gone."""
        save_exported(self._session, scope, [json.loads(item.body) for item in items])
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
