"""All messages of a channel: what is new, what is missing, threads with news, and old ones again."""

from math import ceil

from core.errors import InvalidInput
from cppa_slack_tracker.parsing.fields import Fields
from cppa_slack_tracker.protocol_impl import ChannelState
from cppa_slack_tracker.services.messages import in_history
from cppa_slack_tracker.sync.history import Covered, Walk
from cppa_slack_tracker.sync.kinds import MESSAGE, THREAD, TOMBSTONE
from cppa_slack_tracker.sync.saving import is_ts
from cppa_slack_tracker.sync.session import MICROS, ChannelSession, micros_of, ts_of
from cppa_slack_tracker.sync.threads import Thread, read_news, revisit

SWEEP = "sweep"
DAY = 86_400 * MICROS
# What arrives late is found all the same, however few days are read again.
OVERLAP = 300 * MICROS


def collect_messages(session: ChannelSession) -> None:
    """Read a channel's history and threads."""
    covered = Covered(session)
    options = session.team.options
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
        _retry(session, covered)


def recent_start(session: ChannelSession, covered: Covered) -> int:
    """Give the ts from which on every run reads again; 0 where a sweep is due in every run."""
    settings = session.team.settings
    if not covered.spans or not settings.slack_sweep_days:
        return 0
    return max(0, covered.spans.end - max(OVERLAP, settings.slack_recent_days * DAY))


def _between(session: ChannelSession, covered: Covered) -> None:
    since, until = session.team.options.since, session.team.options.until
    start = int(since.timestamp() * MICROS) if since else 0
    end = int(until.timestamp() * MICROS) if until else None
    if end is not None and end > session.team.clock() * MICROS:
        end = None  # what is not written yet cannot be covered
    Walk(session, covered, start, end).run()


def _close_gaps(session: ChannelSession, covered: Covered, until: int, created: int) -> bool:
    """Read what earlier runs did not get, newest first. False when `--limit` ended it before."""
    limit = session.team.options.limit
    for start, end in reversed(list(covered.spans.missing(covered.hidden_before, until))):
        if limit is not None and created >= limit:
            return False
        walk = Walk(session, covered, start, end)
        walk.run()
        created += walk.created
        if not walk.finished:
            return False
    return True


def _retry(session: ChannelSession, covered: Covered) -> None:
    """Ask again for what is due in quarantine, and was not met in this run.

    One in a thread with its thread, one with a ts by that, any other with all of the channel. What is then
    neither understood nor set aside again is gone.
    """
    scope, kinds = session.scope, (MESSAGE, TOMBSTONE, THREAD)
    threads, places = set[str](), set[tuple[int, int | None]]()
    for kind in kinds:
        for name, body in scope.payloads(kind.name, scope.due(kind.name)).items():
            thread = _thread_of(body)
            if thread is not None:
                threads.add(thread)
            else:
                places.add((micros_of(name), micros_of(name) + 1) if is_ts(name) else (0, None))
    walks = [Walk(session, covered, start, end) for start, end in places]
    for walk in walks:
        walk.run()
    for ts in sorted(threads - session.read):
        Thread(session, ts).read()
    if (threads or walks) and all(walk.finished for walk in walks):
        with scope.page() as page:
            for kind in kinds:
                page.resolve(kind.name, scope.due(kind.name))


def _thread_of(body: bytes) -> str | None:
    """Give the thread that a message in quarantine says it is in."""
    try:
        return Fields(MESSAGE.read(body)).optional_ts("thread_ts")
    except InvalidInput:
        return None


def _sweep(session: ChannelSession, covered: Covered, recent: int) -> None:
    """Read some of the old messages again, newest first: each within the days of a sweep."""
    days, today = session.team.settings.slack_sweep_days, session.team.today
    state = session.scope.state(SWEEP)
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
    marker = f"{session.scope}: old messages read again{reached}"
    with session.scope.page() as page:
        page.checkpoint(SWEEP, ChannelState(str(today), marker, extras))
