"""Is everything there? Counts on every run; where they differ, or now and then, a sweep over all ids."""

import datetime as dt
from collections import Counter

from django.db.models import Count, Exists, F, OuterRef
from django.db.models.functions import TruncMonth
from django.utils import timezone

from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.sync.kinds import BODY, HASH
from boost_mailing_list_tracker.sync.listing import SWEEP, Walk, month_of
from boost_mailing_list_tracker.sync.session import ListSession
from core import sweeps, visits
from core.collectors import retry
from core.errors import NotFound, PartialFailure
from core.protocols import State

LAST_SWEEP = "last sweep"
GAP_DAYS = 1  # until a gap that a sweep could not close is swept for again
ASKED_PER_RUN = 500  # messages that one run asks for one by one


class Completeness:
    """Compares a list with the archive's own count and mends what differs."""

    def __init__(self, session: ListSession, count: int) -> None:
        self.session = session
        self.count = count
        self._place = (session.collector.name, session.name)

    def run(self) -> None:
        """Compare, and sweep where that is due. Raises PartialFailure when something stays to be done."""
        self._retry_unreadable()
        if self._sweep_needed():
            walk = Walk(self.session, SWEEP)
            walk.run()
            self.count = walk.count
            if not walk.finished:
                if self._missing():
                    raise self._differs("the sweep that tells which is not at its end")
                return
            self._find_hidden()
            self._bury_absent()
            self._finish()
        # A run is complete only when nothing is known to be missing.
        if parts := sweeps.known_gaps(*self._place):
            raise self._differs(f"they differ in {', '.join(parts)}")

    def _missing(self) -> int:
        """Return how many messages the archive counts and we lack; negative: we have and it no longer counts.

        Entries of the listing that nobody can parse are in quarantine, so their absence is explained.
        """
        difference = self.count - self.session.in_listing().count()
        if difference <= 0:
            return difference
        return max(0, difference - len(self.session.listed(self.session.kinds.listing.name)))

    def _differs(self, why: str) -> PartialFailure:
        return PartialFailure(
            f"the archive counts {self.count} messages, {self.session.in_listing().count()} are stored;"
            f" {why}",
            remedy="the next runs go on with it; `manage.py collectors` shows the gaps",
        )

    def _sweep_needed(self) -> bool:
        if self.session.state(SWEEP).extras.get("covered"):
            return True  # one is under way
        last = self.session.state(LAST_SWEEP)
        missing = self._missing()
        if not missing and (last.checkpoint_token is None or sweeps.known_gaps(*self._place)):
            # The backfill has just read every id, or what the last sweep could not mend has mended itself.
            self._note({}, 0)
            return False
        if missing and missing != last.extras.get("missing"):
            return True
        days = GAP_DAYS if missing else self.session.settings.mailing_list_sweep_days
        return visits.is_due(last.checkpoint_token, days=days, now=timezone.now())

    def _note(self, gaps: dict[str, tuple[int, int]], missing: int) -> None:
        """End a sweep; only another difference than it could not mend starts the next one early."""
        now = timezone.now().replace(microsecond=0)
        with self.session.page() as page:
            sweeps.report_gaps(*self._place, gaps)
            page.checkpoint(LAST_SWEEP, State(now.isoformat(), f"{now:%Y-%m-%d}", {"missing": missing}))

    def _find_hidden(self) -> None:
        """Ask for messages that others name as parent or thread, but that no reply of the listing showed."""
        if self._missing() <= 0:
            return
        stored = Message.objects.filter(mailing_list=self.session.row)
        known = stored.filter(message_id_hash=OuterRef("named"))
        for field in ("parent_hash", "thread_id"):
            named = stored.filter(listed=True, **{f"{field}__isnull": False})
            unknown = named.annotate(named=F(field)).filter(~Exists(known)).values_list(field, flat=True)
            for item_hash in list(unknown.distinct()[:ASKED_PER_RUN]):
                self._ask_for(item_hash)

    def _ask_for(self, item_hash: str) -> bool:
        """Bring one entry by its hash, as seen by the sweep; False when the archive does not have it."""
        try:
            item = self.session.fetch_entry(item_hash)
        except NotFound:
            return False
        if item:
            with self.session.page():
                sweeps.saw(*self._place, [(item_hash, month_of(item.date))])
        return True

    def _retry_unreadable(self) -> None:
        """Ask again for entries that could not be used, and forget them all when nothing is missing."""
        session, kind = self.session, self.session.kinds.listing
        for item_hash in filter(HASH.fullmatch, sorted(session.due(kind.name))):
            try:
                session.fetch_entry(item_hash)
            except NotFound:
                with session.page() as page:
                    page.resolve(kind.name, [item_hash])
        # One without a usable hash cannot be asked for; the parser may have learned to read it.
        retry(session, session.row, [kind])
        unreadable = session.listed(kind.name)
        if unreadable and self.count == session.in_listing().count():
            with session.page() as page:
                page.resolve(kind.name, unreadable)

    def _bury_absent(self) -> None:
        """Ask once more by hash for what the sweep did not see, before it is called removed.

        Raises PartialFailure when there is more of it than one run should ask for.
        """
        seen = sweeps.seen(*self._place).filter(external_id=OuterRef("message_id_hash"))
        absent = self.session.in_listing().filter(~Exists(seen))
        hashes = list(absent.values_list("message_id_hash", flat=True)[: ASKED_PER_RUN + 1])
        for item_hash in hashes[:ASKED_PER_RUN]:
            if not self._ask_for(item_hash):
                with self.session.page() as page:
                    page.bury(self.session.kinds.listing, self.session.row, [item_hash])
                    page.resolve(BODY, [item_hash])
        if len(hashes) > ASKED_PER_RUN:
            raise PartialFailure(
                f"{absent.count()} stored messages are no longer listed and not asked for yet",
                remedy="the next run goes on with them",
            )

    def _gaps(self) -> dict[str, tuple[int, int]]:
        """Return month -> (at the source, stored) where they differ, as the sweep saw it."""
        at_source = Counter(sweeps.seen_by_part(*self._place))
        months = self.session.in_listing().annotate(month=TruncMonth("date", tzinfo=dt.UTC))
        numbers = months.values_list("month").annotate(number=Count("pk")).order_by()
        stored = Counter({month_of(month): number for month, number in numbers})
        return {
            month: (at_source[month], stored[month])
            for month in sorted(at_source | stored)
            if at_source[month] != stored[month]
        }

    def _finish(self) -> None:
        """Report what is left."""
        self._retry_unreadable()
        missing = self._missing()
        somewhere = {"somewhere": (self.count, self.session.in_listing().count())}
        gaps = (self._gaps() or somewhere) if missing else {}
        with self.session.page() as page:
            sweeps.finish(*self._place)
            page.checkpoint(SWEEP, State())
        self._note(gaps, missing)
