"""Reading the listing: backfill, resume, daily run and sweep are one walk over what is not covered yet.

The listing is newest archived first, so an offset means another message after each arrival. Positions are
therefore counted from the oldest message (0) up, and the checkpoint holds the covered intervals of them.
Every page reaches some messages into covered ground; when one of those is new to us, the ground had moved
under us (mails were removed), and what lies below is read again.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

from boost_mailing_list_tracker.client import ListingPage
from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.parsing import message_id_hash
from boost_mailing_list_tracker.protocol_impl import ListingItem
from boost_mailing_list_tracker.services import save_source_count
from boost_mailing_list_tracker.sync.entries import Raw, parse_entry, save_entries
from boost_mailing_list_tracker.sync.session import HASH, LISTING, ListSession
from core import sweeps
from core.errors import InvalidInput, SourceError, SourceTimeout
from core.intervals import Intervals
from core.json_text import json_bytes
from core.pages import Page
from core.protocols import State

STREAM = "listing"
OVERLAP = 20  # messages of covered ground that a page reaches into
PROBE = 50  # messages of the first page when all was covered the last time
SMALLEST_PAGE = 10
# A bounded run stops at a page whose mails are all older than this before --since: archiving lags behind.
SINCE_MARGIN = dt.timedelta(days=7)


class Ledger(Protocol):
    """Which of a page's messages a walk had already met, and what else it notes of them."""

    def known(self, hashes: Sequence[str]) -> set[str]: ...

    def note(self, items: Sequence[ListingItem]) -> None: ...


@dataclass(slots=True)
class Walk:
    """One walk over a list; `stream` names its checkpoint, `ledger` what it has met."""

    session: ListSession
    stream: str
    ledger: Ledger
    pages_allowed: int | None = None
    count: int = 0
    created: int = 0
    finished: bool = False
    _covered: Intervals = field(default_factory=Intervals)
    _page_size: int = 0
    _oldest: dt.datetime | None = None

    def run(self) -> None:
        session = self.session
        state = State() if session.bounded else session.collector.checkpoint(session.name, self.stream)
        self._covered = Intervals.from_extras(state.extras)
        self._page_size = session.settings.mailing_list_page_size
        self._take(self._read(0, min(PROBE, self._page_size) if self._covered else self._page_size))
        pages = 1
        while (gap := self._next_gap()) and not self._satisfied():
            if self.pages_allowed is not None and pages >= self.pages_allowed:
                return
            start, end = gap
            start = max(0, start - OVERLAP)
            self._take(self._read(self.count - end, min(self._page_size, end - start)))
            pages += 1
        self.finished = True

    def _next_gap(self) -> tuple[int, int] | None:
        """The newest interval that is not covered."""
        return max(self._covered.missing(0, self.count), default=None)

    def _satisfied(self) -> bool:
        options = self.session.options
        if options.limit is not None and self.created >= options.limit:
            return True
        since = options.since
        return since is not None and self._oldest is not None and self._oldest < since - SINCE_MARGIN

    def _read(self, offset: int, limit: int) -> ListingPage:
        while True:
            try:
                return self.session.client.listing(self.session.name, offset=offset, limit=limit)
            except SourceTimeout:
                if limit <= SMALLEST_PAGE:
                    raise
                # Big pages are slow to make; a smaller one may come in time.
                limit = self._page_size = max(SMALLEST_PAGE, limit // 2)

    def _take(self, listing: ListingPage) -> None:
        """Save a page with its checkpoint."""
        session = self.session
        self.count = listing.count
        top = max(0, listing.count - listing.offset)
        bottom = max(0, top - len(listing.items))
        if not listing.items and top:
            raise SourceError(
                f"the archive says that {session.name} has {listing.count} messages,"
                f" but sends none from number {listing.offset} on",
                remedy="run it again; if it stays, ask the archive's administrator",
            )
        with session.page() as page:
            if session.row.pk is None:
                session.row.save()  # the archive knows the list
            entries = self._parse(page, listing.items)
            items = [item for item, _ in entries]
            known = self.ledger.known([item.message_id_hash for item in items])
            new = [item for item in items if item.message_id_hash not in known]
            save_entries(session, page, [(item, raw) for item, raw in entries if self._in_bounds(item)])
            self.ledger.note(items)
            covered = self._covered.add(bottom, top)
            if {item.message_id_hash for item in items[-OVERLAP:]} - known:
                covered = covered.remove(bottom - self._page_size, bottom)
            # Mails were removed: positions above the newest message cover nothing.
            covered = covered.remove(listing.count, listing.count + max(covered.end - listing.count, 0))
            if not session.bounded:
                save_source_count(session.row, listing.count)
                page.checkpoint(self.stream, self._state(covered, listing.count))
        self._covered = covered
        self.created += len(new)
        self._oldest = max((item.date for item in items), default=None)
        session.collector.progress.update(session.name, len(covered), listing.count)

    def _parse(self, page: Page, raws: Sequence[Raw]) -> list[tuple[ListingItem, Raw]]:
        entries: list[tuple[ListingItem, Raw]] = []
        for raw in raws:
            try:
                entries.append((parse_entry(self.session, raw), raw))
            except InvalidInput as error:
                payload = json_bytes(raw)
                page.quarantine(LISTING, quarantine_id(raw, payload), payload, error)
        return entries

    def _in_bounds(self, item: ListingItem) -> bool:
        options = self.session.options
        return (options.since is None or item.date >= options.since) and (
            options.until is None or item.date < options.until
        )

    @staticmethod
    def _state(covered: Intervals, count: int) -> State:
        return State(None, f"{len(covered)} of {count} messages", covered.as_extras())


def quarantine_id(raw: Raw, payload: bytes) -> str:
    """The message's hash, from whatever in the entry still tells it, so that it can be asked for again."""
    if not isinstance(cast("object", raw), Mapping):
        return hashlib.sha256(payload).hexdigest()
    candidates = [raw.get("message_id_hash"), str(raw.get("url")).rstrip("/").rpartition("/")[2]]
    if isinstance(raw.get("message_id"), str):
        candidates.append(message_id_hash(raw["message_id"]))
    told = next((text for text in candidates if isinstance(text, str) and HASH.fullmatch(text)), None)
    return told or hashlib.sha256(payload).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredMessages:
    """The ledger of the normal walk: the table itself."""

    session: ListSession

    def known(self, hashes: Sequence[str]) -> set[str]:
        stored = Message.objects.filter(
            mailing_list=self.session.row, listed=True, removed_at__isnull=True, message_id_hash__in=hashes
        )
        return set(stored.values_list("message_id_hash", flat=True))

    def note(self, items: Sequence[ListingItem]) -> None:
        """Saving them was the note."""


@dataclass(frozen=True, slots=True)
class SweptMessages:
    """The ledger of a sweep: what it has seen at the source so far."""

    session: ListSession

    def known(self, hashes: Sequence[str]) -> set[str]:
        seen = sweeps.seen(self.session.collector.name, self.session.name)
        return set(seen.filter(external_id__in=hashes).values_list("external_id", flat=True))

    def note(self, items: Sequence[ListingItem]) -> None:
        sweeps.saw(
            self.session.collector.name,
            self.session.name,
            [(item.message_id_hash, month_of(item.date)) for item in items],
        )


def month_of(date: dt.datetime) -> str:
    return f"{date.astimezone(dt.UTC):%Y-%m}"
