"""Reading stored bodies again: poor ones for a richer one, all of them for what was edited at the archive.

Moderators edit mails (redactions above all), and nothing in the listing tells. The exports of the list's
whole time are read again every MAILING_LIST_SWEEP_DAYS, some in each run; `--full` reads them at once.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter

from django.db.models import QuerySet
from django.utils import timezone

from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.services import save_bodies
from boost_mailing_list_tracker.sync.bodies import ONE_MESSAGE
from boost_mailing_list_tracker.sync.entries import fetch_detail
from boost_mailing_list_tracker.sync.exports import (
    BROKEN_EXPORT,
    LAST_DAY,
    WINDOW,
    Exports,
    wanted_of,
    windows,
)
from boost_mailing_list_tracker.sync.session import BODY, DETAIL, ListSession
from core import visits
from core.errors import NotFound
from core.models import QuarantinedItem
from core.protocols import State

STREAM = "bodies"
REQUESTS = 24  # that a run spends on this, and a few more to finish the days in hand
REREAD = (Message.BodySource.API, Message.BodySource.EXPORT)  # an original stays as it came


@dataclass(slots=True)
class Rereading:
    """The step of one run. With `--since` and `--until` only `--full` reads again, what they bound."""

    session: ListSession
    exports: Exports
    _begin: int = field(init=False)

    def __post_init__(self) -> None:
        self._begin = self._requests()

    def run(self) -> None:
        session = self.session
        if session.row.pk is None or session.options.limit is not None:
            return
        if not session.options.full and session.bounded:
            return
        self._upgrade()
        state = session.collector.checkpoint(session.name, STREAM)
        if session.options.full or is_due(session, state):
            self._sweep(state)

    def _requests(self) -> int:
        return self.session.collector.meter.snapshot().requests

    def _spent(self) -> bool:
        return not self.session.options.full and self._requests() - self._begin >= REQUESTS

    def _upgrade(self) -> None:
        """Ask the export for what the API had to give, as long as there is an export."""
        poor = stored_bodies(self.session, [Message.BodySource.API])
        for start, end in windows(poor):
            if not self.exports.works or self._spent():
                return
            wanted = wanted_of(poor, start, end)
            self.exports.bring(start, end, wanted)
            for item_hash in wanted:
                if not self.exports.works or self._spent():
                    return
                try:
                    self.exports.bring_one(item_hash)
                except BROKEN_EXPORT as error:
                    with self.session.page() as page:
                        page.quarantine(BODY, item_hash, b"", error)

    def _sweep(self, state: State) -> None:
        begun, after = state.checkpoint_token, _after(state)
        if after is None or begun is None:
            begun = timezone.now().replace(microsecond=0).isoformat()
        while not self._spent():
            rows = stored_bodies(self.session, REREAD).filter(date__lt=LAST_DAY)
            if after is not None:
                rows = rows.filter(date__gte=after)
            if not rows.exists():
                self._note(State(begun, f"{begun[:10]}", {}))
                return
            after = self._read_days(rows) if self.exports.works else self._read_details(rows)
            if after is None:
                return
            self._note(State(begun, f"read again to {after:%Y-%m-%d}", {"after": after.isoformat()}))

    def _note(self, state: State) -> None:
        if not self.session.bounded:
            with self.session.page() as page:
                page.checkpoint(STREAM, state)

    def _read_days(self, rows: "QuerySet[Message]") -> dt.datetime | None:
        """Read the first days of `rows` again; gives where to go on.

        What could not be had this time stays as it is: the body is stored, and the next sweep asks again.
        """
        start, end = next(windows(rows))
        wanted = wanted_of(rows, start, end)
        self.exports.bring(start, end, wanted)
        for item_hash in wanted:
            if not self.exports.works:
                break
            try:
                self.exports.bring_one(item_hash)
            except BROKEN_EXPORT:
                continue
        # An archive without export has its API to be read again from.
        return _behind(start) if self.exports.works else _first(rows)

    def _read_details(self, rows: "QuerySet[Message]") -> dt.datetime | None:
        """Read some of `rows` again through the API; None where the export gave bodies and now fails."""
        if rows.filter(body_source=Message.BodySource.EXPORT).exists():
            self.exports.needed = True
            return None
        start, end = next(windows(rows))
        last = _first(rows)
        for item_hash, date in sorted(wanted_of(rows, start, end).items(), key=itemgetter(1)):
            if self._spent() and date > last:
                return date
            self._read_detail(item_hash)
            last = date
        return _behind(start)

    def _read_detail(self, item_hash: str) -> None:
        try:
            body, mail = fetch_detail(self.session, item_hash)
        except NotFound:
            return  # the sweep over the listing decides whether it is gone
        except ONE_MESSAGE:
            self.exports.require_source()
            return
        with self.session.page() as page:
            page.archive(DETAIL, {item_hash: body})
            saved = save_bodies(self.session.row, {item_hash: mail}, Message.BodySource.API)
            page.saved("bodies", BODY, saved, key="message_id_hash")


def stored_bodies(session: ListSession, sources: Iterable[str]) -> "QuerySet[Message]":
    """Messages that are there and have a body from one of these sources; those in quarantine wait."""
    quarantined = QuarantinedItem.objects.filter(
        collector=session.collector.name, scope=session.name, kind=BODY
    ).values("external_id")
    rows = Message.objects.filter(
        mailing_list=session.row, body_source__in=list(sources), removed_at__isnull=True
    )
    return session.within_bounds(rows.exclude(message_id_hash__in=quarantined))


def is_due(session: ListSession, state: State) -> bool:
    """Whether a sweep over the bodies is under way, or the last one began long enough ago."""
    if _after(state) is not None:
        return True
    last = state.checkpoint_token
    if last is None:
        # The backfill has read them all.
        oldest = Message.objects.filter(mailing_list=session.row).order_by("pk").first()
        if oldest is None:
            return False
        last = oldest.stored_at.isoformat()
    return visits.is_due(last, days=session.settings.mailing_list_sweep_days, now=timezone.now())


def _after(state: State) -> dt.datetime | None:
    text = state.extras.get("after")
    return dt.datetime.fromisoformat(text) if isinstance(text, str) else None


def _behind(start: dt.date) -> dt.datetime:
    """The end of the longest window that begins on a day."""
    return dt.datetime.combine(start, dt.time(), dt.UTC) + WINDOW


def _first(rows: "QuerySet[Message]") -> dt.datetime:
    """The date of the oldest of `rows`, which has one."""
    return rows.order_by("date").values_list("date", flat=True)[0]
