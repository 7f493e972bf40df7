"""What is known to be missing, for the operator."""

from core import sweeps
from cppa_slack_tracker.models import Message
from cppa_slack_tracker.parsing import moment
from cppa_slack_tracker.sync.history import Covered
from cppa_slack_tracker.sync.session import ChannelSession, ts_of


def report_hidden(session: ChannelSession) -> None:
    """A gap where the workspace's plan hides older messages; Slack shows none of them, we may have some."""
    hidden_before = Covered(session).hidden_before
    gaps: dict[str, tuple[int, int]] = {}
    if hidden_before:
        edge = ts_of(hidden_before)
        kept = Message.objects.filter(channel=session.row, ts__lt=edge, removed_at__isnull=True).count()
        gaps[f"hidden by the plan before {moment(edge):%Y-%m-%d}"] = (0, kept)
    with session.page():
        sweeps.report_gaps(session.collector.name, session.scope, gaps)
