"""Is everything there? Counts on every run; where they differ, or now and then, a sweep over all ids."""

import datetime as dt
from collections import Counter

from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone

from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.sync.entries import fetch_entry, mark_removed, parse_entry, save_entries
from boost_mailing_list_tracker.sync.listing import SweptMessages, Walk, month_of
from boost_mailing_list_tracker.sync.session import HASH, LISTING, ListSession
from core import quarantine, sweeps, visits
from core.errors import InvalidInput, NotFound, PartialFailure
from core.json_text import parse_json
from core.models import CoverageGap, QuarantinedItem, SweptItem
from core.protocols import State

SWEEP = "sweep"
LAST_SWEEP = "last sweep"
GAP_DAYS = 1  # until a gap that a sweep could not close is swept for again
ASKED_PER_RUN = 500  # messages that one run asks for one by one


class Completeness:
    """Compares a list with the archive's own count and mends what differs."""

    def __init__(self, session: ListSession, count: int) -> None:
        self.session = session
        self.count = count
        self._collector = session.collector.name
        self._sweeping = False

    def run(self) -> None:
        self._retry_unreadable()
        if not self._sweep_needed():
            self._require_no_gaps()
            return
        self._sweeping = True
        walk = Walk(
            self.session,
            SWEEP,
            SweptMessages(self.session),
            pages_allowed=self.session.settings.mailing_list_sweep_pages,
        )
        walk.run()
        self.count = walk.count
        if not walk.finished:
            self._require_equal_counts()
            return
        if self._missing() > 0:
            self._find_hidden()
        self._tombstone_absent()
        self._finish()

    def _missing(self) -> int:
        """Messages that the archive counts and we lack; negative: that we have and it no longer counts.

        Entries of the listing that nobody can parse are in quarantine, so their absence is explained.
        """
        difference = self.count - self.session.stored()
        return max(0, difference - self._unreadable().count()) if difference > 0 else difference

    def _unreadable(self) -> "QuerySet[QuarantinedItem]":
        return QuarantinedItem.objects.filter(
            collector=self._collector, scope=self.session.name, kind=LISTING
        )

    def _sweep_needed(self) -> bool:
        in_progress = self.session.collector.checkpoint(self.session.name, SWEEP)
        if in_progress.extras.get("covered"):
            return True
        last = self.session.collector.checkpoint(self.session.name, LAST_SWEEP)
        missing = self._missing()
        if not missing and self._open_gaps().exists():
            self._close_gaps()
            return False
        if last.checkpoint_token is None and not missing:
            # The backfill has just read every id, which is as good as a sweep.
            self._note_sweep(0)
            return False
        if last.checkpoint_token is None or (missing and missing != last.extras.get("missing")):
            return True
        days = GAP_DAYS if missing else self.session.settings.mailing_list_sweep_days
        return visits.is_due(last.checkpoint_token, days=days, now=timezone.now())

    def _open_gaps(self) -> "QuerySet[CoverageGap]":
        return CoverageGap.objects.filter(collector=self._collector, scope=self.session.name)

    def _close_gaps(self) -> None:
        """What the last sweep could not mend has mended itself."""
        with self.session.page():
            sweeps.report_gaps(self._collector, self.session.name, {})
        self._note_sweep(0)

    def _note_sweep(self, missing: int) -> None:
        """Remember what a sweep could not mend, so that only another difference starts the next one early."""
        now = timezone.now().replace(microsecond=0)
        with self.session.page() as page:
            page.checkpoint(LAST_SWEEP, State(now.isoformat(), f"{now:%Y-%m-%d}", {"missing": missing}))

    def _find_hidden(self) -> None:
        """Messages that others name as parent or thread, but that no page of the listing showed."""
        stored = Message.objects.filter(mailing_list=self.session.row)
        known = stored.filter(message_id_hash=OuterRef("named"))
        for field in ("parent_hash", "thread_id"):
            named = stored.filter(listed=True, **{f"{field}__isnull": False})
            unknown = named.annotate(named=F(field)).filter(~Exists(known)).values_list(field, flat=True)
            for item_hash in list(unknown.distinct()[:ASKED_PER_RUN]):
                self._ask_for(item_hash)

    def _ask_for(self, item_hash: str) -> bool:
        """Bring one entry by its hash; False when the archive does not have it."""
        try:
            item = fetch_entry(self.session, item_hash)
        except NotFound:
            return False
        if item and self._sweeping:
            with self.session.page():
                sweeps.saw(self._collector, self.session.name, [(item_hash, month_of(item.date))])
        return True

    def _retry_unreadable(self) -> None:
        """Ask again for entries that could not be parsed, and forget them all when nothing is missing."""
        for item in quarantine.due(self._collector, self.session.name, LISTING):
            if not HASH.fullmatch(item.external_id):
                self._parse_again(item)
            elif not self._ask_for(item.external_id):
                with self.session.page() as page:
                    page.resolve(LISTING, [item.external_id])
        if self.count == self.session.stored() and self._unreadable().exists():
            with self.session.page() as page:
                page.resolve(LISTING, self._unreadable().values_list("external_id", flat=True))

    def _parse_again(self, item: QuarantinedItem) -> None:
        """An entry without a usable hash cannot be asked for; the parser may have learned to read it."""
        payload = quarantine.payload_of(item)
        with self.session.page() as page:
            try:
                raw = parse_json(payload)
                entry = parse_entry(self.session, raw)
            except InvalidInput as error:
                page.quarantine(LISTING, item.external_id, payload, error)
                return
            save_entries(self.session, page, [(entry, raw)])
            page.resolve(LISTING, [item.external_id])

    def _tombstone_absent(self) -> None:
        """What the sweep did not see is asked for once more by hash before it is called removed.

        Raises PartialFailure when there is more of it than one run should ask for.
        """
        absent = list(self._absent().values_list("message_id_hash", flat=True)[: ASKED_PER_RUN + 1])
        for item_hash in absent[:ASKED_PER_RUN]:
            if not self._ask_for(item_hash):
                mark_removed(self.session, item_hash)
        if len(absent) > ASKED_PER_RUN:
            raise PartialFailure(
                f"{self._absent().count()} stored messages are no longer listed and not asked for yet",
                remedy="the next run goes on with them",
            )

    def _require_equal_counts(self) -> None:
        """A sweep that the next run continues leaves nothing unsaid."""
        if self._missing():
            raise PartialFailure(
                f"the archive counts {self.count} messages, {self.session.stored()} are stored;"
                " the sweep that tells which is not at its end",
                remedy="the next run continues it; MAILING_LIST_SWEEP_PAGES bounds it",
            )

    def _absent(self) -> "QuerySet[Message]":
        swept = SweptItem.objects.filter(
            collector=self._collector, scope=self.session.name, external_id=OuterRef("message_id_hash")
        )
        live = Message.objects.filter(mailing_list=self.session.row, listed=True, removed_at__isnull=True)
        return live.filter(~Exists(swept))

    def _gaps(self) -> dict[str, tuple[int, int]]:
        """Month -> (at the source, stored) where they differ, as the sweep saw it."""
        at_source = Counter(sweeps.seen_by_part(self._collector, self.session.name))
        stored = self._stored_by_month()
        return {
            month: (at_source[month], stored[month])
            for month in sorted(at_source | stored)
            if at_source[month] != stored[month]
        }

    def _stored_by_month(self) -> Counter[str]:
        live = Message.objects.filter(mailing_list=self.session.row, listed=True, removed_at__isnull=True)
        months = live.annotate(month=TruncMonth("date", tzinfo=dt.UTC)).values_list("month")
        return Counter(
            {month_of(month): number for month, number in months.annotate(number=Count("pk")).order_by()}
        )

    def _finish(self) -> None:
        """Report what is left."""
        self._retry_unreadable()
        missing = self._missing()
        gaps = self._gaps() or {"somewhere": (self.count, self.session.stored())} if missing else {}
        with self.session.page() as page:
            sweeps.report_gaps(self._collector, self.session.name, gaps)
            sweeps.finish(self._collector, self.session.name)
            page.checkpoint(SWEEP, State())
        self._note_sweep(missing)
        self._require_no_gaps()

    def _require_no_gaps(self) -> None:
        """A run is complete only when nothing is known to be missing."""
        if parts := list(self._open_gaps().order_by("part").values_list("part", flat=True)):
            raise PartialFailure(
                f"the archive counts {self.count} messages, {self.session.stored()} are stored;"
                f" they differ in {', '.join(parts)}",
                remedy="the next sweep tries again; `manage.py collectors` shows the gaps",
            )
