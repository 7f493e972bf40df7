"""A Slack workspace: people, channels, messages. Everything is keyed by Slack's own ids.

What Slack no longer has keeps its row, with `removed_at`. Text keys are ordered byte by byte, as Slack's
timestamps are written with as many digits each. An absent text is "", an absent id NULL.
"""

from cppa_slack_tracker.models.directory import (
    Bookmark,
    Channel,
    ChannelMember,
    MembershipEvent,
    Pin,
    User,
    Workspace,
)
from cppa_slack_tracker.models.messages import File, Message, MessageFile, Reaction

__all__ = [
    "Bookmark",
    "Channel",
    "ChannelMember",
    "File",
    "MembershipEvent",
    "Message",
    "MessageFile",
    "Pin",
    "Reaction",
    "User",
    "Workspace",
]
