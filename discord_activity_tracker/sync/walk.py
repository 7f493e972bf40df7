"""One channel's messages: backfill, resume, daily run, re-reading and sweep are one walk over ids.

Ids ascend with time and a page says where it ends, so a page tells all about its stretch: what is stored
there and not on the page was deleted. The checkpoint holds the covered stretches.
"""

import datetime as dt
from collections import ChainMap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast

from core.errors import InvalidInput, SourceError
from core.intervals import Intervals
from core.items import each_understood
from core.json_text import json_bytes
from core.pages import Page
from core.protocols import State
from discord_activity_tracker.client import (
    UNLIMITED,
    Allowance,
    Gone,
    MessagePage,
    Payload,
    Reading,
    Stretch,
)
from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.parsing import (
    first_id_at,
    message_leaf,
    parse_message,
    parse_user,
    payload_bytes,
    user_leaf,
    user_payloads,
)
from discord_activity_tracker.protocol_impl import ChannelState, MessageRecord, Names, UserRecord
from discord_activity_tracker.services import (
    absent_messages,
    count_messages,
    mark_unreadable,
    save_messages,
    tombstone_messages,
)
from discord_activity_tracker.sync.intent import require_contents
from discord_activity_tracker.sync.places import BEYOND, name_in_quarantine, place_of
from discord_activity_tracker.sync.session import MESSAGE, ServerSession
from discord_activity_tracker.sync.sweep import SWEEP, Sweep

STREAM = "messages"
PAGES_BETWEEN_CHECKPOINTS = 100  # of a sweep


@dataclass(slots=True)
class Walk:
    """What a run reads of one channel, and how far it has come. `allowance`: calls left for sweeps."""

    session: ServerSession
    channel: Channel
    allowance: Allowance
    # External ids in quarantine, and those of them that are due.
    quarantined: set[str] = field(default_factory=set[str])
    due: set[str] = field(default_factory=set[str])
    # For a backfill: the oldest message that is stored, before which it reads; None: no backfill.
    before: int | None = None
    created: int = 0
    pages: int = 0
    sweep: Sweep = field(init=False)
    _covered: Intervals = field(default_factory=Intervals)
    _saved: State = field(default_factory=State)

    def __post_init__(self) -> None:
        session = self.session
        self._saved = session.state(self.scope, STREAM)
        swept = session.state(self.scope, SWEEP)
        self.sweep = Sweep(swept, session.now(), session.settings.discord_sweep_days)
        self._covered = Intervals.from_extras(self._saved.extras)
        if self._covered and not self.is_bounded:
            self.sweep.begin()

    @property
    def scope(self) -> str:
        return self.session.scope_of(self.channel.pk)

    @property
    def is_bounded(self) -> bool:
        """A run that was told to leave things out re-reads nothing."""
        options = self.session.options
        return any((options.since, options.until, options.limit)) or self.before is not None

    @property
    def _top(self) -> int:
        """The newest message by Discord's word, which may have been deleted; 0 without any."""
        return self.channel.last_message_id or 0

    def reading(self) -> Reading | None:
        """What to ask for; None when there is no news and nothing is due."""
        wanted = Intervals([*self._news(), *self._reread(), *self._quarantined_places()])
        stretches = [self._stretch(start, end, UNLIMITED) for start, end in wanted]
        if self._sweeps:
            swept = Intervals([(self.sweep.reached or 0, self._covered.end)])
            for start, end in wanted:
                swept = swept.remove(start, end)
            stretches += [Stretch(start, end, self.allowance) for start, end in swept]
        if not stretches:
            return None
        stretches.sort(key=lambda each: each.start)
        return Reading(self.channel.pk, stretches, newest=self._top, limit=self.session.options.limit)

    def take(self, found: MessagePage) -> None:
        """Save a page with its checkpoint."""
        session = self.session
        if not found.messages:
            self._require_nothing_there(found)
        with session.page(self.scope) as page:
            records, users = self._parse(page, found)
            require_contents([record for record, _ in records], session.bot_id, self.channel)
            records = self._without_emptied(records)
            page.archive(MESSAGE, {str(record.id): body for record, body in records})
            seen = session.save_users(page, users)
            saved = save_messages(self.channel.pk, [each for each, _ in records])
            page.saved("messages", MESSAGE, saved, key="id")
            doubted = self._tombstone(page, found)
            end = self._end_of(found)
            covered = self._covered.add(found.start, end)
            if doubted:  # the next run reads it again
                covered = covered.remove(min(doubted), max(doubted) + 1)
            swept = self.sweep.after(found.start, end)
            self._save_progress(page, covered, swept)
            if self.channel.unreadable:
                mark_unreadable(self.channel.pk, "")
        seen.remember()
        self._covered, self.sweep.reached = covered, swept
        self.created += saved.created
        self.pages += 1

    def finish(self) -> None:
        """Keep how far a sweep has come that had no more calls."""
        if self._sweeps and self.sweep.reached != self.sweep.saved.extras.get("swept"):
            with self.session.page(self.scope) as page:
                self.sweep.save_progress(page)

    @property
    def _sweeps(self) -> bool:
        return self.sweep.is_before(self._covered.end)

    @property
    def is_overdue(self) -> bool:
        """Whether messages were left unswept for far too long."""
        return self._sweeps and self.sweep.is_overdue

    # What is to be read

    def _news(self) -> Iterator[tuple[int, int]]:
        options = self.session.options
        start = first_id_at(options.since) if options.since else 0
        end = self._top + 1
        if options.until:
            end = min(end, first_id_at(options.until))
        if self.before is not None:
            end = min(end, self.before)
        yield from self._covered.missing(start, end)

    def _reread(self) -> Iterator[tuple[int, int]]:
        days = self.session.settings.discord_reread_days
        if self.is_bounded or not days or not self._covered:
            return
        start = first_id_at(self.session.now() - dt.timedelta(days=days))
        if self._top >= start:
            yield start, self._covered.end

    def _quarantined_places(self) -> Iterator[tuple[int, int]]:
        for name in self.due:
            if (place := place_of(name)) is not None:
                yield place.to_read(self._top)

    def _stretch(self, start: int, end: int, allowance: Allowance) -> Stretch:
        """What ends with the newest message is read on to those that come meanwhile."""
        bounded = self.session.options.until or self.before is not None
        is_open = end > self._top and end >= self._covered.end and not bounded
        return Stretch(start, None if is_open else end, allowance)

    # What a page says

    def _parse(
        self, page: Page, found: MessagePage
    ) -> tuple[list[tuple[MessageRecord, bytes]], list[Payload]]:
        """Records, what is archived of them, and the users in them; what cannot be used is set aside."""
        set_aside: set[str] = set()

        def parse(place: int) -> tuple[MessageRecord, bytes, list[Payload]]:
            leaf = _leaf(found, place)
            people = user_payloads(found.messages[place])
            names = self._names(parse_user(user) for user in people)
            payload_bytes([user_leaf(user) for user in people])  # it can be written, too
            return parse_message(leaf, names), payload_bytes(leaf), people

        def refuse(place: int, error: InvalidInput) -> None:
            name = name_in_quarantine(found, place)
            page.quarantine(MESSAGE, name, json_bytes(found.messages[place]), error)
            set_aside.add(name)

        parsed = each_understood(range(len(found.messages)), parse, refuse)
        records = [(record, body) for record, body, _ in parsed]
        users = [user for _, _, people in parsed for user in people]
        end = self._end_of(found)
        understood = {
            name
            for name in self.quarantined - set_aside
            if (place := place_of(name)) is not None and place.is_within(found.start, end)
        }
        if understood:
            page.resolve(MESSAGE, understood)
            self.quarantined -= understood
        self.quarantined |= set_aside
        return records, users

    def _names(self, people: Iterable[UserRecord]) -> Names:
        """Whom a message mentions, it names itself; others are called what the server calls them."""
        names = self.session.names
        mentioned = {user.id: user.display_name for user in people}
        return Names(ChainMap(mentioned, cast("dict[int, str]", names.users)), names.roles, names.channels)

    def _without_emptied(
        self, records: list[tuple[MessageRecord, bytes]]
    ) -> list[tuple[MessageRecord, bytes]]:
        """Nothing empties a message but an edit: without one, a text that is stored stays."""
        edits = {record.id: record.edited_at for record, _ in records if record.is_empty}
        if not edits:
            return records
        stored = Message.objects.filter(pk__in=list(edits)).exclude(content="")
        kept = {pk for pk, edited_at in stored.values_list("pk", "edited_at") if edits[pk] == edited_at}
        return [each for each in records if each[0].id not in kept]

    def _tombstone(self, page: Page, found: MessagePage) -> set[int]:
        """What is stored and not on the page is gone; returns what is too much to be believed gone."""
        missing: list[int] = []
        if None not in found.ids:  # else one of those that are stored may be it
            missing = absent_messages(self.channel.pk, found.start, found.end, found.known_ids)
        believed = page.believed(
            MESSAGE,
            map(str, missing),
            present=[str(each) for each in found.known_ids],
            stored=lambda: count_messages(self.channel.pk),
        )
        gone = sorted(map(int, believed))
        if gone:
            page.count("messages_removed", tombstone_messages(gone))
            page.archive(MESSAGE, {str(each): None for each in gone})
        return set(missing).difference(gone)

    def _require_nothing_there(self, found: MessagePage) -> None:
        """Discord lists nothing to who may not read the history: that must not look like deletions.

        Raises Unreadable then.
        """
        stored = Message.objects.filter(channel=self.channel.pk, pk__gte=found.start, removed_at__isnull=True)
        stored = stored if found.end is None else stored.filter(pk__lt=found.end)
        asked = stored.order_by("-pk").values_list("pk", flat=True).first()
        first = self._top if found.start <= self._top < (found.end or BEYOND) else 0
        if asked is None and not self._covered and first:
            asked = first
        if asked is None:
            return
        try:
            self.session.client.message(self.channel.pk, asked)
        except Gone:
            return
        raise SourceError(
            f"Discord lists no message of {self.channel}, but has message {asked}", remedy="run it again"
        )

    # How far it is

    def _end_of(self, found: MessagePage) -> int:
        """Behind the last id that a page speaks of: ids ascend, so nothing comes in before the newest."""
        newest = max([self._top, found.start - 1, *found.known_ids])
        return newest + 1 if found.end is None else found.end

    def _save_progress(self, page: Page, covered: Intervals, swept: int | None) -> None:
        state = ChannelState(covered)
        if state.extras != self._saved.extras:
            page.checkpoint(STREAM, state)
            self._saved = State(state.checkpoint_token, state.human_readable_marker, state.extras)
        is_first = self.sweep.saved == State() and self.before is None
        if is_first or (swept is not None and swept >= covered.end > self._top):
            self.sweep.save_end(page)
        elif self._sweeps and (self.pages + 1) % PAGES_BETWEEN_CHECKPOINTS == 0:
            self.sweep.save_progress(page)


def _leaf(found: MessagePage, place: int) -> Payload:
    """Raises InvalidInput for what is no message of the page."""
    raw = found.messages[place]
    if found.ids[place] is None:
        raise InvalidInput("id: not one that belongs into this page", item=ascii(raw)[:80])
    return message_leaf(raw)
