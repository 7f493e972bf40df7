"""Channels and threads, and which messages are in them: ids, for what they say is made when asked for."""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from discord_activity_tracker.twin.snowflakes import iso, moment_of

Payload = dict[str, Any]
VIEW_CHANNEL = 1 << 10
LOW_PERMISSIONS = "0"


class Kind(IntEnum):
    """https://docs.discord.com/developers/resources/channel#channel-object-channel-types"""

    TEXT = 0
    VOICE = 2
    CATEGORY = 4
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15
    MEDIA = 16


THREADS = frozenset({Kind.ANNOUNCEMENT_THREAD, Kind.PUBLIC_THREAD, Kind.PRIVATE_THREAD})
ONLY_THREADS = frozenset({Kind.FORUM, Kind.MEDIA})
WITHOUT_MESSAGES = frozenset({Kind.CATEGORY, *ONLY_THREADS})


@dataclass(eq=False, slots=True)
class Room:
    """readable: by the bot. public: everyone may look. coming: drift will bring it, it is not there yet."""

    id: int
    kind: Kind
    name: str
    guild: int
    parent: "Room | None" = None
    position: int = 0
    topic: str | None = None
    nsfw: bool = False
    readable: bool = True
    public: bool = True
    deleted: bool = False
    tags: list[Payload] = field(default_factory=list[Payload])
    """Of a forum: those there are."""
    applied: list[int] = field(default_factory=list[int])
    """Of a post: ids of those it has."""
    owner: int = 0
    created: datetime | None = None
    """Of a thread from an older message: later than its id says."""
    archived: bool = False
    archive_changed: datetime | None = None
    locked: bool = False
    ids: "array[int]" = field(default_factory=lambda: array("Q"))
    """Every message that ever was there, oldest first."""
    removed: set[int] = field(default_factory=set[int])
    written: dict[int, Payload] = field(default_factory=dict[int, Payload])
    """Fields of the messages that are not everyday ones."""
    changes: dict[int, Payload] = field(default_factory=dict[int, Payload])
    """Fields of messages that are not what they were when they were sent."""
    pinned: dict[int, datetime] = field(default_factory=dict[int, datetime])

    @property
    def is_thread(self) -> bool:
        return self.kind in THREADS

    @property
    def is_post(self) -> bool:
        return self.parent is not None and self.parent.kind in ONLY_THREADS

    @property
    def has_messages(self) -> bool:
        return self.kind not in WITHOUT_MESSAGES

    @property
    def is_gone(self) -> bool:
        """With its channel if need be."""
        return self.deleted or (self.is_thread and self.parent is not None and self.parent.deleted)

    @property
    def is_readable(self) -> bool:
        return self.readable and (self.parent is None or not self.is_thread or self.parent.readable)

    def __contains__(self, message: int) -> bool:
        place = bisect_left(self.ids, message)
        return place < len(self.ids) and self.ids[place] == message and message not in self.removed

    def __len__(self) -> int:
        return len(self.ids) - len(self.removed)

    def add(self, message: int, written: Payload | None = None) -> int:
        """One more message, at its place in time."""
        if not self.ids or message > self.ids[-1]:
            self.ids.append(message)
        else:
            insort(self.ids, message)
        if written is not None:
            self.written[message] = written
        return message

    def present(self) -> Iterator[int]:
        """Oldest first."""
        return (message for message in self.ids if message not in self.removed)

    def after(self, message: int, limit: int) -> list[int]:
        """The next ones, newest first, as Discord lists them."""
        found: list[int] = []
        for place in range(bisect_right(self.ids, message), len(self.ids)):
            if len(found) == limit:
                break
            if self.ids[place] not in self.removed:
                found.append(self.ids[place])
        return found[::-1]

    def before(self, message: int | None, limit: int) -> list[int]:
        """Those just before, or the last ones; newest first."""
        found: list[int] = []
        end = len(self.ids) if message is None else bisect_left(self.ids, message)
        for place in range(end - 1, -1, -1):
            if len(found) == limit:
                break
            if self.ids[place] not in self.removed:
                found.append(self.ids[place])
        return found

    def earlier(self, message: int, steps: int) -> int | None:
        """The message that stood so many before this one when it was sent."""
        place = bisect_left(self.ids, message) - steps
        return self.ids[place] if place >= 0 else None

    def payload(self) -> Payload:
        """As a channel, or as a thread."""
        return self._thread() if self.is_thread else self._channel()

    def _channel(self) -> Payload:
        told: Payload = {
            "id": str(self.id),
            "type": int(self.kind),
            "flags": 0,
            "guild_id": str(self.guild),
            "name": self.name,
            "parent_id": str(self.parent.id) if self.parent is not None else None,
            "position": self.position,
            "permission_overwrites": self._overwrites(),
        }
        if self.kind is Kind.CATEGORY:
            return told
        told |= {
            "topic": self.topic,
            "nsfw": self.nsfw,
            "rate_limit_per_user": 0,
            "last_message_id": self._last_message(),
        }
        if self.pinned:
            told["last_pin_timestamp"] = iso(max(self.pinned.values()))
        if self.kind in {Kind.VOICE, Kind.STAGE}:
            told |= {"bitrate": 64000, "user_limit": 0, "rtc_region": None}
        if self.kind in ONLY_THREADS:
            told |= {
                "available_tags": self.tags,
                "default_reaction_emoji": {"emoji_id": None, "emoji_name": "👍"},
                "default_sort_order": None,
                "default_forum_layout": 0,
                "template": "",
            }
        return told

    def _thread(self) -> Payload:
        created = self.created or moment_of(self.id)
        starter = 1 if self.ids and self.ids[0] == self.id else 0
        told: Payload = {
            "id": str(self.id),
            "type": int(self.kind),
            "flags": 0,
            "guild_id": str(self.guild),
            "name": self.name,
            "parent_id": str(self.parent.id) if self.parent is not None else None,
            "owner_id": str(self.owner),
            "last_message_id": self._last_message(),
            "rate_limit_per_user": 0,
            "bitrate": 64000,
            "user_limit": 0,
            "rtc_region": None,
            "message_count": max(0, len(self) - starter),
            "member_count": min(50, 1 + len(self.ids)),
            "total_message_sent": max(0, len(self.ids) - starter),
            "thread_metadata": {
                "archived": self.archived,
                "archive_timestamp": iso(self.archive_changed or created),
                "auto_archive_duration": 4320,
                "locked": self.locked,
                "create_timestamp": iso(created),
            },
        }
        if self.kind is Kind.PRIVATE_THREAD:
            told["thread_metadata"]["invitable"] = True
        if self.is_post:
            told["applied_tags"] = [str(tag) for tag in self.applied]
        if self.pinned:
            told["last_pin_timestamp"] = iso(max(self.pinned.values()))
        return told

    def _last_message(self) -> str | None:
        """The last one that was sent: it may be gone. A forum has its last post."""
        if self.ids:
            return str(self.ids[-1])
        return None

    def _overwrites(self) -> list[Payload]:
        if self.public:
            return []
        return [{"id": str(self.guild), "type": 0, "allow": LOW_PERMISSIONS, "deny": str(VIEW_CHANNEL)}]
