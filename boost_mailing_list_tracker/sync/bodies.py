"""Fetching bodies for what the listing brought: few exports over days first, single messages for the rest.

What an export does not bring is asked for by hash, then from the API.
"""

from dataclasses import dataclass

from django.db.models import QuerySet

from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.services import save_bodies
from boost_mailing_list_tracker.sync.entries import fetch_detail, fetch_entry
from boost_mailing_list_tracker.sync.exports import (
    BROKEN_EXPORT,
    LAST_DAY,
    Exports,
    wanted_of,
    windows,
)
from boost_mailing_list_tracker.sync.session import BODY, DETAIL, ListSession
from core import quarantine
from core.errors import (
    CollectorError,
    InvalidInput,
    NetworkError,
    NotFound,
    PermissionDenied,
    SourceError,
    SourceTimeout,
)

MOST_FAILURES = 8  # messages in a row that the API does not give: the rest waits for the next run
ONE_MESSAGE = (InvalidInput, SourceError, NetworkError, SourceTimeout, PermissionDenied)


@dataclass(slots=True)
class Bodies:
    """Brings the bodies of all messages that lack one."""

    session: ListSession
    exports: Exports
    # Whether the listing was read to its end: a mail that only an export shows is then a hidden one.
    listing_complete: bool
    _failures_in_a_row: int = 0

    def run(self) -> None:
        pending = self._pending().count()
        for start, end in windows(self._pending()) if pending else ():
            wanted = wanted_of(self._pending(), start, end)
            self.exports.bring(start, end, wanted)
            for item_hash in wanted:
                self._fetch_one(item_hash)
            done = pending - self._pending().count()
            self.session.collector.progress.update(f"{self.session.name} bodies", done, pending)
        beyond = self._pending().filter(date__gte=LAST_DAY) if pending else Message.objects.none()
        for item_hash in [*beyond.values_list("message_id_hash", flat=True), *self._retried()]:
            self._fetch_one(item_hash)
        for item_hash in sorted(self.exports.unlisted) if self.listing_complete else ():
            self._fetch_hidden(item_hash)

    def _pending(self) -> "QuerySet[Message]":
        """Messages without a body, as the partial index has them; those in quarantine wait for their time."""
        session = self.session
        waiting = quarantine.waiting(session.collector.name, session.name, BODY).values("external_id")
        rows = Message.objects.filter(
            mailing_list=session.row, body_source__isnull=True, removed_at__isnull=True
        )
        return session.within_bounds(rows.exclude(message_id_hash__in=waiting))

    def _retried(self) -> list[str]:
        """Messages with the API's body whose export broke, and is due to be tried again."""
        session = self.session
        due = quarantine.due(session.collector.name, session.name, BODY).values("external_id")
        rows = Message.objects.filter(
            mailing_list=session.row,
            message_id_hash__in=due,
            body_source=Message.BodySource.API,
            removed_at__isnull=True,
        )
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
            self._fetch_detail(item_hash, broken)
        except NotFound:
            self._settle_missing(item_hash, broken)
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

    def _settle_missing(self, item_hash: str, broken: CollectorError | None) -> None:
        """The listing showed what the archive does not give: the sweep decides whether it is gone."""
        error = broken or NotFound(f"the archive lists {item_hash}, but does not have it")
        with self.session.page() as page:
            page.quarantine(BODY, item_hash, b"", error)

    def _fetch_detail(self, item_hash: str, broken: CollectorError | None) -> None:
        """Save the API's version; where only this export broke, it is tried again later."""
        body, mail = fetch_detail(self.session, item_hash)
        with self.session.page() as page:
            page.archive(DETAIL, {item_hash: body})
            saved = save_bodies(self.session.row, {item_hash: mail}, Message.BodySource.API)
            page.saved("bodies", BODY, saved, key="message_id_hash")
            page.count("bodies_poor", saved.updated)
            if broken:
                page.quarantine(BODY, item_hash, b"", broken)
            else:
                page.resolve(BODY, [item_hash])
        self.exports.poor += saved.updated

    def _fetch_hidden(self, item_hash: str) -> None:
        """A mail that the export has and the listing did not show: pages of equal times can hide one."""
        if Message.objects.filter(mailing_list=self.session.row, message_id_hash=item_hash).exists():
            return
        try:
            item = fetch_entry(self.session, item_hash)
        except NotFound:
            return  # the export had stripped characters from the Message-ID: the hash is another mail's
        if item is not None:
            self._fetch_one(item_hash)
