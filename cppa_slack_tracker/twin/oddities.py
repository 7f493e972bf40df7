"""Everything that was ever seen in a channel and surprised someone: each once, whatever the twin's size."""

from typing import Any

from cppa_slack_tracker.twin.channels import Channel
from cppa_slack_tracker.twin.ids import SECOND
from cppa_slack_tracker.twin.posts import Kind, Post
from cppa_slack_tracker.twin.workspaces import Workspace

MINUTE = 60 * SECOND
_ALONE = (
    Kind.BLOCKS_ONLY, Kind.NULL_TEXT, Kind.BOT_MESSAGE, Kind.ME_MESSAGE, Kind.APP, Kind.RICH, Kind.CODE,
    Kind.FILE, Kind.SNIPPET, Kind.EXTERNAL_FILE, Kind.FILE_TOMBSTONE, Kind.FILE_HIDDEN, Kind.FILE_UNCHECKED,
    Kind.FILE_DENIED, Kind.FILE_COMMENT, Kind.FILE_MENTION, Kind.UNARCHIVE, Kind.POSTING, Kind.CANVAS,
    Kind.BOT_ADD, Kind.BOT_REMOVE, Kind.PINNED, Kind.UNPINNED, Kind.REMINDER, Kind.JOINER, Kind.SLACKBOT,
    Kind.HUDDLE, Kind.ROOM, Kind.ASSISTANT, Kind.DOCUMENT, Kind.EKM, Kind.UNHEARD,
)  # fmt: skip


class MessageWriter:
    """Messages of one channel, a minute apart."""

    def __init__(self, space: Workspace, channel: Channel, start: int) -> None:
        self.space = space
        self.channel = channel
        self.now = start
        self.count = 0

    def write(self, kind: Kind, thread: Post | None = None, /, **details: Any) -> Post:
        self.now += MINUTE + 7
        self.count += 1
        post = Post(
            ts=self.now,
            number=self.channel.number(),
            author=self.count % len(self.space.people),
            kind=kind,
            thread=thread.ts if thread else None,
            details=details or None,
        )
        return self.space.post(self.channel, post)


def plant(space: Workspace, channel: Channel, start: int) -> int:
    """All of a public channel; how many messages that makes."""
    diary = MessageWriter(space, channel, start)
    newcomer, inviter = space.people[1]["id"], space.people[2]["id"]
    diary.write(Kind.JOIN, user=newcomer)
    diary.write(Kind.JOIN, user=inviter, inviter=newcomer)
    diary.write(Kind.LEAVE, user=inviter)
    diary.write(Kind.JOIN, user=inviter)
    diary.write(Kind.TOPIC, topic=channel.topic)
    diary.write(Kind.PURPOSE, purpose=channel.purpose)
    diary.write(Kind.NAME, old_name="boost-old", name=channel.name)
    diary.write(Kind.ARCHIVE, members=[newcomer])
    channel.previous_names.append("boost-old")
    for kind in _ALONE:
        diary.write(kind)
    diary.write(Kind.TEXT, stranger=True)
    _same_second(diary)
    _threads(diary)
    return diary.count


def _same_second(diary: MessageWriter) -> None:
    """Messages of one second differ in the last six digits alone."""
    first = diary.write(Kind.TEXT)
    diary.now = first.ts // SECOND * SECOND - MINUTE - 7
    diary.write(Kind.TEXT)  # ...000000
    diary.now += SECOND


def _threads(diary: MessageWriter) -> None:
    """A broadcast, a locked thread, a reply of an app, a thread of a broken parent, one below an event."""
    parent = diary.write(Kind.CODE, is_locked=True)
    diary.write(Kind.TEXT, parent)
    diary.write(Kind.BROADCAST, parent)
    diary.write(Kind.REPLY_BROADCAST, parent)
    diary.write(Kind.BOT_MESSAGE, parent)
    diary.write(Kind.SNIPPET, parent)
    gone = diary.write(Kind.TOMBSTONE)
    diary.write(Kind.TEXT, gone)
    diary.write(Kind.ME_MESSAGE, gone)
    joined = diary.write(Kind.JOIN, user=diary.space.people[3]["id"])
    diary.write(Kind.TEXT, joined)


def plant_private(space: Workspace, channel: Channel, start: int) -> None:
    """The words that private channels have for the same things."""
    diary = MessageWriter(space, channel, start)
    user = space.people[1]["id"]
    diary.write(Kind.GROUP_JOIN, user=user, inviter=space.people[0]["id"])
    diary.write(Kind.GROUP_LEAVE, user=user)
    diary.write(Kind.GROUP_TOPIC, topic="Flags &amp; reports")
    diary.write(Kind.GROUP_PURPOSE, purpose="")
    diary.write(Kind.GROUP_NAME, old_name="mods", name=channel.name)
    diary.write(Kind.GROUP_ARCHIVE)
    diary.write(Kind.GROUP_UNARCHIVE)
    diary.write(Kind.PRIVATE)
