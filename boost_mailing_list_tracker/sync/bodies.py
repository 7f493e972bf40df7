"""Fetching bodies for what the listing brought: few exports over days first, single messages for the rest.

What an export does not bring is asked for by hash, then from the API.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.sync.exports import BROKEN_EXPORT, LAST_DAY, Exports, wanted_of, windows
from boost_mailing_list_tracker.sync.kinds import BODY
from boost_mailing_list_tracker.sync.session import ListSession
from core.errors import CollectorError, NotFound, PermissionDenied

MOST_FAILURES = 8  # messages in a row that the API does not give: the rest waits for the next run
ONE_MESSAGE = (*BROKEN_EXPORT, PermissionDenied)


@dataclass(slots=True)
class Bodies:
    """Brings the bodies of all messages that lack one."""

    session: ListSession
    exports: Exports
    # Whether the listing was read to its end: a mail that only an export shows is then a hidden one.
    listing_complete: bool
    _failures_in_a_row: int = 0

    def run(self) -> None:
        """Bring them; those that cannot be had are set aside, each alone."""
        if pending := self.session.to_fetch().count():
            for start, end in windows(self.session.to_fetch()):
                for item_hash in self._bring(self.session.to_fetch(), start, end):
                    self._fetch_one(item_hash)
                done = pending - self.session.to_fetch().count()
                self.session.collector.progress.update(f"{self.session.name} bodies", done, pending)
            beyond = self.session.to_fetch().filter(date__gte=LAST_DAY)
            for item_hash in beyond.values_list("message_id_hash", flat=True):
                self._fetch_one(item_hash)
        for item_hash in sorted(self.exports.unlisted) if self.listing_complete else ():
            self._fetch_hidden(item_hash)
        if self.session.collector.options.limit is None:
            self._upgrade()

    def _bring(self, rows: "QuerySet[Message]", start: dt.date, end: dt.date) -> Collection[str]:
        """Bring the bodies of these days by the export; return the hashes of those that it lacks."""
        wanted = wanted_of(rows, start, end)
        self.exports.bring(start, end, wanted)
        return wanted

    def _upgrade(self) -> None:
        """Ask the export for what the API had to give, as long as there is an export."""
        poor = self.session.to_fetch(Message.BodySource.API)
        for start, end in windows(poor) if self.exports.works else ():
            for item_hash in self._bring(poor, start, end):
                try:
                    self.exports.bring_one(item_hash)
                except BROKEN_EXPORT as error:
                    set_aside(self.session, item_hash, error)
            if not self.exports.works:
                return

    def _fetch_one(self, item_hash: str) -> None:
        """Bring one body: its own export, else the API's version. A failure stops only this message."""
        broken: CollectorError | None = None
        try:
            if self.exports.bring_one(item_hash):
                return
        except BROKEN_EXPORT as error:
            broken = error
        try:
            fetch_detail(self.session, item_hash, broken)
        except NotFound:
            # The listing showed what the archive does not give: the sweep decides whether it is gone.
            gone = NotFound(f"the archive lists {item_hash}, but does not have it")
            set_aside(self.session, item_hash, broken or gone)
        except ONE_MESSAGE as error:
            # Good messages are not set aside because nobody answers.
            self.exports.require_source()
            self._failures_in_a_row += 1
            if self._failures_in_a_row > MOST_FAILURES:
                raise
            set_aside(self.session, item_hash, error)
        else:
            self._failures_in_a_row = 0

    def _fetch_hidden(self, item_hash: str) -> None:
        """Fetch a mail that the export has and the listing did not show: replies of equal times hide some."""
        if Message.objects.filter(mailing_list=self.session.row, message_id_hash=item_hash).exists():
            return
        try:
            item = self.session.fetch_entry(item_hash)
        except NotFound:
            return  # the export had stripped characters from the Message-ID: the hash is another mail's
        if item is not None:
            self._fetch_one(item_hash)


def set_aside(session: ListSession, item_hash: str, error: CollectorError) -> None:
    """Note that a body could not be had; it is asked for again when it is due."""
    with session.page() as page:
        page.quarantine(BODY, item_hash, b"", error)


def fetch_detail(session: ListSession, item_hash: str, broken: CollectorError | None = None) -> None:
    """Save the API's version of a message. Raises NotFound when it is gone.

    Where only this message's export is `broken`, it is tried again later.
    """
    payload = session.client.detail(session.name, item_hash)
    with session.page() as page:
        session.take_bodies(page, session.kinds.detail, [payload])
        page.count("bodies_poor", page.counts["bodies_updated"])
        if broken:
            page.quarantine(BODY, item_hash, b"", broken)
