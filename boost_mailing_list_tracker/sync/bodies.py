"""Fetching bodies for what the listing brought: few exports over days first, single messages for the rest.

What an export does not bring is asked for by hash, then from the API.
"""

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
        pending = self._pending().count()
        for start, end in windows(self._pending()) if pending else ():
            wanted = wanted_of(self._pending(), start, end)
            self.exports.bring(start, end, wanted)
            for item_hash in wanted:
                self._fetch_one(item_hash)
            done = pending - self._pending().count()
            self.session.collector.progress.update(f"{self.session.name} bodies", done, pending)
        beyond = self._pending().filter(date__gte=LAST_DAY) if pending else Message.objects.none()
        for item_hash in [*beyond.values_list("message_id_hash", flat=True), *self._poor_and_due()]:
            self._fetch_one(item_hash)
        for item_hash in sorted(self.exports.unlisted) if self.listing_complete else ():
            self._fetch_hidden(item_hash)

    def _pending(self) -> "QuerySet[Message]":
        """Messages without a body, as the partial index has them; those in quarantine wait for their time."""
        session = self.session
        rows = session.without_waiting(session.messages().filter(body_source__isnull=True))
        return session.within_bounds(rows)

    def _poor_and_due(self) -> list[str]:
        """Messages with the API's body whose export broke, and is due to be tried again."""
        session = self.session
        if not (due := session.due(BODY)):
            return []
        rows = session.messages().filter(message_id_hash__in=due, body_source=Message.BodySource.API)
        return list(session.within_bounds(rows).values_list("message_id_hash", flat=True))

    def _fetch_one(self, item_hash: str) -> None:
        """Bring one body: its own export, else the API's version. A failure stops only this message."""
        broken: CollectorError | None = None
        try:
            if self.exports.bring_one(item_hash):
                return
        except BROKEN_EXPORT as error:
            broken = error
        try:
            self.exports.poor += fetch_detail(self.session, item_hash, broken)
        except NotFound:
            # The listing showed what the archive does not give: the sweep decides whether it is gone.
            error = broken or NotFound(f"the archive lists {item_hash}, but does not have it")
            with self.session.page() as page:
                page.quarantine(BODY, item_hash, b"", error)
        except ONE_MESSAGE as error:
            # Good messages are not set aside because nobody answers.
            self.exports.require_source()
            self._failures_in_a_row += 1
            if self._failures_in_a_row > MOST_FAILURES:
                raise
            with self.session.page() as page:
                page.quarantine(BODY, item_hash, b"", error)
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


def fetch_detail(session: ListSession, item_hash: str, broken: CollectorError | None = None) -> int:
    """Save the API's version of a message; return how many bodies that wrote.

    Where only this message's export is `broken`, it is tried again later. Raises NotFound when it is gone.
    """
    payload = session.client.detail(session.name, item_hash)
    with session.page() as page:
        session.take_bodies(page, session.kinds.detail, [payload])
        saved = page.counts["bodies_updated"]
        page.count("bodies_poor", saved)
        if broken:
            page.quarantine(BODY, item_hash, b"", broken)
    return saved
