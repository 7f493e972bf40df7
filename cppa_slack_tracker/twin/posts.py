"""A message as the twin remembers it: small, so that many fit; the rest is rolled from its number."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Kinds of messages. Values are Slack's subtypes where it has one."""

    TEXT = "text"
    CODE = "code"
    LINKS = "links"
    RICH = "rich text blocks"
    APP = "app"
    BLOCKS_ONLY = "blocks only"
    NULL_TEXT = "null text"
    BOT_MESSAGE = "bot_message"
    ME_MESSAGE = "me_message"
    FILE = "hosted file"
    SNIPPET = "snippet"
    EXTERNAL_FILE = "external file"
    FILE_TOMBSTONE = "deleted file"
    FILE_HIDDEN = "file hidden by limit"
    FILE_UNCHECKED = "file to be asked for"
    FILE_DENIED = "file without access"
    FILE_COMMENT = "file_comment"
    FILE_MENTION = "file_mention"
    BROADCAST = "thread_broadcast"
    TOMBSTONE = "tombstone"
    JOIN = "channel_join"
    LEAVE = "channel_leave"
    TOPIC = "channel_topic"
    PURPOSE = "channel_purpose"
    NAME = "channel_name"
    ARCHIVE = "channel_archive"
    UNARCHIVE = "channel_unarchive"
    GROUP_JOIN = "group_join"
    GROUP_LEAVE = "group_leave"
    GROUP_TOPIC = "group_topic"
    GROUP_PURPOSE = "group_purpose"
    GROUP_NAME = "group_name"
    GROUP_ARCHIVE = "group_archive"
    GROUP_UNARCHIVE = "group_unarchive"
    PRIVATE = "channel_convert_to_private"
    POSTING = "channel_posting_permissions"
    CANVAS = "channel_canvas_updated"
    BOT_ADD = "bot_add"
    BOT_REMOVE = "bot_remove"
    PINNED = "pinned_item"
    UNPINNED = "unpinned_item"
    REMINDER = "reminder_add"
    JOINER = "joiner_notification"
    SLACKBOT = "slackbot_response"
    HUDDLE = "huddle_thread"
    ROOM = "sh_room_created"
    ASSISTANT = "assistant_app_thread"
    DOCUMENT = "document_mention"
    EKM = "ekm_access_denied"
    REPLY_BROADCAST = "reply_broadcast"
    UNHEARD = "subtype_of_tomorrow"


EVERYDAY = (
    Kind.TEXT,
    Kind.CODE,
    Kind.LINKS,
    Kind.RICH,
    Kind.APP,
    Kind.BOT_MESSAGE,
    Kind.ME_MESSAGE,
    Kind.FILE,
)
WEIGHTS = (62, 12, 6, 10, 3, 3, 1, 3)
FILES = frozenset({
    Kind.FILE, Kind.SNIPPET, Kind.EXTERNAL_FILE, Kind.FILE_TOMBSTONE, Kind.FILE_HIDDEN, Kind.FILE_UNCHECKED,
    Kind.FILE_DENIED, Kind.FILE_COMMENT,
})  # fmt: skip
"""Kinds that show a file."""
PLAIN = frozenset({Kind.TEXT, Kind.CODE, Kind.LINKS, Kind.RICH})
"""Kinds that a person typed, and may edit or delete."""


@dataclass(slots=True)
class Post:
    """One message. `ts` in microseconds is its key; `number` is what its dice are called."""

    ts: int
    number: int
    author: int
    """Place in the workspace's list of people."""
    kind: Kind = Kind.TEXT
    thread: int | None = None
    """Of a reply: the ts of its parent."""
    version: int = 0
    """How often its text was edited."""
    edited: tuple[str, int] | None = None
    """Who edited it last, and when."""
    reactions: dict[str, list[str]] | None = None
    """Since somebody added or took one: name -> people."""
    details: dict[str, Any] | None = None
    """Of an event: fields of its payload."""
