"""The records that the parsers hand to the services, and the app's result, state and activity records."""

from cppa_slack_tracker.protocol_impl.records import (
    BookmarkRecord,
    ChannelRecord,
    FileRecord,
    Leaf,
    MembershipRecord,
    MessageRecord,
    ParsedMessage,
    PinRecord,
    ReactionRecord,
    UserRecord,
    WorkspaceRecord,
)
from cppa_slack_tracker.protocol_impl.results import (
    ChannelState,
    FileActivity,
    MembershipActivity,
    MessageActivity,
    ReactionActivity,
    ReplyActivity,
    SlackResult,
    activities_of,
)
from cppa_slack_tracker.protocol_impl.subtypes import JOINED, LEFT, SILENT, Decision, decision_of, subtypes_of

__all__ = [
    "JOINED",
    "LEFT",
    "SILENT",
    "BookmarkRecord",
    "ChannelRecord",
    "ChannelState",
    "Decision",
    "FileActivity",
    "FileRecord",
    "Leaf",
    "MembershipActivity",
    "MembershipRecord",
    "MessageActivity",
    "MessageRecord",
    "ParsedMessage",
    "PinRecord",
    "ReactionActivity",
    "ReactionRecord",
    "ReplyActivity",
    "SlackResult",
    "UserRecord",
    "WorkspaceRecord",
    "activities_of",
    "decision_of",
    "subtypes_of",
]
