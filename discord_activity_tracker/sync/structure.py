"""A server's roles, channels and threads: listed in every run, since nothing else tells what is new."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from django.db.models import QuerySet

from core import absences
from core.errors import InvalidInput, PermissionDenied
from core.models import Checkpoint
from core.pages import Page
from core.protocols import State
from core.visits import is_due
from discord_activity_tracker.client import Gone, Payload, Unreadable
from discord_activity_tracker.models import Channel, Role
from discord_activity_tracker.parsing import (
    channel_counters,
    channel_leaf,
    parse_channel,
    parse_role,
    parse_server,
    server_leaf,
)
from discord_activity_tracker.protocol_impl import ChannelRecord, ServerRecord
from discord_activity_tracker.services import (
    live_roles,
    mark_unreadable,
    save_channels,
    save_counters,
    save_roles,
    save_server,
    save_unknown,
    spread_visibility,
    tombstone_channels,
    tombstone_roles,
)
from discord_activity_tracker.sync.session import CHANNEL, ROLE, SERVER, ServerSession

logger = logging.getLogger(__name__)
THREADS = "threads"  # stream: how far a channel's archived threads were listed
AN_ID = re.compile(r"[0-9]{1,19}")
Kind = Channel.Kind
WITH_PUBLIC_THREADS = (Kind.TEXT, Kind.ANNOUNCEMENT, Kind.FORUM, Kind.MEDIA)
WITH_PRIVATE_THREADS = (Kind.TEXT,)
ONLY_THREADS = (Kind.FORUM, Kind.MEDIA)


@dataclass(slots=True)
class Structure:
    """Brings a server's lists up to date; `finds_removed`: also finds what is on them no longer."""

    session: ServerSession
    finds_removed: bool = True
    everyone_may: int = 0
    _active: set[int] = field(default_factory=set[int])
    _archived: set[int] = field(default_factory=set[int])
    _listed_whole: set[int] = field(default_factory=set[int])

    def run(self) -> None:
        session = self.session
        self._save_server(session.client.server(session.server_id))
        channels = session.client.channels(session.server_id)
        threads = session.client.active_threads(session.server_id)
        self._save_channels(channels)
        self._save_threads(threads, self._active)
        session.choose_channels()
        self._ask_for_unknown()
        if self.finds_removed:
            self._find_removed_channels(channels)
        for channel in self._with_threads():
            session.collector.scope(
                session.scope_of(channel.pk), lambda _, channel=channel: self._list_archived(channel)
            )
        if self.finds_removed:
            self._find_removed_threads()

    def _ask_for_unknown(self) -> None:
        """An archived thread is on no list so far: who asks for it by its id may be the first to do so."""
        session = self.session
        for number in [int(each) for each in sorted(session.unknown) if AN_ID.fullmatch(each)]:
            try:
                payload = session.client.channel(number)
            except (Gone, Unreadable):
                continue
            if payload.get("guild_id") == session.scope:
                self._save_threads([payload], self._archived)
        session.choose_channels()

    def _save_server(self, payload: Payload) -> None:
        """Save the server and its roles. For a server that cannot be parsed a bare row stands."""
        session = self.session
        told: object = payload.get("roles")
        roles = cast("list[Payload]", told) if isinstance(told, list) else []
        count = payload.get("approximate_member_count")
        with session.page() as page:
            servers = session.parsed(page, SERVER, [payload], _parse_server, server_leaf)
            parsed = session.parsed(page, ROLE, roles, parse_role, dict)
            bodies = {str(role.id): body for role, _, body in parsed}
            page.archive_all({SERVER: {str(record.id): body for record, _, body in servers}, ROLE: bodies})
            for record, _, _ in servers:
                saved = save_server(record, count if isinstance(count, int) else None)
                page.saved("servers", SERVER, saved, key="id")
            if not servers:
                save_unknown(session.server_id, {})
            page.saved(
                "roles", ROLE, save_roles(session.server_id, [role for role, _, _ in parsed]), key="id"
            )
            if servers and len(parsed) == len(roles):
                self._remove_roles(page, {str(role.id) for role, _, _ in parsed})
        everyone = Role.objects.filter(pk=session.server_id).values_list("permissions", flat=True)
        self.everyone_may = everyone.first() or 0

    def _remove_roles(self, page: Page, present: set[str]) -> None:
        live = {str(each) for each in live_roles(self.session.server_id)}
        gone = page.believed(ROLE, live - present, present=present, stored=lambda: len(live))
        if gone:
            page.archive(ROLE, dict.fromkeys(gone))
            page.count("roles_removed", tombstone_roles(map(int, gone)))

    def _save_channels(self, payloads: Sequence[Payload]) -> list[ChannelRecord]:
        session = self.session
        with session.page() as page:
            parsed = session.parsed(page, CHANNEL, payloads, self._parse, channel_leaf)
            page.archive(CHANNEL, {str(each.id): body for each, _, body in parsed})
            records = [each for each, _, _ in parsed]
            public = {each.id: bool(each.everyone_may_view) for each in records}
            parents = [each.parent_id for each in records if each.parent_id]
            public |= dict(Channel.objects.filter(pk__in=parents).values_list("pk", "is_public"))
            saved = save_channels(session.server_id, records, public=public)
            page.saved("channels", CHANNEL, saved, key="id")
            save_counters({each.id: channel_counters(raw) for each, raw, _ in parsed})
            page.count("threads_aligned", spread_visibility(session.server_id))
        return records

    def _save_threads(self, payloads: Sequence[Payload], seen: set[int]) -> None:
        if payloads:
            seen.update(each.id for each in self._save_channels(payloads))

    def _parse(self, payload: Payload) -> ChannelRecord:
        record = parse_channel(payload, everyone=self.session.server_id, permissions=self.everyone_may)
        channel_counters(payload)
        return record

    def _with_threads(self) -> list[Channel]:
        rows = self._live().filter(kind__in=WITH_PUBLIC_THREADS).order_by("pk")
        return [row for row in rows if self.session.is_wanted(row)]

    def _list_archived(self, channel: Channel) -> None:
        """List a channel's archived threads, back to where the last run began unless a sweep is due."""
        session = self.session
        scope = session.scope_of(channel.pk)
        state = session.state(scope, THREADS)
        days = session.settings.discord_sweep_days
        listed = state.extras.get("listed")
        until = None if is_due(listed, days=days, now=session.now()) else state.checkpoint_token
        try:
            found = [self._list_until(until, session.client.archived_threads(channel.pk))]
        except Unreadable as error:
            # Of others, their messages tell.
            if channel.kind in ONLY_THREADS and note_unreadable(session, channel, str(error), THREADS):
                raise
            return
        if channel.kind in ONLY_THREADS and channel.unreadable:
            with session.page(scope):
                mark_unreadable(channel.pk, "")
        if channel.kind in WITH_PRIVATE_THREADS:
            found.append(self._list_private(channel, until))
        newest = max([state.checkpoint_token or "", *(newest for newest, _ in found)]) or None
        if all(whole for _, whole in found):
            self._listed_whole.add(channel.pk)
            listed = session.today.isoformat()
        if (newest, listed) != (state.checkpoint_token, state.extras.get("listed")):
            with session.page(scope) as page:
                page.checkpoint(THREADS, State(newest, None, {"listed": listed}))

    def _list_private(self, channel: Channel, until: str | None) -> tuple[str, bool]:
        """All of them, or those that the bot has joined, which come in no order of archiving."""
        client = self.session.client
        try:
            return self._list_until(until, client.private_archived_threads(channel.pk))
        except PermissionDenied:
            return self._list_until(None, client.joined_archived_threads(channel.pk))

    def _list_until(self, until: str | None, pages: Iterable[list[Payload]]) -> tuple[str, bool]:
        """Save a list's threads, newest first; the newest time in it, and whether it was read to its end."""
        newest = ""
        for page in pages:
            self._save_threads(page, self._archived)
            times = [_archived_at(thread) for thread in page]
            newest = max([newest, *times])
            if until is not None and times and min(times) < until:
                return newest, False
        return newest, True

    def _find_removed_channels(self, listed: Iterable[Payload]) -> None:
        there = {str(each.get("id")) for each in listed}
        stored = self._live().exclude(kind__in=Channel.THREADS)
        self._confirm_gone(pk for pk in stored.values_list("pk", flat=True) if str(pk) not in there)

    def _find_removed_threads(self) -> None:
        """Threads that should have been listed: those that were active, and all where all were listed."""
        listed = self._active | self._archived
        threads = self._live().filter(kind__in=Channel.THREADS)
        rows = threads.values_list("pk", "parent_id", "is_archived").order_by("pk")
        self._confirm_gone(
            pk
            for pk, parent, is_archived in rows
            if pk not in listed and (not is_archived or parent in self._listed_whole)
        )

    def _confirm_gone(self, ids: Iterable[int]) -> None:
        """What no list shows is asked for before it is called removed."""
        for channel_id in list(ids):
            self.session.collector.scope(
                self.session.scope_of(channel_id), lambda _, each=channel_id: self._confirm(each)
            )

    def _confirm(self, channel_id: int) -> None:
        try:
            payload = self.session.client.channel(channel_id)
        except Gone:
            remove_channel(self.session, channel_id)
        except Unreadable:
            return  # hidden from the bot now; its messages say so, too
        else:
            self._save_threads([payload], self._archived)

    def _live(self) -> "QuerySet[Channel]":
        return Channel.objects.filter(server=self.session.server_id, removed_at__isnull=True)


def _parse_server(payload: Payload) -> ServerRecord:
    record = parse_server(payload)
    if not isinstance(payload.get("roles"), list):
        raise InvalidInput("roles: not a list", item=f"server {record.id}")
    return record


def remove_channel(session: ServerSession, channel_id: int) -> None:
    """Discord no longer has a channel: it, its threads and their messages get a tombstone.

    What is in quarantine of them cannot be asked for any more. Should they come back, all is read again.
    """
    with session.page() as page:
        gone = tombstone_channels([channel_id])
        page.archive(CHANNEL, {str(each): None for each in gone})
        page.count("channels_removed", len(gone))
        session.forget_quarantined(gone)
        scopes = [session.scope_of(each) for each in gone]
        Checkpoint.objects.filter(collector=page.collector, scope__in=scopes).delete()
        absences.forget(page.collector, scopes)


def note_unreadable(session: ServerSession, channel: Channel, why: str, stream: str) -> bool:
    """Said and counted when it is new; the row keeps it. Whether it could be read before, which is a failure.

    `stream` is what would have been read. A thread's failure is that of its channel, where that has one.
    """
    read = Checkpoint.objects.filter(
        collector=session.collector.name, scope=session.scope_of(channel.pk), stream=stream
    )
    around = Channel.objects.filter(pk=channel.parent_id if channel.is_thread else None).exclude(
        unreadable=""
    )
    was_readable = not channel.unreadable and read.exists() and not around.exists()
    with session.page(session.scope_of(channel.pk)) as page:
        is_new = mark_unreadable(channel.pk, why)
        page.count("channels_unreadable", is_new)
    if is_new:
        logger.warning("server %s: %s cannot be read: %s", session.server_id, channel, why)
    return was_readable


def _archived_at(thread: Payload) -> str:
    metadata: object = thread.get("thread_metadata")
    told = cast("Payload", metadata).get("archive_timestamp") if isinstance(metadata, Mapping) else None
    return told if isinstance(told, str) else ""
