"""A channel's messages: backfill, resume, daily run, re-reading and sweep are one walk over ids.

Ids ascend with time and a batch says where it ends, so it tells all about its stretch: what is stored there
and not in it was deleted. The checkpoint holds the covered stretches.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db.models import QuerySet

from core.collectors import Scope
from core.errors import InvalidInput, SourceError
from core.intervals import Intervals
from core.pages import Page
from core.protocols import State
from discord_activity_tracker.client import (
    UNLIMITED,
    Allowance,
    Gone,
    MessageBatch,
    Payload,
    Reading,
    Stretch,
)
from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.parsing.fields import first_id_at
from discord_activity_tracker.parsing.messages import read_message
from discord_activity_tracker.parsing.servers import user_payloads
from discord_activity_tracker.protocol_impl import ChannelState, MessageRecord
from discord_activity_tracker.services.channels import mark_unreadable
from discord_activity_tracker.sync.intent import require_contents
from discord_activity_tracker.sync.kinds import ATTACHMENT, MESSAGE, with_names
from discord_activity_tracker.sync.places import BEYOND, name_in_quarantine, place_of
from discord_activity_tracker.sync.session import ServerSession
from discord_activity_tracker.sync.sweep import SWEEP, Sweep

STREAM = "messages"


@dataclass(slots=True)
class Walk:
    """A run's way through one channel, and how far it has come. `allowance`: calls left for sweeps."""

    session: ServerSession
    channel: Channel
    allowance: Allowance
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
    def scope(self) -> Scope:
        return self.session.scope_of(self.channel.pk)

    @property
    def is_bounded(self) -> bool:
        """Tell whether the run was told to leave things out; then it re-reads nothing."""
        options = self.session.collector.options
        return any((options.since, options.until, options.limit))

    @property
    def _top(self) -> int:
        """The newest message by Discord's word, which may have been deleted; 0 without any."""
        return self.channel.last_message_id or 0

    def reading(self) -> Reading | None:
        """Return what to ask for; None when there is no news and nothing is due."""
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
        return Reading(
            self.channel.pk, stretches, newest=self._top, limit=self.session.collector.options.limit
        )

    def take(self, found: MessageBatch) -> None:
        """Save a batch with its checkpoint."""
        session = self.session
        if not found.messages:
            self._require_nothing_there(found)
        kind = with_names(MESSAGE, read_message, session.names)
        with self.scope.page() as page:
            records, refused = page.understand(kind, self._with_ids(page, found))
            require_contents([each for each, _ in records.values()], session.bot_id, self.channel)
            for name in self._emptied(records):
                del records[name]
            taken = page.keep(kind, self.channel.pk, records, refused)
            messages = [each for each in found.messages if kind.name_of(each) in taken.records]
            users = session.take_users(page, (user for each in messages for user in user_payloads(each)))
            end = self._end_of(found)
            self._resolve(page, found.start, end)
            doubted = self._bury_missing(page, found)
            covered = self._covered.add(found.start, end)
            if doubted:  # the next run reads it again
                covered = covered.remove(min(doubted), max(doubted) + 1)
            swept = self.sweep.after(found.start, end)
            self._save_progress(page, covered, swept)
            if self.channel.unreadable:
                mark_unreadable(self.channel.pk, "")
        session.users.update(users)
        self._covered, self.sweep.reached = covered, swept

    @property
    def _sweeps(self) -> bool:
        return self.sweep.is_before(self._covered.end)

    @property
    def is_overdue(self) -> bool:
        """Tell whether messages were left unswept for far too long."""
        return self._sweeps and self.sweep.is_overdue

    # What is to be read

    def _news(self) -> Iterator[tuple[int, int]]:
        options = self.session.collector.options
        start = first_id_at(options.since) if options.since else 0
        end = self._top + 1
        if options.until:
            end = min(end, first_id_at(options.until))
        yield from self._covered.missing(start, end)

    def _reread(self) -> Iterator[tuple[int, int]]:
        days = self.session.settings.discord_reread_days
        if self.is_bounded or not days or not self._covered:
            return
        start = first_id_at(self.session.now() - dt.timedelta(days=days))
        if self._top >= start:
            yield start, self._covered.end

    def _quarantined_places(self) -> Iterator[tuple[int, int]]:
        # A file is asked for again with its message, which tells its address.
        files = {name.partition("/")[0] for name in self.scope.due(ATTACHMENT)}
        for name in self.scope.due(MESSAGE.name) | files:
            if (place := place_of(name)) is not None:
                yield place.to_read(self._top)

    def _stretch(self, start: int, end: int, allowance: Allowance) -> Stretch:
        """Return a stretch. One that ends with the newest message goes on to those that come meanwhile."""
        until = self.session.collector.options.until
        is_open = end > self._top and end >= self._covered.end and until is None
        return Stretch(start, None if is_open else end, allowance)

    # What a batch says

    def _with_ids(self, page: Page, found: MessageBatch) -> list[Payload]:
        """Set aside what has no id that belongs into the batch; it is asked for again by its place."""
        for place, own in enumerate(found.ids):
            if own is None:
                raw = found.messages[place]
                error = InvalidInput("id: not one that belongs here", item=ascii(raw)[:80])
                page.quarantine(MESSAGE.name, name_in_quarantine(found, place), MESSAGE.evidence(raw), error)
        return [each for own, each in zip(found.ids, found.messages, strict=True) if own is not None]

    def _resolve(self, page: Page, start: int, end: int) -> None:
        """Resolve what was set aside of this stretch; what the page itself has set aside stays."""
        places = {name: place_of(name) for name in self.scope.listed(MESSAGE.name)}
        page.resolve(
            MESSAGE.name, [name for name, place in places.items() if place and place.is_within(start, end)]
        )

    def _emptied(self, records: Mapping[str, tuple[MessageRecord, bytes]]) -> list[str]:
        """Return messages whose stored text stays: nothing empties one but an edit, and there was none."""
        empty = {name: each for name, (each, _) in records.items() if each.is_empty}
        if not empty:
            return []
        stored = Message.objects.filter(pk__in=[each.id for each in empty.values()]).exclude(content="")
        edits = dict(stored.values_list("pk", "edited_at"))
        return [name for name, each in empty.items() if each.id in edits and edits[each.id] == each.edited_at]

    def _stored(self, found: MessageBatch) -> "QuerySet[Message]":
        """Return what is stored as there between the batch's ends."""
        stored = MESSAGE.live(self.channel.pk).filter(pk__gte=found.start)
        return stored if found.end is None else stored.filter(pk__lt=found.end)

    def _bury_missing(self, page: Page, found: MessageBatch) -> set[int]:
        """Bury what is stored and not in the batch; return what is too much to be believed gone."""
        if None in found.ids:  # one of those that are stored may be it
            return set()
        present = set(found.known_ids)
        missing = [pk for pk in self._stored(found).values_list("pk", flat=True) if pk not in present]
        gone = page.absent(MESSAGE, self.channel.pk, map(str, missing), present=list(map(str, present)))
        return set(missing).difference(map(int, gone))

    def _require_nothing_there(self, found: MessageBatch) -> None:
        """Raise Unreadable where the bot may not read the history.

        Discord lists nothing then, rather than to refuse: that must not look like deletions.
        """
        asked = self._stored(found).order_by("-pk").values_list("pk", flat=True).first()
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

    def _end_of(self, found: MessageBatch) -> int:
        """Return the id behind the last one that a batch speaks of: nothing comes in before the newest."""
        newest = max([self._top, found.start - 1, *found.known_ids])
        return newest + 1 if found.end is None else found.end

    def _save_progress(self, page: Page, covered: Intervals, swept: int | None) -> None:
        state = ChannelState(covered)
        if state.extras != self._saved.extras:
            page.checkpoint(STREAM, state)
            self._saved = State(state.checkpoint_token, state.human_readable_marker, state.extras)
        if self.sweep.saved == State() or (swept is not None and swept >= covered.end > self._top):
            self.sweep.save_end(page)
        elif swept is not None and swept != self.sweep.reached:
            self.sweep.save_progress(page, swept)
