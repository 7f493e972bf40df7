"""Tables of Discord servers. All ids are Discord's own snowflakes."""

from discord_activity_tracker.models.channels import Channel
from discord_activity_tracker.models.exports import MarkdownExport
from discord_activity_tracker.models.messages import Attachment, Message, Reaction
from discord_activity_tracker.models.servers import Member, Membership, Role, Server, User

__all__ = [
    "Attachment",
    "Channel",
    "MarkdownExport",
    "Member",
    "Membership",
    "Message",
    "Reaction",
    "Role",
    "Server",
    "User",
]
