"""Channels and threads. https://docs.discord.com/developers/resources/channel"""

from collections.abc import Mapping
from typing import Any

from core.payloads import MOST_OF_AN_ID
from discord_activity_tracker.parsing.fields import Fields, time_of
from discord_activity_tracker.protocol_impl import ChannelRecord

KINDS = {
    0: "text",
    2: "voice",
    4: "category",
    5: "announcement",
    10: "announcement_thread",
    11: "public_thread",
    12: "private_thread",
    13: "stage",
    14: "directory",
    15: "forum",
    16: "media",
}
THREADS = frozenset({10, 11, 12})
VIEW_CHANNEL = 1 << 10
ADMINISTRATOR = 1 << 3


def parse_channel(payload: Mapping[str, Any], *, everyone: int = 0, permissions: int = 0) -> ChannelRecord:
    """Parse a channel or thread. `everyone` is the id of the role @everyone, `permissions` what it may.

    Without them nobody may view a channel, so nothing of it is published.
    """
    fields = Fields(payload)
    kind = fields.number("type", -1)
    thread = fields.optional_inner("thread_metadata")
    created_at = thread.optional_moment("create_timestamp") if thread else None
    return ChannelRecord(
        id=fields.snowflake("id"),
        parent_id=fields.optional_snowflake("parent_id"),
        kind=KINDS.get(kind, "other"),
        name=fields.text("name"),
        topic=fields.text("topic"),
        position=fields.number("position"),
        is_nsfw=fields.flag("nsfw"),
        everyone_may_view=None if kind in THREADS else _may_view(fields, everyone, permissions),
        tags=tuple(_tag(tag) for tag in fields.objects("available_tags")),
        applied_tag_ids=fields.snowflakes("applied_tags"),
        owner_id=fields.optional_snowflake("owner_id"),
        is_archived=thread.flag("archived") if thread else False,
        is_locked=thread.flag("locked") if thread else False,
        archived_at=thread.optional_moment("archive_timestamp") if thread else None,
        created_at=created_at or time_of(fields.snowflake("id")),
        last_message_id=fields.optional_snowflake("last_message_id"),
        message_count=fields.optional_number("message_count"),
    )


def _may_view(channel: Fields, everyone: int, permissions: int) -> bool:
    """Tell whether the role @everyone may view a channel.

    https://docs.discord.com/developers/topics/permissions#permission-overwrites
    """
    if permissions & ADMINISTRATOR:
        return True
    for overwrite in channel.objects("permission_overwrites"):
        if overwrite.snowflake("id") == everyone:
            permissions &= ~overwrite.number("deny", most=MOST_OF_AN_ID)
            permissions |= overwrite.number("allow", most=MOST_OF_AN_ID)
    return bool(permissions & VIEW_CHANNEL)


def _tag(tag: Fields) -> dict[str, Any]:
    return {
        "id": tag.snowflake("id"),
        "name": tag.text("name"),
        "emoji": tag.text("emoji_name") or str(tag.optional_snowflake("emoji_id") or ""),
        "moderated": tag.flag("moderated"),
    }
