"""Reading stored bodies again, for what was edited at the archive.

Moderators edit mails (redactions above all), and nothing in the listing tells. The exports of the list's
whole time are read again every MAILING_LIST_SWEEP_DAYS, some in each run; `--full` reads them at once.
"""

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter

from django.db.models import QuerySet
from django.utils import timezone

from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.sync.bodies import ONE_MESSAGE, fetch_detail
from boost_mailing_list_tracker.sync.exports import (
    BROKEN_EXPORT,
    LAST_DAY,
    WINDOW,
    Exports,
    wanted_of,
    windows,
)
from boost_mailing_list_tracker.sync.kinds import BODY
from boost_mailing_list_tracker.sync.session import ListSession
from core import visits
from core.errors import NotFound
from core.protocols import State

STREAM = "bodies"
REQUESTS = 24  # that a run spends on this, and a few more to finish the days in hand


@dataclass(slots=True)
class Rereading:
    """Reads some stored bodies again.

    With `--since` and `--until` only `--full` reads again, what they bound.
    """

    session: ListSession
    exports: Exports
    _begin: int = field(init=False)

    def __post_init__(self) -> None:
        self._begin = self._requests()

    def run(self) -> None:
        """Read the next days of the sweep again, where one is due."""
        session = self.session
        options = session.collector.options
        if session.row.pk is None or options.limit is not None or (session.bounded and not options.full):
            return
        state = session.state(STREAM)
        if options.full or is_due(session, state):
            self._sweep(state)

    def _requests(self) -> int:
        return self.session.collector.meter.snapshot().requests

    def _spent(self) -> bool:
        return not self.session.collector.options.full and self._requests() - self._begin >= REQUESTS

    def _sweep(self, state: State) -> None:
        begun, after = state.checkpoint_token, _after(state)
        if after is None or begun is None:
            begun = timezone.now().replace(microsecond=0).isoformat()
        while not self._spent():
            rows = stored_bodies(self.session).filter(date__lt=LAST_DAY)
            if after is not None:
                rows = rows.filter(date__gte=after)
            if (oldest := rows.order_by("date").values_list("date", flat=True).first()) is None:
                self._note(State(begun, f"{begun[:10]}", {}))
                return
            start, end = next(windows(rows))
            if self.exports.works:
                wanted = wanted_of(rows, start, end)
                self.exports.bring(start, end, wanted)
                for item_hash in wanted:
                    # What cannot be had stays as it is: the body is stored, and the next sweep asks again.
                    with suppress(*BROKEN_EXPORT):
                        self.exports.bring_one(item_hash)
                # An archive without export has its API to be read again from.
                after = _behind(start) if self.exports.works else oldest
            elif rows.filter(body_source=Message.BodySource.EXPORT).exists():
                return  # the API's poorer bodies say nothing about these
            else:
                after = self._read_details(rows, start, end)
            self._note(State(begun, f"read again to {after:%Y-%m-%d}", {"after": after.isoformat()}))

    def _note(self, state: State) -> None:
        if not self.session.bounded:
            with self.session.page() as page:
                page.checkpoint(STREAM, state)

    def _read_details(self, rows: "QuerySet[Message]", start: dt.date, end: dt.date) -> dt.datetime:
        """Read bodies of these days again through the API; return the date to go on from."""
        last: dt.datetime | None = None
        for item_hash, date in sorted(wanted_of(rows, start, end).items(), key=itemgetter(1)):
            # Messages of one time are read together: the date is where the next run goes on.
            if last is not None and date > last and self._spent():
                return date
            try:
                fetch_detail(self.session, item_hash)
            except NotFound:
                pass  # the sweep over the listing decides whether it is gone
            except ONE_MESSAGE:
                self.exports.require_source()
            last = date
        return _behind(start)


def stored_bodies(session: ListSession) -> "QuerySet[Message]":
    """Return messages whose body can have been edited; an original stays as it came."""
    sources = [Message.BodySource.API, Message.BodySource.EXPORT]
    rows = session.messages().filter(body_source__in=sources)
    return session.within_bounds(rows.exclude(message_id_hash__in=session.listed(BODY)))


def is_due(session: ListSession, state: State) -> bool:
    """Tell whether a sweep over the bodies is under way, or the last one began long enough ago."""
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
    """Return the end of the longest window that begins on a day."""
    return dt.datetime.combine(start, dt.time(), dt.UTC) + WINDOW
