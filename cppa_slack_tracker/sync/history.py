"""Reading a channel's messages, newest first, between two times.

What was read is kept as covered intervals of microseconds, page by page, so whatever is missing, wherever
it is, is read by the next run. A message that cannot be parsed stays outside of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.intervals import Intervals
from core.operations.slack_ops import SlackPage
from core.pages import Page
from cppa_slack_tracker.parsing import MESSAGE, moment
from cppa_slack_tracker.protocol_impl import ChannelState
from cppa_slack_tracker.services import in_history
from cppa_slack_tracker.sync.saving import Batch, Refused, parse_batch, remove_absent, save_batch
from cppa_slack_tracker.sync.session import NEVER, ChannelSession, micros_of, ts_of

STREAM = "history"


@dataclass(slots=True)
class Covered:
    """The intervals of a channel that were read, and how they are kept."""

    session: ChannelSession
    spans: Intervals = field(init=False)
    # What is older is hidden by the workspace's plan.
    hidden_before: int = field(init=False)

    def __post_init__(self) -> None:
        extras = self.session.state(STREAM).extras
        self.spans = Intervals.from_extras(extras)
        self.hidden_before = extras.get("hidden_before", 0)
        self.session.is_limited = self.session.is_limited or self.hidden_before > 0

    def save(self, page: Page) -> None:
        if not (self.spans or self.hidden_before or self.session.state(STREAM).extras):
            return
        extras = self.spans.as_extras()
        if self.hidden_before:
            extras["hidden_before"] = self.hidden_before
        newest = ts_of(max(0, self.spans.end - 1))
        marker = f"{self.session.label}: until {moment(newest):%Y-%m-%d %H:%M}"
        page.checkpoint(STREAM, ChannelState(newest, marker, extras))


@dataclass(frozen=True, slots=True)
class Doubt:
    """Where a message stands that could not be parsed: somewhere in `[start, end)`."""

    start: int
    end: int
    refused: Refused | None  # None: it is in quarantine already

    @property
    def external_id(self) -> str:
        known = self.refused and self.refused.ts
        return known or f"{ts_of(self.start)}..{ts_of(self.end)}"


@dataclass(slots=True)
class Walk:
    """One walk down from `end` to `start`, in microseconds; `end` None: from the newest message.

    `most`: stop after a page with which it is so many messages; None: at the end.
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

    def __post_init__(self) -> None:
        # Fixed, so what is posted meanwhile is no part of this walk. What was read before is, also when our
        # clock is slow: else it would be taken for deleted.
        now = max(int(self.session.team.clock() * 1_000_000), self.covered.spans.end)
        self._from = self.reached = now if self.end is None else self.end

    def run(self) -> None:
        carried: Sequence[Refused] = ()
        pages = self.session.client.history(
            self.session.channel_id,
            oldest=ts_of(self.start) if self.start else None,
            latest=ts_of(self._from - 1),
            inclusive=True,
        )
        limit = self.session.options.limit
        for listed in pages:
            carried = self._take(listed, carried)
            if not listed.more:
                self.finished = True
            elif _is_reached(self.most, self.done) or _is_reached(limit, self.created):
                return

    def _take(self, listed: SlackPage, carried: Sequence[Refused]) -> Sequence[Refused]:
        """Save a page. Returns what stands at its end and cannot be placed before the next one is there."""
        session = self.session
        batch = parse_batch(listed.items)
        upper = self.reached
        is_limited = self._is_limited(listed, batch)
        lower = self._lower(batch, upper, ends=not listed.more and not is_limited)
        highest = NEVER if self._is_open(upper) else upper
        doubts, carry = _placed(batch, carried, lower, highest, more=listed.more)
        with session.page() as page:
            refused = save_batch(session, page, batch.parsed)
            doubts += [Doubt(micros_of(ts), micros_of(ts) + 1, None) for ts in refused]
            missed = self._remove_absent(page, batch, (lower, upper), doubts)
            if not listed.more and not self.start:
                self._note_hidden(batch, lower, is_limited=is_limited)
            self._cover(page, batch, (lower, upper), doubts, missed)
            self.created += page.counts["messages_created"]
        self.reached = lower
        if lower < upper:
            session.shown_from = min(session.shown_from, lower)
        self.done += len(listed.items)
        session.collector.progress.update(session.label, self.done)
        return carry

    def _is_open(self, upper: int) -> bool:
        """Whether nothing was read yet, and newer messages may come any time."""
        return self.end is None and upper == self._from

    def _is_limited(self, listed: SlackPage, batch: Batch) -> bool:
        """Whether the plan hides what is older. Where it did, what it hid shows that it no longer does."""
        self.session.is_limited = self.session.is_limited or listed.is_limited
        hidden = self.covered.hidden_before
        shows_hidden = any(micros_of(record.ts) < hidden for record in batch.records)
        return listed.is_limited or (hidden > 0 and not shows_hidden)

    def _lower(self, batch: Batch, upper: int, *, ends: bool) -> int:
        """Down to where the page tells of everything: what the plan hides is not told of."""
        if ends:
            return self.start
        return min((micros_of(record.ts) for record in batch.records), default=upper)

    def _note_hidden(self, batch: Batch, lower: int, *, is_limited: bool) -> None:
        """What a walk to the beginning ended with is the oldest that the plan shows now."""
        if not is_limited:
            self.covered.hidden_before = 0
        elif not self._is_open(lower):
            hidden = self.covered.hidden_before
            self.covered.hidden_before = lower if batch.records else max(hidden, lower)

    def _remove_absent(
        self, page: Page, batch: Batch, span: tuple[int, int], doubts: Iterable[Doubt]
    ) -> list[str]:
        """What is stored of the span and not on the page is gone, unless it may be what cannot be parsed.

        Returns what is too much to be believed gone.
        """
        lower, upper = span
        seen = {record.ts for record in batch.records}
        stored = in_history(self.session.row).filter(ts__gte=ts_of(lower), ts__lt=ts_of(upper))
        uncertain = list(doubts)
        missing = [
            ts
            for ts in stored.values_list("ts", flat=True)
            if ts not in seen and not any(each.start <= micros_of(ts) < each.end for each in uncertain)
        ]
        return remove_absent(self.session, page, missing, present=seen)

    def _cover(
        self,
        page: Page,
        batch: Batch,
        span: tuple[int, int],
        doubts: Sequence[Doubt],
        missed: Sequence[str],
    ) -> None:
        """What was read is covered, but for what is in doubt, which the next run reads again."""
        lower, upper = span
        newest = max((micros_of(record.ts) for record in batch.records), default=0)
        # Up to the newest message rather than to now: an equal channel has an equal checkpoint.
        top = newest + 1 if self._is_open(upper) else upper
        spans = self.covered.spans.add(lower, top) if top > lower else self.covered.spans
        if missed:
            spans = spans.remove(micros_of(missed[0]), micros_of(missed[-1]) + 1)
        for doubt in doubts:
            spans = spans.remove(doubt.start, doubt.end)
            if doubt.refused is not None:
                self._set_aside(page, doubt, doubt.refused)
        self.covered.spans = spans
        self._resolve(page)
        self.covered.save(page)

    def _set_aside(self, page: Page, doubt: Doubt, refused: Refused) -> None:
        """What has no ts is filed by its neighbours; the nearer they are, the better it is known."""
        session, external_id = self.session, doubt.external_id
        for known in sorted(session.quarantined.get(MESSAGE, set()) - {external_id}):
            span = span_of(known)
            if refused.ts is None and span and span[0] <= doubt.start and doubt.end <= span[1]:
                session.refile(page, MESSAGE, known, external_id)
        session.set_aside(page, MESSAGE, external_id, refused.body, refused.error)

    def _resolve(self, page: Page) -> None:
        """What was in quarantine and is covered now was understood, or is gone."""
        for external_id in sorted(self.session.quarantined.get(MESSAGE, set())):
            span = span_of(external_id)
            if span is None:
                continue
            start, end = span
            # Above the newest message there is nothing to be covered.
            end = min(end, max(self.covered.spans.end, start + 1))
            if not any(self.covered.spans.missing(start, end)):
                self.session.resolve(page, MESSAGE, external_id)


def _is_reached(most: int | None, number: int) -> bool:
    return most is not None and number >= most


def span_of(external_id: str) -> tuple[int, int] | None:
    """Where a message in quarantine stands, from what it is filed under."""
    start, between, end = external_id.partition("..")
    try:
        return micros_of(start), micros_of(end) if between else micros_of(start) + 1
    except ValueError:
        return None


def _placed(
    batch: Batch, carried: Sequence[Refused], lower: int, upper: int, *, more: bool
) -> tuple[list[Doubt], list[Refused]]:
    """Where the unparseable messages of a page stand, by their neighbours, which are in order.

    Those at its end are carried over to the next page, which begins with their neighbour.
    """
    refused_at = {each.place: each for each in batch.refused}
    parsed = iter(batch.parsed)
    newer, doubts, pending = upper, list[Doubt](), list(carried)
    for place in range(len(batch.parsed) + len(batch.refused)):
        if place in refused_at:
            pending.append(refused_at[place])
            continue
        at = micros_of(next(parsed).record.ts)
        doubts += [_doubt(each, at + 1, newer) for each in pending]
        newer, pending = at, []
    if not more:
        return doubts + [_doubt(each, lower, newer) for each in pending], []
    return doubts, pending


def _doubt(refused: Refused, start: int, end: int) -> Doubt:
    if refused.ts is not None:
        at = micros_of(refused.ts)
        return Doubt(at, at + 1, refused)
    return Doubt(start, end, refused)
