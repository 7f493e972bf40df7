"""All messages of a channel: what is new, what is missing, threads with news, and old ones again."""

from math import ceil

from cppa_slack_tracker.parsing import MESSAGE
from cppa_slack_tracker.protocol_impl import ChannelState
from cppa_slack_tracker.services import in_history
from cppa_slack_tracker.sync.history import Covered, Walk, span_of
from cppa_slack_tracker.sync.session import MICROS, ChannelSession, ts_of
from cppa_slack_tracker.sync.threads import read_news, revisit

SWEEP = "sweep"
DAY = 86_400 * MICROS
# What arrives late is found all the same, however few days are read again.
OVERLAP = 300 * MICROS


def collect_messages(session: ChannelSession) -> None:
    covered = Covered(session)
    options = session.options
    if options.since is not None or options.until is not None:
        _between(session, covered)
        read_news(session)
        return
    recent = recent_start(session, covered)
    newest = Walk(session, covered, recent)
    newest.run()
    whole = newest.finished and _close_gaps(session, covered, recent, newest.created)
    read_news(session)
    if whole:
        _sweep(session, covered, recent)
        read_news(session)  # of threads whose parent it found gone
        revisit(session, covered)


def recent_start(session: ChannelSession, covered: Covered) -> int:
    """From where on every run reads again; from the beginning where a sweep is due in every run."""
    if not covered.spans or not session.settings.slack_sweep_days:
        return 0
    return max(0, covered.spans.end - max(OVERLAP, session.settings.slack_recent_days * DAY))


def gaps(session: ChannelSession, covered: Covered, until: int) -> list[tuple[int, int]]:
    """What was never read, newest first; without what is in quarantine and not due."""
    waiting = [span_of(external_id) for external_id in session.waiting.get(MESSAGE, set())]
    missing = covered.spans.missing(covered.hidden_before, until)
    return [
        (start, end)
        for start, end in reversed(list(missing))
        if not any(span is not None and span[0] <= start and end <= span[1] for span in waiting)
    ]


def _between(session: ChannelSession, covered: Covered) -> None:
    since, until = session.options.since, session.options.until
    start = int(since.timestamp() * MICROS) if since else 0
    end = int(until.timestamp() * MICROS) if until else None
    if end is not None and end > session.team.clock() * MICROS:
        end = None  # what is not written yet cannot be covered
    Walk(session, covered, start, end).run()


def _close_gaps(session: ChannelSession, covered: Covered, until: int, created: int) -> bool:
    """Read what earlier runs did not get. False when `--limit` ended it before."""
    limit = session.options.limit
    for start, end in gaps(session, covered, until):
        if limit is not None and created >= limit:
            return False
        walk = Walk(session, covered, start, end)
        walk.run()
        created += walk.created
        if not walk.finished:
            return False
    return True


def _sweep(session: ChannelSession, covered: Covered, recent: int) -> None:
    """Read some of the old messages again, newest first: each within the days of a sweep."""
    days, today = session.settings.slack_sweep_days, session.team.today
    state = session.state(SWEEP)
    if not days:
        return
    # The first run has read everything: the sweep begins with the next day.
    last = int(state.checkpoint_token) if state.checkpoint_token else today
    until = state.extras.get("until", recent)
    if until <= covered.hidden_before:
        until = recent  # the rest is hidden now: from the top again
    # One more for what the plan hides, so that it is looked for where nothing else is old.
    old = in_history(session.row).filter(ts__lt=ts_of(recent)).count() + (covered.hidden_before > 0)
    allowed = ceil(old * min(1.0, (today - last) / days))
    if allowed:
        # Down to the beginning: only so it shows what the plan hides now.
        walk = Walk(session, covered, 0, min(until, recent), most=allowed)
        walk.run()
        until = recent if walk.finished else walk.reached
    extras = {} if until >= recent else {"until": until}
    reached = f" until {ts_of(until)}" if extras else ""
    marker = f"{session.label}: old messages read again{reached}"
    with session.page() as page:
        page.checkpoint(SWEEP, ChannelState(str(today), marker, extras))
