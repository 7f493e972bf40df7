"""The records that the parsers hand to the services, and the app's result, state and activity records."""

from cppa_slack_tracker.protocol_impl.records import (
    BookmarkRecord,
    ChannelRecord,
    FileRecord,
    MembershipRecord,
    MessageRecord,
    PinRecord,
    ReactionRecord,
    UserRecord,
    WorkspaceRecord,
)
from cppa_slack_tracker.protocol_impl.results import (
    ChannelState,
    SlackActivity,
    SlackResult,
    activities_of,
    membership_activity,
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
    "FileRecord",
    "MembershipRecord",
    "MessageRecord",
    "PinRecord",
    "ReactionRecord",
    "SlackActivity",
    "SlackResult",
    "UserRecord",
    "WorkspaceRecord",
    "activities_of",
    "decision_of",
    "membership_activity",
    "subtypes_of",
]
