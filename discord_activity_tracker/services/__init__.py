"""The only place that writes Discord's tables. Everything here is idempotent."""

from discord_activity_tracker.services.channels import (
    bury_channels,
    mark_unreadable,
    save_channels,
    save_known_channel,
    save_unknown,
)
from discord_activity_tracker.services.messages import (
    save_content_hashes,
    save_imported,
    save_messages,
)
from discord_activity_tracker.services.servers import (
    mark_left,
    save_members,
    save_roles,
    save_servers,
    save_users,
)
from discord_activity_tracker.services.visibility import note_public, unnoted

__all__ = [
    "bury_channels",
    "mark_left",
    "mark_unreadable",
    "note_public",
    "save_channels",
    "save_content_hashes",
    "save_imported",
    "save_known_channel",
    "save_members",
    "save_messages",
    "save_roles",
    "save_servers",
    "save_unknown",
    "save_users",
    "unnoted",
]
