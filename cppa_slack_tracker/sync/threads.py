"""Reading threads: those with news, and old ones again now and then.

Slack tells of new replies on their parent only: `reply_count` and `latest_reply`. Edits of replies it tells
nowhere, so every thread is read again within the days of a sweep, recent ones more often.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from core.operations.slack_ops import SlackPage, SlackUnknown
from core.pages import Page
from core.visits import is_its_turn
from cppa_slack_tracker.models import Message
from cppa_slack_tracker.parsing import THREAD
from cppa_slack_tracker.protocol_impl import ChannelState
from cppa_slack_tracker.services import TO_BE_READ, mark_gone, mark_read, with_news
from cppa_slack_tracker.sync.history import Covered
from cppa_slack_tracker.sync.saving import parse_batch, remove_absent, save_batch
from cppa_slack_tracker.sync.schedule import days_between_visits
from cppa_slack_tracker.sync.session import ChannelSession, micros_of, ts_of

STREAM = "threads"
BATCH = 500
THREADS_BETWEEN_CHECKPOINTS = 50
NAMELESS = "without ts"


@dataclass(slots=True)
class Thread:
    """One thread while it is read."""

    session: ChannelSession
    ts: str
    seen: set[str] = field(default_factory=set[str])
    # What the replies in it that were refused are filed under in quarantine.
    refused: set[str] = field(default_factory=set[str])
    # What the parent said of its thread when the reading began.
    numbers: tuple[int, str] | None = None

    def read(self) -> None:
        session = self.session
        try:
            for listed in session.client.replies(session.channel_id, self.ts):
                self._take(listed)
        except SlackUnknown as error:
            if error.code != "thread_not_found":
                raise
            self._bury()
        session.read.add(self.ts)

    def _take(self, listed: SlackPage) -> None:
        """Save a page. A reply that is refused stops only itself."""
        batch = parse_batch(listed.items)
        with self.session.page() as page:
            rejected = save_batch(self.session, page, batch.parsed)
            self._note_parent([(r.ts, r.reply_count, r.latest_reply) for r in batch.records])
            self.seen.update(record.ts for record in batch.records)
            for each in batch.refused:
                self._set_aside(page, each.ts, each.body, each.error)
            for ts, error in rejected.items():
                self._set_aside(page, ts, b"", error)
            if not listed.more:
                self._finish(page)

    def _note_parent(self, told: list[tuple[str, int, str]]) -> None:
        for ts, count, latest in told:
            if ts == self.ts and self.numbers is None:
                self.numbers = count, latest

    def _set_aside(self, page: Page, ts: str | None, payload: bytes, error: Exception) -> None:
        external_id = f"{self.ts} {ts or NAMELESS}"
        self.refused.add(external_id)
        self.session.set_aside(page, THREAD, external_id, payload, error)

    def _finish(self, page: Page) -> None:
        """All replies were read: others are gone, and there is no news until the parent says so."""
        here = {external_id.partition(" ")[2] for external_id in self.refused}
        doubted: list[str] = []
        if NAMELESS not in here:  # else it may be any of them
            stored = self._live_replies().values_list("ts", flat=True)
            doubted = remove_absent(self.session, page, set(stored) - self.seen - here, present=self.seen)
        count, latest = self.numbers or (0, "")
        mark_read(self.session.row, self.ts, TO_BE_READ if doubted else count, latest)
        self._resolve(page)

    def _resolve(self, page: Page) -> None:
        filed = self.session.quarantined.get(THREAD, set()) - self.refused
        for external_id in sorted(each for each in filed if thread_of(each) == self.ts):
            self.session.resolve(page, THREAD, external_id)

    def _bury(self) -> None:
        """Slack no longer knows the thread. It is deleted where history shows what is older than it.

        Where it does not, the plan may only hide the thread, and the sweep will tell.
        """
        is_deleted = micros_of(self.ts) >= self.session.shown_from
        is_doubted = False
        with self.session.page() as page:
            if is_deleted:
                live = Message.objects.filter(
                    channel=self.session.row, ts=self.ts, removed_at__isnull=True, source=Message.Source.API
                )
                parent = live.values_list("ts", flat=True)
                missing = [*parent, *self._live_replies().values_list("ts", flat=True)]
                is_doubted = bool(remove_absent(self.session, page, missing, present=()))
            if is_doubted:
                mark_read(self.session.row, self.ts, TO_BE_READ, "")
            elif is_deleted or self.session.is_limited:
                mark_gone(self.session.row, self.ts)
                self._resolve(page)

    def _live_replies(self) -> "QuerySet[Message]":
        rows = Message.objects.filter(channel=self.session.row, thread_ts=self.ts, removed_at__isnull=True)
        return rows.exclude(ts=self.ts)


def thread_of(external_id: str) -> str:
    """The thread of a reply in quarantine."""
    return external_id.partition(" ")[0]


def read_news(session: ChannelSession) -> None:
    """Read the threads of which Slack says something else than when they were read.

    Also those with a reply in quarantine whose next attempt is due.
    """
    after = ""
    while True:
        rows = with_news(session.row).filter(ts__gt=after)
        if session.options.since:
            rows = rows.filter(sent_at__gte=session.options.since)
        if session.options.until:
            rows = rows.filter(sent_at__lt=session.options.until)
        batch = list(rows.order_by("ts").values_list("ts", flat=True)[:BATCH])
        if not batch:
            break
        for number, ts in enumerate(batch, start=1):
            Thread(session, ts).read()
            session.collector.progress.update(f"{session.label} threads", number, len(batch))
        after = batch[-1]
    filed = session.quarantined.get(THREAD, set()) - session.waiting.get(THREAD, set())
    for ts in sorted({thread_of(each) for each in filed} - session.read):
        Thread(session, ts).read()


def revisit(session: ChannelSession, covered: Covered) -> None:
    """Read old threads again, as the schedule wants it."""
    state, today = session.state(STREAM), session.team.today
    days = session.settings.slack_sweep_days
    last = int(state.checkpoint_token) if state.checkpoint_token else None
    if last is None and not session.options.full:
        # All of them were read just now, as news.
        _save(session, today, {})
        return
    if days and last is not None and last >= today and not state.extras.get("after"):
        return
    # What was interrupted is finished for the day that it was for; the days since then come after it.
    until: int = state.extras.get("to", today)
    visited = 0
    for ts, latest in _parents(session, state.extras.get("after", ""), covered.hidden_before):
        age = until - micros_of(latest or ts) // 86_400_000_000
        interval = days_between_visits(age, session.settings)
        since = last if last is not None else until - interval
        if ts not in session.read and is_its_turn(ts, since=since, today=until, interval=interval):
            Thread(session, ts).read()
            visited += 1
            if days and visited % THREADS_BETWEEN_CHECKPOINTS == 0:
                _save(session, since, {"after": ts, "to": until})
    _save(session, until, {})
    if until < today:
        revisit(session, covered)


def _save(session: ChannelSession, day: int, interrupted: dict[str, object]) -> None:
    marker = f"{session.label}: threads revisited"
    with session.page() as page:
        page.checkpoint(STREAM, ChannelState(str(day), marker, interrupted))


def _parents(session: ChannelSession, after: str, hidden_before: int) -> Iterator[tuple[str, str]]:
    """Parents that the API has shown, oldest first, in batches; deleted ones while a reply lives."""
    floor = ts_of(hidden_before)
    replies = Message.objects.filter(
        channel=OuterRef("channel"), thread_ts=OuterRef("ts"), removed_at__isnull=True
    ).exclude(ts=F("thread_ts"))
    living = Message.objects.filter(
        Q(removed_at__isnull=True) | Exists(replies),
        channel=session.row,
        reply_count__gt=0,
        source=Message.Source.API,
        ts__gte=floor,
    )
    while True:
        rows = living.filter(ts__gt=after)
        batch = list(rows.order_by("ts").values_list("ts", "latest_reply")[:BATCH])
        if not batch:
            return
        yield from batch
        after = batch[-1][0]
