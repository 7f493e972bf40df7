"""Reading a channel's messages, newest first, between two times.

What was read is kept as covered intervals of microseconds, page by page, so whatever is missing, wherever
it is, is read by the next run. A message that cannot be used is in quarantine, and its place is covered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.intervals import Intervals
from core.kinds import Taken
from core.operations.slack_ops import SlackPage
from core.pages import Page
from cppa_slack_tracker.parsing.fields import moment
from cppa_slack_tracker.protocol_impl import ChannelState, MessageRecord
from cppa_slack_tracker.services.messages import in_history
from cppa_slack_tracker.sync.saving import is_ts, remove_absent, take_messages
from cppa_slack_tracker.sync.session import MICROS, ChannelSession, micros_of, ts_of

STREAM = "history"


@dataclass(slots=True)
class Covered:
    """The times of a channel that were read, as its checkpoint keeps them."""

    session: ChannelSession
    spans: Intervals = field(init=False)
    # What is older is hidden by the workspace's plan.
    hidden_before: int = field(init=False)

    def __post_init__(self) -> None:
        extras = self.session.scope.state(STREAM).extras
        self.spans = Intervals.from_extras(extras)
        self.hidden_before = extras.get("hidden_before", 0)
        self.session.is_limited = self.session.is_limited or self.hidden_before > 0

    def save(self, page: Page) -> None:
        if not (self.spans or self.hidden_before or self.session.scope.state(STREAM).extras):
            return
        extras = self.spans.as_extras()
        if self.hidden_before:
            extras["hidden_before"] = self.hidden_before
        newest = ts_of(max(0, self.spans.end - 1))
        marker = f"{self.session.scope}: until {moment(newest):%Y-%m-%d %H:%M}"
        page.checkpoint(STREAM, ChannelState(newest, marker, extras))


@dataclass(slots=True)
class Walk:
    """One walk down from `end` to `start`, in microseconds; `end` None: from the newest message.

    `most`: stop after a reply with which it is so many messages; None: at the end.
    """

    session: ChannelSession
    covered: Covered
    start: int
    end: int | None = None
    most: int | None = None
    done: int = 0
    created: int = 0
    finished: bool = False
    reached: int = field(init=False)
    _from: int = field(init=False)
    # What was shown and cannot be used, by what it is called in quarantine.
    _refused: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        # Fixed, so what is posted meanwhile is no part of this walk. What was read before is, also when our
        # clock is slow: else it would be taken for deleted.
        now = max(int(self.session.team.clock() * MICROS), self.covered.spans.end)
        self._from = self.reached = now if self.end is None else self.end

    def run(self) -> None:
        limit = self.session.team.options.limit
        for listed in self.session.team.client.history(
            self.session.row.channel_id,
            oldest=ts_of(self.start) if self.start else None,
            latest=ts_of(self._from - 1),
            inclusive=True,
        ):
            self._take(listed)
            if not listed.more:
                self.finished = True
            elif _is_reached(self.most, self.done) or _is_reached(limit, self.created):
                return

    def _take(self, listed: SlackPage) -> None:
        session, upper = self.session, self.reached
        with session.scope.page() as page:
            taken = take_messages(session, page, listed.items)
            is_limited = self._is_limited(listed, taken)
            lower = self._lower(taken, upper, ends=not listed.more and not is_limited)
            missed = self._remove_absent(page, taken, lower, upper)
            if not listed.more and not self.start:
                self._note_hidden(taken, lower, is_limited=is_limited)
            self._cover(taken, lower, upper, missed)
            self.covered.save(page)
            self.created += page.counts["messages_created"]
        self.reached = lower
        if lower < upper:
            session.shown_from = min(session.shown_from, lower)
        self.done += len(listed.items)
        session.team.collector.progress.update(str(session.scope), self.done)

    def _is_open(self, upper: int) -> bool:
        """Tell whether nothing was read yet, and newer messages may come any time."""
        return self.end is None and upper == self._from

    def _is_limited(self, listed: SlackPage, taken: Taken[MessageRecord]) -> bool:
        """Tell whether the plan hides what is older. It no longer does where what it hid is shown."""
        self.session.is_limited = self.session.is_limited or listed.is_limited
        hidden = self.covered.hidden_before
        shows_hidden = any(micros_of(ts) < hidden for ts in taken.records)
        return listed.is_limited or (hidden > 0 and not shows_hidden)

    def _lower(self, taken: Taken[MessageRecord], upper: int, *, ends: bool) -> int:
        """Give the time down to which the reply tells of everything, but for what the plan hides."""
        return self.start if ends else min(map(micros_of, taken.records), default=upper)

    def _note_hidden(self, taken: Taken[MessageRecord], lower: int, *, is_limited: bool) -> None:
        """Note what the plan hides: all that is older than what a walk to the beginning ended with."""
        if not is_limited:
            self.covered.hidden_before = 0
        elif not self._is_open(lower):
            hidden = self.covered.hidden_before
            self.covered.hidden_before = lower if taken.records else max(hidden, lower)

    def _remove_absent(self, page: Page, taken: Taken[MessageRecord], lower: int, upper: int) -> list[str]:
        """Bury what is stored of the span and not shown; return what is too much to be believed gone."""
        self._refused |= taken.refused
        if not all(map(is_ts, self._refused)):
            return []  # one without a ts may be any that is not shown
        stored = in_history(self.session.row).filter(ts__gte=ts_of(lower), ts__lt=ts_of(upper))
        missing = set(stored.values_list("ts", flat=True)).difference(taken.records, self._refused)
        return remove_absent(self.session, page, missing, present=taken.records)

    def _cover(self, taken: Taken[MessageRecord], lower: int, upper: int, missed: Sequence[str]) -> None:
        """Cover what was read, but for what is in doubt, which the next run reads again."""
        newest = max(map(micros_of, taken.records), default=0)
        # Up to the newest message rather than to now: an equal channel has an equal checkpoint.
        top = newest + 1 if self._is_open(upper) else upper
        spans = self.covered.spans
        if top > lower:
            spans = spans.add(lower, top)
        if missed:
            spans = spans.remove(micros_of(missed[0]), micros_of(missed[-1]) + 1)
        self.covered.spans = spans


def _is_reached(most: int | None, number: int) -> bool:
    return most is not None and number >= most
