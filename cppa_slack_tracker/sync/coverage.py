"""What is known to be missing, for the operator."""

from core import sweeps
from cppa_slack_tracker.parsing import moment
from cppa_slack_tracker.sync.history import Covered
from cppa_slack_tracker.sync.session import ChannelSession, ts_of


def report_hidden(session: ChannelSession) -> None:
    """A gap where the workspace's plan hides older messages; how many, Slack does not say."""
    hidden_before = Covered(session).hidden_before
    gaps: dict[str, tuple[int, int]] = {}
    if hidden_before:
        gaps[f"hidden by the plan before {moment(ts_of(hidden_before)):%Y-%m-%d}"] = (1, 0)
    with session.page():
        sweeps.report_gaps(session.collector.name, session.scope, gaps)
