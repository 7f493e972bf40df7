"""A server's roles, channels and threads: listed in every run, since nothing else tells what is new."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from core.errors import PermissionDenied
from core.protocols import State
from core.visits import is_due
from discord_activity_tracker.client import Gone, Payload, Unreadable, archived_at
from discord_activity_tracker.models import Channel
from discord_activity_tracker.services.channels import mark_unreadable, save_unknown
from discord_activity_tracker.sync.kinds import CHANNEL, ROLE, SERVER, channels_of
from discord_activity_tracker.sync.session import ServerSession
from discord_activity_tracker.sync.trouble import note_unreadable, remove_channel

THREADS = "threads"  # stream: how far a channel's archived threads were listed
AN_ID = re.compile(r"[0-9]{1,19}")
Kind = Channel.Kind
WITH_PUBLIC_THREADS = (Kind.TEXT, Kind.ANNOUNCEMENT, Kind.FORUM, Kind.MEDIA)
ONLY_THREADS = (Kind.FORUM, Kind.MEDIA)


@dataclass(slots=True)
class Structure:
    """Brings a server's lists up to date, and finds what is on them no longer."""

    session: ServerSession
    # Threads that Discord has shown, and channels whose archived threads it has shown to the last.
    _listed: set[int] = field(default_factory=set[int])
    _listed_whole: set[int] = field(default_factory=set[int])

    def run(self) -> None:
        session = self.session
        self._save_server(session.client.server(session.server_id))
        channels = session.client.channels(session.server_id)
        threads = session.client.active_threads(session.server_id)
        self._save_channels(channels)
        self._save_channels(threads)
        session.choose_channels()
        self._ask_for_unknown()
        there = {str(each.get("id")) for each in channels}
        stored = self._live().exclude(kind__in=Channel.THREADS)
        self._confirm_gone(pk for pk in stored.values_list("pk", flat=True) if str(pk) not in there)
        for channel in self._live().filter(kind__in=WITH_PUBLIC_THREADS).order_by("pk"):
            if session.choice.includes(channel.pk, channel.parent_id):
                session.collector.attempt(session.scope_of(channel.pk).name, self._list_archived, channel)
        self._confirm_gone(self._missing_threads())

    def _ask_for_unknown(self) -> None:
        """Ask for archived threads, which no list has shown so far, when they are wanted by their ids."""
        session = self.session
        for number in [int(each) for each in sorted(session.choice.unknown) if AN_ID.fullmatch(each)]:
            try:
                payload = session.client.channel(number)
            except (Gone, Unreadable):
                continue
            if payload.get("guild_id") == session.scope.name:
                self._save_channels([payload])
        session.choose_channels()

    def _save_server(self, payload: Payload) -> None:
        """Save the server and its roles."""
        server_id, roles = self.session.server_id, payload["roles"]
        with self.session.scope.page() as page:
            if page.take(SERVER, server_id, [payload]).refused:
                save_unknown(server_id)
            taken = page.take(ROLE, server_id, roles)
            if not taken.refused:  # else one of those that are stored may be it
                live = map(str, ROLE.live(server_id).values_list("pk", flat=True))
                missing = set(live) - taken.records.keys()
                page.absent(ROLE, server_id, missing, present=list(taken.records))

    def _save_channels(self, payloads: Sequence[Payload]) -> None:
        if payloads:
            kind = channels_of(self.session.server_id)
            with self.session.scope.page() as page:
                taken = page.take(kind, self.session.server_id, payloads)
            self._listed.update(map(int, taken.records))

    def _list_archived(self, channel: Channel) -> None:
        """List a channel's archived threads, back to where the last run began unless a sweep is due."""
        session = self.session
        scope = session.scope_of(channel.pk)
        state = session.state(scope, THREADS)
        listed, days = state.extras.get("listed"), session.settings.discord_sweep_days
        until = None if is_due(listed, days=days, now=session.now()) else state.checkpoint_token
        try:
            found = [self._list_until(until, session.client.archived_threads(channel.pk))]
        except Unreadable as error:
            # Of other channels, their messages tell.
            if channel.kind in ONLY_THREADS and note_unreadable(session, channel, str(error), THREADS):
                raise
            return
        if channel.kind in ONLY_THREADS and channel.unreadable:
            with scope.page():
                mark_unreadable(channel.pk, "")
        if channel.kind == Kind.TEXT:
            found.append(self._list_private(channel, until))
        newest = max([state.checkpoint_token or "", *(newest for newest, _ in found)]) or None
        if all(whole for _, whole in found):
            self._listed_whole.add(channel.pk)
            listed = session.today.isoformat()
        if (newest, listed) != (state.checkpoint_token, state.extras.get("listed")):
            with scope.page() as page:
                page.checkpoint(THREADS, State(newest, None, {"listed": listed}))

    def _list_private(self, channel: Channel, until: str | None) -> tuple[str, bool]:
        """List all private ones, or those that the bot has joined, which come in no order of archiving."""
        client = self.session.client
        try:
            return self._list_until(until, client.private_archived_threads(channel.pk))
        except PermissionDenied:
            return self._list_until(None, client.joined_archived_threads(channel.pk))

    def _list_until(self, until: str | None, batches: Iterable[list[Payload]]) -> tuple[str, bool]:
        """Save a list's threads, newest first; the newest time in it, and whether it was read to its end."""
        newest = ""
        for batch in batches:
            self._save_channels(batch)
            times = [at for thread in batch if (at := archived_at(thread))]
            newest = max([newest, *times])
            if until is not None and times and min(times) < until:
                return newest, False
        return newest, True

    def _missing_threads(self) -> list[int]:
        """Return threads that should have been listed: active ones, and all of channels listed whole."""
        rows = self._live().filter(kind__in=Channel.THREADS).order_by("pk")
        return [
            pk
            for pk, parent, is_archived in rows.values_list("pk", "parent_id", "is_archived")
            if pk not in self._listed and (not is_archived or parent in self._listed_whole)
        ]

    def _confirm_gone(self, ids: Iterable[int]) -> None:
        """Ask for what no list shows before it is called removed."""
        for channel_id in list(ids):
            self.session.collector.attempt(self.session.scope_of(channel_id).name, self._confirm, channel_id)

    def _confirm(self, channel_id: int) -> None:
        try:
            payload = self.session.client.channel(channel_id)
        except Gone:
            remove_channel(self.session, channel_id)
        except Unreadable:
            return  # hidden from the bot now; its messages say so, too
        else:
            self._save_channels([payload])

    def _live(self) -> "QuerySet[Channel]":
        return CHANNEL.live(self.session.server_id)
