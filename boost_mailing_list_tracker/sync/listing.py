"""Reading the listing: backfill, resume, daily run and sweep are one walk over what is not covered yet.

The listing is newest archived first, so an offset means another message after each arrival. Positions are
therefore counted from the oldest message (0) up, and the checkpoint holds the covered intervals of them.
Every reply reaches some messages into covered ground; when one of those is new to us, the ground had moved
under us (mails were removed), and what lies below is read again.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from boost_mailing_list_tracker.client import ListingReply
from boost_mailing_list_tracker.protocol_impl import ListingItem
from boost_mailing_list_tracker.services import save_source_count
from boost_mailing_list_tracker.sync.session import ListSession
from core import sweeps
from core.errors import SourceError, SourceTimeout
from core.intervals import Intervals
from core.protocols import State

LISTING = "listing"  # the stream of the daily walk
SWEEP = "sweep"  # that of a walk over everything, to compare
OVERLAP = 20  # messages of covered ground that a reply reaches into
PROBE = 50  # messages of the first reply when all was covered the last time
SMALLEST = 10  # messages that are asked for at once
# A bounded run stops at a reply whose mails are all older than this before --since: archiving lags behind.
SINCE_MARGIN = dt.timedelta(days=7)


@dataclass(slots=True)
class Walk:
    """One walk over a list. `stream` names its checkpoint; a sweep also notes what it has seen.

    `count` is the archive's number of messages; `finished` tells whether the walk came to its end.
    """

    session: ListSession
    stream: str
    count: int = 0
    finished: bool = False
    _created: int = 0
    _covered: Intervals = field(default_factory=Intervals)
    _size: int = 0  # of a reply, in messages
    _newest: dt.datetime | None = None  # of the last reply

    def run(self) -> None:
        """Read until everything is covered, or as far as this run is meant to go."""
        session = self.session
        state = State() if session.bounded else session.state(self.stream)
        self._covered = Intervals.from_extras(state.extras)
        self._size = session.settings.mailing_list_page_size
        self._take(self._read(0, min(PROBE, self._size) if self._covered else self._size))
        requests = 1
        # The newest first: what is new there is wanted most.
        while (gap := max(self._covered.missing(0, self.count), default=None)) and not self._satisfied():
            if self.stream == SWEEP and requests >= session.settings.mailing_list_sweep_pages:
                return
            start, end = max(0, gap[0] - OVERLAP), gap[1]
            self._take(self._read(self.count - end, min(self._size, end - start)))
            requests += 1
        self.finished = True

    def _satisfied(self) -> bool:
        options = self.session.collector.options
        if options.limit is not None and self._created >= options.limit:
            return True
        since = options.since
        return since is not None and self._newest is not None and self._newest < since - SINCE_MARGIN

    def _read(self, offset: int, limit: int) -> ListingReply:
        while True:
            try:
                return self.session.client.listing(self.session.name, offset=offset, limit=limit)
            except SourceTimeout:
                if limit <= SMALLEST:
                    raise
                # A big reply is slow to make; a smaller one may come in time.
                limit = self._size = max(SMALLEST, limit // 2)

    def _take(self, reply: ListingReply) -> None:
        """Save a reply with its checkpoint."""
        session, kind = self.session, self.session.kinds.listing
        top = max(0, reply.count - reply.offset)
        bottom = max(0, top - len(reply.items))
        if not reply.items and top:
            raise SourceError(
                f"the archive says that {session.name} has {reply.count} messages,"
                f" but sends none from number {reply.offset} on",
                remedy="run it again; if it stays, ask the archive's administrator",
            )
        with session.page() as page:
            found, refused = page.understand(kind, reply.items)
            met = self._met(found)
            wanted = {name: each for name, each in found.items() if self._in_bounds(each[0])}
            taken = page.keep(kind, session.row, wanted, refused)
            self._note({name: item for name, (item, _) in found.items()})
            covered = self._covered.add(bottom, top)
            if set(list(found)[-OVERLAP:]) - met - taken.refused:
                covered = covered.remove(bottom - self._size, bottom)
            # Mails were removed: positions above the newest message cover nothing.
            covered = covered.remove(reply.count, max(covered.end, reply.count))
            if not session.bounded:
                save_source_count(session.row, reply.count)
                marker = f"{len(covered)} of {reply.count} messages"
                page.checkpoint(self.stream, State(None, marker, covered.as_extras()))
        self.count = reply.count
        self._covered = covered
        self._created += len(set(found) - met)
        self._newest = max((item.date for item, _ in found.values()), default=None)
        session.collector.progress.update(session.name, len(covered), reply.count)

    def _met(self, hashes: Collection[str]) -> set[str]:
        """Return those of these messages that are stored, or that this sweep has seen."""
        session = self.session
        if self.stream == SWEEP:
            return sweeps.seen_of(session.collector.name, session.name, hashes)
        stored = session.in_listing().filter(message_id_hash__in=list(hashes))
        return set(stored.values_list("message_id_hash", flat=True))

    def _note(self, items: Mapping[str, ListingItem]) -> None:
        if self.stream == SWEEP:
            months = [(item_hash, month_of(item.date)) for item_hash, item in items.items()]
            sweeps.saw(self.session.collector.name, self.session.name, months)

    def _in_bounds(self, item: ListingItem) -> bool:
        options = self.session.collector.options
        return (options.since is None or item.date >= options.since) and (
            options.until is None or item.date < options.until
        )


def month_of(date: dt.datetime) -> str:
    """Return the month (UTC) that gaps are told by."""
    return f"{date.astimezone(dt.UTC):%Y-%m}"
