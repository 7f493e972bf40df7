"""The message-content intent: without it Discord sends messages with nothing in them.

https://docs.discord.com/developers/events/gateway#message-content-intent
"""

from collections.abc import Iterable

from core.errors import PermissionDenied
from discord_activity_tracker.client import INTENTS, Payload
from discord_activity_tracker.models import Channel
from discord_activity_tracker.protocol_impl import MessageRecord

SAMPLE = 5  # messages
REMEDY = "switch on Message Content Intent in the Developer Portal, under Bot; nothing was stored"


def require_message_content(application: Payload) -> None:
    """Raise PermissionDenied when the bot's application may not read what people write."""
    flags = application.get("flags")
    if isinstance(flags, int) and not flags & INTENTS["message content"]:
        raise PermissionDenied("the bot has no message-content intent", remedy=REMEDY)


def require_contents(records: Iterable[MessageRecord], bot_id: int, channel: Channel) -> None:
    """Raise PermissionDenied when all that others have written in a batch is empty.

    The bot's own messages, and those that mention it, are never emptied.
    """
    others = [
        record
        for record in records
        if not record.is_system and record.author_id != bot_id and bot_id not in record.mentioned_user_ids
    ]
    if len(others) >= SAMPLE and all(record.is_empty for record in others):
        raise PermissionDenied(
            f"all {len(others)} messages of a batch of {channel} are empty: the bot seems to have no"
            " message-content intent",
            remedy=REMEDY,
        )
