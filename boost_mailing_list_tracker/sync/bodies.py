"""Fetching bodies for what the listing brought: few exports over days first, single messages for the rest.

An export may cover any days, so the mails of a month in a backfill and those of today in a daily run cost
one request each. What an export does not bring is asked for by hash, then from the API.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import QuerySet

from boost_mailing_list_tracker.client import ExportDisabled
from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.parsing import (
    canonical_export_bytes,
    export_message_id,
    gunzip,
    iter_mbox,
    message_id_hash,
    parse_email_detail,
    parse_message,
)
from boost_mailing_list_tracker.protocol_impl import MailMessage, RawMail
from boost_mailing_list_tracker.services import save_bodies
from boost_mailing_list_tracker.sync.entries import detail_payload, fetch_entry
from boost_mailing_list_tracker.sync.exports import Exported, batches, dated, is_dated, join_keys, too_big
from boost_mailing_list_tracker.sync.session import (
    BODY,
    DETAIL,
    EXPORT,
    ListSession,
)
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
from core.items import each_understood, understood

WINDOW = dt.timedelta(days=31)  # the longest export
DAY = dt.timedelta(days=1)
# Nobody's clock is that wrong, and a window could not end behind it. Such mails are fetched one by one.
LAST_DAY = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
MANY_FAILURES = 5
ATTEMPTS = 3  # at reading one export; opening it is retried by the HTTP client
ONE_MESSAGE = (InvalidInput, SourceError, NetworkError, SourceTimeout, PermissionDenied)
BROKEN_EXPORT = (NetworkError, SourceError, SourceTimeout, InvalidInput)


@dataclass(slots=True)
class Bodies:
    """Brings the bodies of all messages that lack one."""

    session: ListSession
    # Whether the listing was read to its end: a mail that only an export shows is then a hidden one.
    listing_complete: bool
    _hidden: set[str] = field(default_factory=set[str])
    _export_works: bool = True
    _failures_in_a_row: int = 0
    _done: int = 0

    def run(self) -> None:
        pending = self._pending().count()
        for start, end in self._windows() if pending else ():
            self._fetch_window(start, end)
            self.session.collector.progress.update(f"{self.session.name} bodies", self._done, pending)
        beyond = self._pending().filter(date__gte=LAST_DAY) if pending else Message.objects.none()
        for item_hash in [*beyond.values_list("message_id_hash", flat=True), *self._retried()]:
            self._fetch_one(item_hash)
        for item_hash in sorted(self._hidden):
            self._fetch_hidden(item_hash)

    def _pending(self) -> "QuerySet[Message]":
        """Messages without a body, as the partial index has them; those in quarantine wait for their time."""
        session = self.session
        waiting = quarantine.waiting(session.collector.name, session.name, BODY).values("external_id")
        rows = Message.objects.filter(
            mailing_list=session.row, body_source__isnull=True, removed_at__isnull=True
        )
        return self._within_bounds(rows.exclude(message_id_hash__in=waiting))

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
        return list(self._within_bounds(rows).values_list("message_id_hash", flat=True))

    def _within_bounds(self, rows: "QuerySet[Message]") -> "QuerySet[Message]":
        options = self.session.options
        if options.since:
            rows = rows.filter(date__gte=options.since)
        return rows.filter(date__lt=options.until) if options.until else rows

    def _windows(self) -> Iterator[tuple[dt.date, dt.date]]:
        """Days [start, end) that cover what is pending now, at most WINDOW long each."""
        after: dt.datetime | None = None
        while True:
            rows = self._pending().filter(date__lt=LAST_DAY)
            if after is not None:
                rows = rows.filter(date__gte=after)
            first = rows.order_by("date").values_list("date", flat=True).first()
            if first is None:
                return
            start = first.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            last = (
                rows.filter(date__lt=start + WINDOW).order_by("-date").values_list("date", flat=True).first()
            )
            after = start + WINDOW
            yield start.date(), (last or first).astimezone(dt.UTC).date() + DAY

    def _fetch_window(self, start: dt.date, end: dt.date) -> None:
        """Bring what is pending of these days; a broken export is tried again as long as it gets anywhere."""
        rows = dated(Message.objects.filter(mailing_list=self.session.row), start, end)
        while self._export_works and (left := dated(self._pending(), start, end).count()):
            try:
                self._export_window(rows, start, end)
                break
            except ExportDisabled:
                self._export_works = False
            except BROKEN_EXPORT:
                if dated(self._pending(), start, end).count() < left:
                    continue
                if end - start > DAY:
                    middle = start + (end - start) // 2
                    self._fetch_window(start, middle)
                    self._fetch_window(middle, end)
                    return
                break
        for item_hash in list(dated(self._pending(), start, end).values_list("message_id_hash", flat=True)):
            self._fetch_one(item_hash)

    def _export_window(self, rows: "QuerySet[Message]", start: dt.date, end: dt.date) -> None:
        listed = join_keys(rows)
        pending = set(dated(self._pending(), start, end).values_list("message_id_hash", flat=True))
        with self.session.client.export(self.session.name, start, end) as chunks:
            for batch in batches(self._mails(chunks)):
                matched: dict[str, Exported] = {}
                # Whose mail cannot be parsed is still pending then, and fetched alone.
                for raw, mail in each_understood(batch, _parsed, lambda _mail, _error: None):
                    key = mail.message_id
                    item_hash, date = listed.get(key, ("", None))
                    if item_hash in pending and is_dated(mail, date):
                        matched[item_hash] = Exported(raw, mail)
                    elif key not in listed and self.listing_complete:
                        self._hidden.add(message_id_hash(key))
                self._save_exported(matched)

    def _mails(self, chunks: Iterator[bytes]) -> Iterator[RawMail]:
        limit = self.session.settings.mailing_list_max_message_mb * 1024 * 1024
        return iter_mbox(gunzip(chunks), max_message_bytes=limit)

    def _save_exported(self, exported: dict[str, Exported]) -> None:
        if not exported:
            return
        whole = {item_hash: each for item_hash, each in exported.items() if not each.raw.oversized}
        with self.session.page() as page:
            payloads = {item_hash: canonical_export_bytes(each.raw) for item_hash, each in whole.items()}
            page.archive(EXPORT, payloads)
            mails = {item_hash: each.mail for item_hash, each in whole.items()}
            saved = save_bodies(self.session.row, mails, Message.BodySource.EXPORT)
            page.saved("bodies", BODY, saved, key="message_id_hash")
            page.resolve(BODY, mails)
            for item_hash, each in exported.items():
                if each.raw.oversized:
                    page.quarantine(BODY, item_hash, each.raw.raw, too_big(each.raw))
        self._done += len(exported)

    def _fetch_one(self, item_hash: str) -> None:
        """Bring one body: its own export, else the API's version. A failure stops only this message."""
        broken: CollectorError | None = None
        try:
            if self._export_works and self._export_one(item_hash):
                return
        except BROKEN_EXPORT as error:
            broken = error
        try:
            self._fetch_detail(item_hash, broken)
        except NotFound:
            self._settle_missing(item_hash, broken)
        except ONE_MESSAGE as error:
            self._failures_in_a_row += 1
            if self._failures_in_a_row % MANY_FAILURES == 0:
                # Raises when it is not the message but the archive that fails.
                self.session.client.listing(self.session.name, offset=0, limit=1)
            with self.session.page() as page:
                page.quarantine(BODY, item_hash, b"", error)
        else:
            self._failures_in_a_row = 0

    def _settle_missing(self, item_hash: str, broken: CollectorError | None) -> None:
        """The listing showed what the archive does not give: the sweep decides whether it is gone."""
        error = broken or NotFound(f"the archive lists {item_hash}, but does not have it")
        with self.session.page() as page:
            page.quarantine(BODY, item_hash, b"", error)

    def _export_one(self, item_hash: str) -> bool:
        """False when the archive offers no export. Raises what breaks this one."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.session.client.export_message(self.session.name, item_hash) as chunks:
                    raw = next(self._mails(chunks), None)
            except ExportDisabled:
                self._export_works = False
                return False
            except NetworkError:
                if attempt == ATTEMPTS:
                    raise
            else:
                if raw is None:
                    raise SourceError(f"the export of {item_hash} is empty")
                self._save_exported({item_hash: self._require_asked_for(item_hash, raw)})
                return True
        return False

    def _require_asked_for(self, item_hash: str, raw: RawMail) -> Exported:
        """A server that answers with something else, a log-in page say, must not become a body."""
        _, mail = understood(_parsed, raw)
        row = Message.objects.get(mailing_list=self.session.row, message_id_hash=item_hash)
        # The export cuts some ids short.
        known = mail.message_id and export_message_id(row.message_id).startswith(mail.message_id)
        if not raw.unixfrom or not known or not is_dated(mail, row.date):
            raise SourceError(f"the export of {item_hash} holds another mail")
        return Exported(raw, mail)

    def _fetch_detail(self, item_hash: str, broken: CollectorError | None) -> None:
        """Save the API's version; where the export only broke, it is tried again later."""
        payload = self.session.client.detail(self.session.name, item_hash)
        mail, body = understood(lambda raw: (parse_email_detail(raw), detail_payload(raw)), payload)
        if payload["message_id_hash"] != item_hash:
            raise SourceError(f"the archive was asked for {item_hash} and gave another message")
        with self.session.page() as page:
            page.archive(DETAIL, {item_hash: body})
            saved = save_bodies(self.session.row, {item_hash: mail}, Message.BodySource.API)
            page.saved("bodies", BODY, saved, key="message_id_hash")
            if broken:
                page.quarantine(BODY, item_hash, b"", broken)
            else:
                page.resolve(BODY, [item_hash])
        self._done += 1

    def _fetch_hidden(self, item_hash: str) -> None:
        """A mail that the export has and the listing did not show: pages of equal times can hide one."""
        if Message.objects.filter(mailing_list=self.session.row, message_id_hash=item_hash).exists():
            return
        try:
            fetch_entry(self.session, item_hash)
        except NotFound:
            return  # the export had stripped characters from the Message-ID: the hash is another mail's
        self._fetch_one(item_hash)


def _parsed(raw: RawMail) -> tuple[RawMail, MailMessage]:
    return raw, parse_message(raw, origin="export")
