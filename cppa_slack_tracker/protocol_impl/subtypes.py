"""Subtypes of messages: each becomes a row with its text, and what the README's table says.

https://docs.slack.dev/reference/events/message#subtypes. A subtype that is not listed here is talk: its text
may be somebody's, and too much in the index is mended more easily than too little.
"""

from enum import StrEnum


class Decision(StrEnum):
    TALK = "talk"
    """Somebody says something: search text."""
    MEMBERSHIP = "membership"
    """Somebody came or went."""
    CHANNEL = "channel"
    """Something about the channel changed."""
    NOTICE = "notice"
    """Slack itself tells of something."""
    DELETED = "deleted"


JOINED = frozenset({"channel_join", "group_join"})
LEFT = frozenset({"channel_leave", "group_leave"})
_OF_CHANNELS = (
    "topic",
    "purpose",
    "name",
    "archive",
    "unarchive",
    "convert_to_private",
    "convert_to_public",
    "posting_permissions",
    "canvas_updated",
)
_DECISIONS = {
    **dict.fromkeys(JOINED | LEFT, Decision.MEMBERSHIP),
    **{f"{kind}_{what}": Decision.CHANNEL for kind in ("channel", "group") for what in _OF_CHANNELS},
    **dict.fromkeys(("pinned_item", "unpinned_item"), Decision.CHANNEL),
    **dict.fromkeys(
        (
            "bot_add",
            "bot_remove",
            "bot_enable",
            "bot_disable",
            "reminder_add",
            "reminder_delete",
            "joiner_notification",
            "joiner_notification_for_inviter",
            "sh_room_created",
            "sh_room_shared",
            "app_conversation_join",
            "app_conversation_leave",
            "tabbed_canvas_updated",
        ),
        Decision.NOTICE,
    ),
    "tombstone": Decision.DELETED,
}


def decision_of(subtype: str) -> Decision:
    return _DECISIONS.get(subtype, Decision.TALK)


def subtypes_of(decision: Decision) -> list[str]:
    """Those that are listed; unlisted ones are talk."""
    return sorted(subtype for subtype, decided in _DECISIONS.items() if decided is decision)


# What is no search text.
SILENT = tuple(sorted(_DECISIONS))
