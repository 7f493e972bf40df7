"""Reading threads: those with news, and old ones again now and then.

Slack tells of new replies on their parent only: `reply_count` and `latest_reply`. Edits of replies it tells
nowhere, so every thread is read again within the days of a sweep, recent ones more often.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q

from core.operations.slack_ops import SlackPage, SlackUnknown
from core.pages import Page
from core.visits import is_its_turn
from cppa_slack_tracker.models import Message
from cppa_slack_tracker.protocol_impl import ChannelState
from cppa_slack_tracker.services.messages import TO_BE_READ, live_replies
from cppa_slack_tracker.services.threads import mark_gone, mark_read, with_news
from cppa_slack_tracker.sync.history import Covered
from cppa_slack_tracker.sync.saving import is_ts, remove_absent, take_messages
from cppa_slack_tracker.sync.session import ChannelSession, micros_of, ts_of

STREAM = "threads"
BATCH = 500
THREADS_BETWEEN_CHECKPOINTS = 50


@dataclass(slots=True)
class Thread:
    """One thread while it is read."""

    session: ChannelSession
    ts: str
    seen: set[str] = field(default_factory=set[str])
    # What is shown in it and cannot be used, by what it is called in quarantine.
    refused: set[str] = field(default_factory=set[str])
    # What the parent said of its thread when the reading began.
    numbers: tuple[int, str] | None = None

    def read(self) -> None:
        session = self.session
        try:
            for listed in session.team.client.replies(session.row.channel_id, self.ts):
                self._take(listed)
        except SlackUnknown as error:
            if error.code != "thread_not_found":
                raise
            self._bury()
        session.read.add(self.ts)

    def _take(self, listed: SlackPage) -> None:
        with self.session.scope.page() as page:
            taken = take_messages(self.session, page, listed.items)
            parent = taken.records.get(self.ts)
            if parent is not None and self.numbers is None:
                self.numbers = parent.reply_count, parent.latest_reply
            self.seen.update(taken.records)
            self.refused |= taken.refused
            if not listed.more:
                self._finish(page)

    def _finish(self, page: Page) -> None:
        """Bury the replies that are gone: all were read, and there is no news until the parent says so."""
        doubted: list[str] = []
        if all(map(is_ts, self.refused)):  # else it may be any of them
            missing = self._live_replies() - self.seen - self.refused
            doubted = remove_absent(self.session, page, missing, present=self.seen)
        count, latest = self.numbers or (0, "")
        mark_read(self.session.row, self.ts, TO_BE_READ if doubted else count, latest)

    def _bury(self) -> None:
        """Bury a thread that Slack no longer knows, where history shows what is older than it.

        Where it does not, the plan may only hide the thread, and the sweep will tell.
        """
        is_deleted = micros_of(self.ts) >= self.session.shown_from
        is_doubted = False
        with self.session.scope.page() as page:
            if is_deleted:
                live = Message.objects.live().filter(channel=self.session.row, source=Message.Source.API)
                parent = set(live.filter(ts=self.ts).values_list("ts", flat=True))
                is_doubted = bool(
                    remove_absent(self.session, page, parent | self._live_replies(), present=())
                )
            if is_doubted:
                mark_read(self.session.row, self.ts, TO_BE_READ, "")
            elif is_deleted or self.session.is_limited:
                mark_gone(self.session.row, self.ts)

    def _live_replies(self) -> set[str]:
        return set(live_replies(self.session.row, self.ts).values_list("ts", flat=True))


def read_news(session: ChannelSession) -> None:
    """Read the threads of which Slack says something else than when they were read."""
    after, options = "", session.team.options
    while True:
        rows = with_news(session.row).filter(ts__gt=after)
        if options.since:
            rows = rows.filter(sent_at__gte=options.since)
        if options.until:
            rows = rows.filter(sent_at__lt=options.until)
        batch = list(rows.order_by("ts").values_list("ts", flat=True)[:BATCH])
        if not batch:
            return
        for number, ts in enumerate(batch, start=1):
            Thread(session, ts).read()
            session.team.collector.progress.update(f"{session.scope} threads", number, len(batch))
        after = batch[-1]


def revisit(session: ChannelSession, covered: Covered) -> None:
    """Read old threads again, as the schedule wants it."""
    state, today = session.scope.state(STREAM), session.team.today
    days = session.team.settings.slack_sweep_days
    last = int(state.checkpoint_token) if state.checkpoint_token else None
    if last is None and not session.team.options.full:
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
        interval = session.team.settings.days_between_visits(age)
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
    marker = f"{session.scope}: threads revisited"
    with session.scope.page() as page:
        page.checkpoint(STREAM, ChannelState(str(day), marker, interrupted))


def _parents(session: ChannelSession, after: str, hidden_before: int) -> Iterator[tuple[str, str]]:
    """Give parents that the API has shown, oldest first; deleted ones while a reply lives."""
    living = Message.objects.filter(
        Q(removed_at__isnull=True) | Exists(live_replies(session.row, OuterRef("ts"))),
        channel=session.row,
        reply_count__gt=0,
        source=Message.Source.API,
        ts__gte=ts_of(hidden_before),
    )
    while True:
        rows = living.filter(ts__gt=after)
        batch = list(rows.order_by("ts").values_list("ts", "latest_reply")[:BATCH])
        if not batch:
            return
        yield from batch
        after = batch[-1][0]
