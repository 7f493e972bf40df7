"""The only place that writes Discord's tables. Everything here is idempotent."""

from discord_activity_tracker.services.channels import (
    mark_unreadable,
    save_channels,
    save_counters,
    save_known_channel,
    save_unknown,
    spread_visibility,
    tombstone_channels,
)
from discord_activity_tracker.services.messages import (
    absent_messages,
    count_messages,
    restore_content_hashes,
    save_content_hash,
    save_imported,
    save_messages,
    tombstone_messages,
)
from discord_activity_tracker.services.servers import (
    absent_members,
    count_members,
    live_roles,
    mark_left,
    save_members,
    save_roles,
    save_server,
    save_users,
    tombstone_roles,
)

__all__ = [
    "absent_members",
    "absent_messages",
    "count_members",
    "count_messages",
    "live_roles",
    "mark_left",
    "mark_unreadable",
    "restore_content_hashes",
    "save_channels",
    "save_content_hash",
    "save_counters",
    "save_imported",
    "save_known_channel",
    "save_members",
    "save_messages",
    "save_roles",
    "save_server",
    "save_unknown",
    "save_users",
    "spread_visibility",
    "tombstone_channels",
    "tombstone_messages",
    "tombstone_roles",
]
