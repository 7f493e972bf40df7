"""Messages as `conversations.history` and `conversations.replies` show them.

https://docs.slack.dev/reference/events/message
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cppa_slack_tracker.twin import files, writing
from cppa_slack_tracker.twin.ids import SECOND, SLACKBOT, slack_id, ts_text
from cppa_slack_tracker.twin.people import short_profile
from cppa_slack_tracker.twin.posts import FILES, Kind, Post

if TYPE_CHECKING:
    from cppa_slack_tracker.twin.channels import Channel
    from cppa_slack_tracker.twin.workspaces import Workspace

Payload = dict[str, Any]
REPLY_USERS = 5
"""People that Slack names as having replied."""
NO_REPLY = "0000000000.000000"
SUBTYPES = frozenset(Kind) - {
    Kind.TEXT, Kind.CODE, Kind.LINKS, Kind.RICH, Kind.APP, Kind.BLOCKS_ONLY, Kind.NULL_TEXT,
} - (FILES - {Kind.FILE_COMMENT})  # fmt: skip
"""Kinds that Slack shows as a subtype."""


def payload(space: "Workspace", channel: "Channel", post: Post, origin: str) -> Payload:
    """One message, with everything that hangs on it."""
    kind = post.kind
    message: Payload = {"type": "message", "ts": ts_text(post.ts)}
    if kind in SUBTYPES:
        message["subtype"] = kind.value
    message |= _BODIES.get(kind, _typed)(space, channel, post)
    if kind in FILES:
        shown = files.shown(space, channel, post, origin)
        message |= {"file": shown} if kind is Kind.FILE_COMMENT else {"files": [shown], "upload": False}
    if post.edited:
        message["edited"] = {"user": post.edited[0], "ts": ts_text(post.edited[1])}
    message |= _of_thread(space, channel, post, origin)
    if found := writing.reactions(space, channel, post):
        message["reactions"] = found
    if post.ts in channel.pins:
        pin = channel.pins[post.ts]
        message["pinned_to"] = [channel.id]
        message["pinned_info"] = {
            "channel": channel.id,
            "pinned_by": pin["created_by"],
            "pinned_ts": pin["created"],
        }
    return message


def _of_thread(space: "Workspace", channel: "Channel", post: Post, origin: str) -> Payload:
    if post.thread is None:
        return _of_parent(space, channel, post) if post.ts in channel.threads else {}
    parent = channel.posts[post.thread]
    said: Payload = {"thread_ts": ts_text(post.thread), "parent_user_id": _author(space, parent)}
    if post.kind in {Kind.BROADCAST, Kind.REPLY_BROADCAST}:
        said["root"] = payload(space, channel, parent, origin)
    return said


def _of_parent(space: "Workspace", channel: "Channel", post: Post) -> Payload:
    replies = channel.replies(post.ts)
    people = list(dict.fromkeys(_author(space, reply) for reply in replies))
    return {
        "thread_ts": ts_text(post.ts),
        "reply_count": len(replies),
        "reply_users_count": len(people),
        "latest_reply": ts_text(replies[-1].ts) if replies else NO_REPLY,
        "reply_users": people[:REPLY_USERS],
        "is_locked": bool(post.details and post.details.get("is_locked")),
        "subscribed": False,
    }


def _author(space: "Workspace", post: Post) -> str:
    if post.kind is Kind.TOMBSTONE:
        return SLACKBOT
    if post.kind is Kind.BOT_MESSAGE:
        return space.bot("drone")["profile"]["bot_id"]
    if post.details and "user" in post.details:
        return post.details["user"]
    return space.people[post.author]["id"]


def _typed(space: "Workspace", channel: "Channel", post: Post) -> Payload:
    """A message of a person, with or without a file."""
    said: Payload = {
        "user": _author(space, post),
        "text": writing.words(space, channel, post),
        "team": space.id,
        "client_msg_id": f"{post.number:08x}-0000-4000-8000-{int(channel.id[2:], 36) % 16**12:012x}",
    }
    if post.details and post.details.get("stranger"):
        stranger = space.stranger
        home = stranger["team_id"]
        said |= {"user": stranger["id"], "user_team": home, "source_team": home, "team": home}
        said["user_profile"] = short_profile(stranger)
    return said


def _rich(space: "Workspace", channel: "Channel", post: Post) -> Payload:
    blocks = writing.rich_text(space, channel, post)
    return _typed(space, channel, post) | {"text": writing.text_of_rich(blocks), "blocks": blocks}


def _app(space: "Workspace", channel: "Channel", post: Post) -> Payload:
    """A message that an app posts as its bot user: the text is a fallback, or is not there."""
    bot = space.bot("drone")
    said: Payload = {
        "user": bot["id"],
        "bot_id": bot["profile"]["bot_id"],
        "app_id": bot["profile"]["api_app_id"],
        "bot_profile": writing.bot_profile(space, bot),
        "team": space.id,
        "text": writing.words(space, channel, post),
        "blocks": writing.app_blocks(space, channel, post),
    }
    if post.kind is Kind.BLOCKS_ONLY:
        said["text"] = ""
    if post.kind is Kind.NULL_TEXT:
        said["text"] = None
    return said


def _bot_message(space: "Workspace", channel: "Channel", post: Post) -> Payload:
    """A post of an incoming webhook: no user, a name of its own, all of it in attachments."""
    return {
        "text": "",
        "username": "GitHub",
        "icons": {"emoji": ":octocat:"},
        "bot_id": space.bot("drone")["profile"]["bot_id"],
        "attachments": writing.attachments(space, channel, post),
    }


def _tombstone(space: "Workspace", channel: "Channel", post: Post) -> Payload:  # noqa: ARG001 - as all bodies
    return {
        "user": SLACKBOT,
        "text": "This message was deleted.",
        "hidden": True,
        "parent_user_id": SLACKBOT,
    }


def _file_comment(space: "Workspace", channel: "Channel", post: Post) -> Payload:
    """Of the time when files had comments: said of a file, by somebody named in `comment` alone."""
    author = _author(space, post)
    words = writing.words(space, channel, post)
    return {
        "text": f"<@{author}> commented on a file: {words}",
        "is_intro": False,
        "comment": {
            "id": slack_id("Fc", space.id, channel.id, post.number),
            "created": post.ts // SECOND,
            "timestamp": post.ts // SECOND,
            "user": author,
            "is_intro": False,
            "comment": words,
        },
    }


def _event(space: "Workspace", channel: "Channel", post: Post) -> Payload:
    """A line that Slack writes itself; `details` holds what it is about."""
    user = _author(space, post)
    details = {key: value for key, value in (post.details or {}).items() if key != "user"}
    fields: dict[str, Any] = {"user": user, "name": channel.name, "topic": "", "purpose": "", "old_name": ""}
    text = _LINES.get(post.kind, "<@{user}> did something that is not known today").format(**fields | details)
    return {"user": user, "text": text, **details}


def _huddle(space: "Workspace", channel: "Channel", post: Post) -> Payload:
    """A call; the text is empty, and everything is in `room`."""
    user = _author(space, post)
    room = {
        "id": slack_id("R", space.id, channel.id, post.number),
        "name": "Review of proposed library",
        "created_by": user,
        "date_start": post.ts // SECOND,
        "date_end": post.ts // SECOND + 1800,
        "participant_history": [user],
        "channels": [channel.id],
        "has_ended": True,
    }
    return {"user": user, "text": "", "room": room, "no_notifications": False, "permalink": ""}


_LINES: dict[Kind, str] = {
    Kind.JOIN: "<@{user}> has joined the channel",
    Kind.LEAVE: "<@{user}> has left the channel",
    Kind.TOPIC: "<@{user}> set the channel topic: {topic}",
    Kind.PURPOSE: "<@{user}> set the channel purpose: {purpose}",
    Kind.NAME: '<@{user}> has renamed the channel from "{old_name}" to "{name}"',
    Kind.ARCHIVE: "<@{user}> archived the channel",
    Kind.UNARCHIVE: "<@{user}> un-archived the channel",
    Kind.GROUP_JOIN: "<@{user}> has joined the group",
    Kind.GROUP_LEAVE: "<@{user}> has left the group",
    Kind.GROUP_TOPIC: "<@{user}> set the group topic: {topic}",
    Kind.GROUP_PURPOSE: "<@{user}> set the group purpose: {purpose}",
    Kind.GROUP_NAME: '<@{user}> has renamed the group from "{old_name}" to "{name}"',
    Kind.GROUP_ARCHIVE: "<@{user}> archived the group",
    Kind.GROUP_UNARCHIVE: "<@{user}> un-archived the group",
    Kind.PRIVATE: "made this channel private. Any files will still be public.",
    Kind.POSTING: "<@{user}> has changed who can post in the channel",
    Kind.CANVAS: "",
    Kind.BOT_ADD: "added an integration to this channel: <https://drone.example.org|drone>",
    Kind.BOT_REMOVE: "removed an integration from this channel: <https://drone.example.org|drone>",
    Kind.PINNED: "<@{user}> pinned a message to this channel.",
    Kind.UNPINNED: "<@{user}> unpinned a message from this channel.",
    Kind.REMINDER: "set up a reminder “to check std::expected&lt;T, E&gt;” in this channel at 9AM.",
    Kind.JOINER: "<@{user}> just joined. Say hello!",
    Kind.SLACKBOT: "The guidelines are at <https://www.boost.org/community/policy.html>",
    Kind.ROOM: "A huddle started",
    Kind.FILE_MENTION: "<@{user}> mentioned a file: <https://cpp.slack.com/files/U1/F1/a.cpp|a.cpp>",
    Kind.ASSISTANT: "New chat",
    Kind.DOCUMENT: "<@{user}> mentioned you in a canvas",
    Kind.EKM: "Your admins have suspended everyone's access to this content.",
}

_BODIES: dict[Kind, Callable[["Workspace", "Channel", Post], Payload]] = {
    Kind.RICH: _rich,
    Kind.APP: _app,
    Kind.BLOCKS_ONLY: _app,
    Kind.NULL_TEXT: _app,
    Kind.BOT_MESSAGE: _bot_message,
    Kind.TOMBSTONE: _tombstone,
    Kind.FILE_COMMENT: _file_comment,
    Kind.HUDDLE: _huddle,
    **dict.fromkeys((*_LINES, Kind.UNHEARD), _event),
}
