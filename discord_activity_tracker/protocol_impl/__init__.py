"""The records that parsers hand to services, and what others see of a run. Neither Django nor the network."""

from discord_activity_tracker.protocol_impl.activities import DiscordActivity
from discord_activity_tracker.protocol_impl.records import (
    AttachmentRecord,
    ChannelRecord,
    MemberRecord,
    MessageRecord,
    Names,
    ReactionRecord,
    RoleRecord,
    ServerRecord,
    UserRecord,
)
from discord_activity_tracker.protocol_impl.results import ChannelState, DiscordResult

__all__ = [
    "AttachmentRecord",
    "ChannelRecord",
    "ChannelState",
    "DiscordActivity",
    "DiscordResult",
    "MemberRecord",
    "MessageRecord",
    "Names",
    "ReactionRecord",
    "RoleRecord",
    "ServerRecord",
    "UserRecord",
]
