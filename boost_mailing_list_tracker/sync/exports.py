"""The mbox export: bodies by days and one by one, and whether it works at all.

An export may cover any days, so the mails of a month in a backfill and those of today in a daily run cost
one request each. The first that fails is judged by another before anything is concluded from it.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from boost_mailing_list_tracker.client import ExportDisabled
from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.parsing.identity import export_message_id, is_whole, message_id_hash
from boost_mailing_list_tracker.parsing.mbox import gunzip, iter_mbox
from boost_mailing_list_tracker.parsing.messages import parse_message
from boost_mailing_list_tracker.protocol_impl import MailMessage, RawMail
from boost_mailing_list_tracker.sync.kinds import BODY, FoundMail
from boost_mailing_list_tracker.sync.session import ListSession
from core.errors import CollectorError, InvalidInput, NetworkError, PartialFailure, SourceError, SourceTimeout
from core.items import understood

PAGE_MESSAGES = 200  # per transaction,
PAGE_BYTES = 8 * 1024 * 1024  # or as many as this
WINDOW = dt.timedelta(days=31)  # the longest export
DAY = dt.timedelta(days=1)
# Nobody's clock is that wrong, and a window could not end behind it. Such mails are fetched one by one.
LAST_DAY = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
# What an export may lack: names that do not join. An export that lacks more was cut.
SINGLES = 10
MOST_FAILURES = 8  # in a row; then the export is left alone for the rest of the run
BROKEN_EXPORT = (NetworkError, SourceError, SourceTimeout, InvalidInput)


@dataclass(slots=True)
class Exports:
    """The export of one list in one run.

    `works` until it has shown that it does not; then `refused` tells whether the archive says so itself.
    `unlisted` are the hashes of mails that an export held and no listing.
    """

    session: ListSession
    works: bool = True
    refused: bool = False
    unlisted: set[str] = field(default_factory=set[str])
    _failures: int = 0

    def bring(self, start: dt.date, end: dt.date, wanted: dict[str, dt.datetime]) -> None:
        """Bring the bodies `wanted` (hash -> date) of the days from `start` to before `end`.

        What came is taken out of `wanted`. An export that breaks off or lacks much is read again as long as
        that gets anywhere, then in halves. Raises when it is the source that fails.
        """
        while wanted and self.works:
            before = len(wanted)
            try:
                self._read_days(start, end, wanted)
            except BROKEN_EXPORT as error:
                if len(wanted) == before:
                    self._judge(error)
            else:
                if len(wanted) <= SINGLES:
                    return
            if len(wanted) == before:
                break
        if wanted and end - start > DAY:
            middle = start + (end - start) // 2
            for first, last in ((start, middle), (middle, end)):
                part = {name: date for name, date in wanted.items() if first <= _day(date) < last}
                asked = set(part)
                self.bring(first, last, part)
                for item_hash in asked - set(part):
                    del wanted[item_hash]

    def bring_one(self, item_hash: str) -> bool:
        """Bring one stored message's body; False when exports do not work. Raises what breaks this one."""
        if not self.works:
            return False
        try:
            found = self._read_one(item_hash)
        except BROKEN_EXPORT as error:
            self._judge(error)
            if self.works:
                raise
            return False
        self._save([found])
        return True

    def require_source(self) -> None:
        """Raise when it is not an item but the source that fails: nobody answers, or refuses the list."""
        self.session.client.listing(self.session.name, offset=0, limit=1)

    def require_no_loss(self) -> None:
        """Raise PartialFailure when the export's failure left something undone.

        An archive that never gave an export, and says that it offers none, has no better bodies.
        """
        if self.works:
            return
        stored = self.session.messages()
        if not self.refused or stored.filter(body_source=Message.BodySource.EXPORT).exists():
            poor = stored.filter(body_source=Message.BodySource.API).count()
            raise PartialFailure(
                f"the archive's mbox export fails, so {poor} bodies are the API's, without time of archiving"
                " and attachments, and stored ones are not read again for edits",
                remedy="the next run asks for them by itself",
            )

    def _judge(self, error: CollectorError) -> None:
        """Conclude from a failed export; raises when it is the source that fails.

        The first is judged by an export of no day at all: cheap for the server, and no mail can break it.
        """
        self.require_source()
        self._failures += 1
        if self._failures == 1:
            today = dt.datetime.now(dt.UTC).date().isoformat()
            try:
                with self.session.client.export(self.session.name, start=today, end=today) as chunks:
                    for _ in self._mails(chunks):
                        pass
            except BROKEN_EXPORT as second:
                error = second
            else:
                return
        elif self._failures < MOST_FAILURES:
            return
        self.works = False
        self.refused = isinstance(error, ExportDisabled)

    def _read_days(self, start: dt.date, end: dt.date, wanted: dict[str, dt.datetime]) -> None:
        listed = join_keys(dated(Message.objects.filter(mailing_list=self.session.row), start, end))
        cut = False
        which = {"start": start.isoformat(), "end": end.isoformat()}
        with self.session.client.export(self.session.name, **which) as chunks:
            for batch in batches(self._mails(chunks)):
                matched: list[FoundMail] = []
                for raw in batch:
                    if not is_whole(raw):
                        cut = True
                        continue
                    try:
                        mail = understood(_parse, raw)
                    except InvalidInput:
                        continue  # it is asked for by its hash, and set aside then
                    item_hash, date = listed.get(mail.message_id, ("", None))
                    if item_hash in wanted and is_dated(mail, date):
                        matched.append(FoundMail(item_hash, raw, mail))
                    elif mail.message_id not in listed:
                        self.unlisted.add(message_id_hash(mail.message_id))
                self._save(matched)
                for found in matched:
                    wanted.pop(found.message_id_hash, None)
        if cut:
            raise SourceError(f"the export of {start} to {end} ends in the middle of a mail")

    def _read_one(self, item_hash: str) -> FoundMail:
        """Read one mail; a server that answers with something else, a log-in page say, makes no body."""
        with self.session.client.export(self.session.name, message=item_hash) as chunks:
            raw = next(self._mails(chunks), None)
        if raw is None or not is_whole(raw):
            raise SourceError(f"the export of {item_hash} is empty or ends in the middle of it")
        mail = understood(_parse, raw)
        row = Message.objects.get(mailing_list=self.session.row, message_id_hash=item_hash)
        # The export cuts some ids short.
        known = mail.message_id and export_message_id(row.message_id).startswith(mail.message_id)
        if not raw.unixfrom or not known or not is_dated(mail, row.date):
            raise SourceError(f"the export of {item_hash} holds another mail")
        return FoundMail(item_hash, raw, mail)

    def _mails(self, chunks: Iterator[bytes]) -> Iterator[RawMail]:
        limit = self.session.settings.mailing_list_max_message_mb * 1024 * 1024
        return iter_mbox(gunzip(chunks), max_message_bytes=limit)

    def _save(self, mails: Sequence[FoundMail]) -> None:
        if not mails:
            return
        self._failures = 0
        session = self.session
        with session.page() as page:
            whole = [found for found in mails if not found.raw.oversized]
            session.take_bodies(page, session.kinds.export, whole)
            for found in mails:
                if found.raw.oversized:
                    page.quarantine(BODY, found.message_id_hash, found.raw.raw, too_big(found.raw))


def _parse(raw: RawMail) -> MailMessage:
    return parse_message(raw, origin="export")


def windows(rows: "QuerySet[Message]", after: dt.datetime | None = None) -> Iterator[tuple[dt.date, dt.date]]:
    """Yield days [start, end) that cover what `rows` are now, from `after` on, at most WINDOW long each."""
    while True:
        left = rows.filter(date__lt=LAST_DAY)
        if after is not None:
            left = left.filter(date__gte=after)
        first = left.order_by("date").values_list("date", flat=True).first()
        if first is None:
            return
        after = _midnight(_day(first)) + WINDOW
        last = left.filter(date__lt=after).order_by("-date").values_list("date", flat=True).first()
        yield _day(first), _day(last or first) + DAY


def wanted_of(rows: "QuerySet[Message]", start: dt.date, end: dt.date) -> dict[str, dt.datetime]:
    """Return hash -> date of the messages of these days, as `Exports.bring` takes them."""
    return dict(dated(rows, start, end).values_list("message_id_hash", "date"))


def dated(rows: "QuerySet[Message]", start: dt.date, end: dt.date) -> "QuerySet[Message]":
    """Return those of `rows` that are of the days from `start` to before `end`, in UTC."""
    return rows.filter(date__gte=_midnight(start), date__lt=_midnight(end))


def _day(date: dt.datetime) -> dt.date:
    return date.astimezone(dt.UTC).date()


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)


def join_keys(rows: "QuerySet[Message]") -> dict[str, tuple[str, dt.datetime]]:
    """Return what the export calls a message -> its hash and date; two of one name have no hash."""
    found: dict[str, tuple[str, dt.datetime]] = {}
    for message_id, item_hash, date in rows.values_list("message_id", "message_id_hash", "date").iterator():
        key = export_message_id(message_id)
        found[key] = ("" if key in found else item_hash, date)
    return found


def is_dated(mail: MailMessage, date: dt.datetime | None) -> bool:
    """Tell a listed mail from one of the same name in the export that the listing did not show.

    HyperKitty's own clock, for mails without a date, has fractions of a second.
    """
    return mail.sent_at is None or date is None or bool(date.microsecond) or mail.sent_at == date


def batches(mails: Iterable[RawMail]) -> Iterator[list[RawMail]]:
    """Yield the mails of a page each; what came whole before the stream broke is still yielded."""
    batch: list[RawMail] = []
    broken: CollectorError | None = None
    size = 0
    try:
        for mail in mails:
            batch.append(mail)
            size += len(mail.raw)
            if len(batch) >= PAGE_MESSAGES or size >= PAGE_BYTES:
                yield batch
                batch, size = [], 0
    except CollectorError as error:
        broken = error
    if batch:
        yield batch
    if broken:
        raise broken


def too_big(raw: RawMail) -> InvalidInput:
    """Say why a mail above the limit is set aside, and what to do."""
    return InvalidInput(
        f"the mail has {raw.size} bytes, more than MAILING_LIST_MAX_MESSAGE_MB allows",
        remedy="raise that setting and run with --retry-quarantined",
    )
