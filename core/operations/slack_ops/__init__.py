"""Slack: the Web API with limits, retries, counters and errors like every other source's."""

from core.operations.slack_ops.client import Identity, SlackClient
from core.operations.slack_ops.conf import SlackSettings
from core.operations.slack_ops.contents import LOGIN_PAGE, SlackContents
from core.operations.slack_ops.errors import CursorRefused, SlackDenied, SlackUnknown
from core.operations.slack_ops.limits import CALLS_PER_MINUTE
from core.operations.slack_ops.paging import SlackPage

__all__ = [
    "CALLS_PER_MINUTE",
    "LOGIN_PAGE",
    "CursorRefused",
    "Identity",
    "SlackClient",
    "SlackContents",
    "SlackDenied",
    "SlackPage",
    "SlackSettings",
    "SlackUnknown",
]
