"""Rows that a complete collection of the workspaces has in its tables.

Left out are columns that are made of others (`plain_text`, `links`, the JSON of profiles, blocks and
attachments), what the tracker notes for itself (`access`, `read_reply_count`, ...) and times of its own. The
column `removed` stands for `removed_at`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from cppa_slack_tracker.twin.channels import Channel, Payload
from cppa_slack_tracker.twin.files import FOUND, shown, whole
from cppa_slack_tracker.twin.ids import SECOND, moment_of, ts_of, ts_text
from cppa_slack_tracker.twin.posts import Kind
from cppa_slack_tracker.twin.workspaces import NOWHERE, Workspace

Row = dict[str, Any]
APP = "cppa_slack_tracker"
_KINDS = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}
_EVENTS = {
    "channel_join": "joined", "group_join": "joined", "channel_leave": "left", "group_leave": "left",
}  # fmt: skip
TYPES = frozenset({"public_channel", "private_channel"})
_MODELS = (
    "Workspace", "User", "Channel", "ChannelMember", "MembershipEvent", "Message", "Reaction", "File",
    "MessageFile", "Pin", "Bookmark",
)  # fmt: skip


def truth(spaces: Iterable[Workspace], *, hidden_before: int = 0) -> dict[str, list[Row]]:
    """Model label -> rows, of public and private channels as the bots see them."""
    rows: dict[str, list[Row]] = {f"{APP}.{model}": [] for model in _MODELS}
    for space in spaces:
        for model, row in _of_space(space, hidden_before):
            rows[f"{APP}.{model}"].append(row)
    return rows


def _of_space(space: Workspace, hidden_before: int) -> Iterator[tuple[str, Row]]:
    yield "Workspace", {"team_id": space.id, "name": space.name, "domain": space.domain, "url": space.url}
    for user in (*space.listed_users, space.stranger):
        yield "User", _user(space, user)
    for channel in space.channels.values():
        if channel.kind not in TYPES or not (channel.is_seen or channel.was_read):
            continue
        yield "Channel", _channel(space, channel)
        yield from _members(space, channel)
        if channel.was_read:
            yield from _adornments(space, channel)
            yield from _messages(space, channel, hidden_before)
    yield from _files(space, hidden_before)


def _user(space: Workspace, user: Payload) -> Row:
    profile = user.get("profile", {})
    return {
        "workspace__team_id": space.id,
        "user_id": user["id"],
        "home_team_id": user["team_id"],
        "name": user["name"],
        "real_name": user.get("real_name") or profile.get("real_name", ""),
        "display_name": profile.get("display_name", ""),
        "email": profile.get("email") if "users:read.email" in space.scopes else None,
        "title": profile.get("title", ""),
        "time_zone": user.get("tz", ""),
        "is_bot": user["is_bot"],
        "is_deactivated": user["deleted"],
        "is_guest": user["is_restricted"] or user["is_ultra_restricted"],
        "is_email_confirmed": user.get("is_email_confirmed", False),
        "is_stranger": user.get("is_stranger", False),
        "removed": False,
    }


def _channel(space: Workspace, channel: Channel) -> Row:
    return {
        "workspace__team_id": space.id,
        "channel_id": channel.id,
        "name": channel.name,
        "kind": _KINDS[channel.kind],
        "is_archived": channel.is_archived,
        "is_member": channel.is_member or not channel.is_seen,
        "is_general": channel.is_general,
        "is_shared": channel.is_shared,
        "topic": channel.topic,
        "purpose": channel.purpose,
        "creator": channel.creator,
        "created_at": moment_of(channel.created * SECOND),
        "previous_names": channel.previous_names,
        "removed": not channel.is_seen,
    }


def _key(space: Workspace, channel: Channel, prefix: str = "channel") -> Row:
    return {f"{prefix}__workspace__team_id": space.id, f"{prefix}__channel_id": channel.id}


def _members(space: Workspace, channel: Channel) -> Iterator[tuple[str, Row]]:
    for removed, users in ((False, channel.members), (True, channel.members_gone)):
        for user in users:
            if not (removed and user in channel.members):
                yield "ChannelMember", {**_key(space, channel), "user_id": user, "removed": removed}
    counts: dict[str, int] = {}
    for user, kind in channel.came_and_went:
        counts[user] = counts.get(user, 0) + 1
        row = {"user_id": user, "ts": f"list-{counts[user]}", "kind": kind, "by_user_id": None}
        yield "MembershipEvent", {**_key(space, channel), **row, "happened_at": None}


def _adornments(space: Workspace, channel: Channel) -> Iterator[tuple[str, Row]]:
    for removed, pins in ((False, channel.pins), (True, channel.pins_gone)):
        for ts, pin in pins.items():
            yield (
                "Pin",
                {
                    **_key(space, channel),
                    "item_id": ts_text(ts),
                    "kind": "message",
                    "created_at": moment_of(pin["created"] * SECOND),
                    "created_by": pin["created_by"],
                    "removed": removed,
                },
            )
    for removed, bookmarks in ((False, channel.bookmarks), (True, channel.bookmarks_gone)):
        for bookmark in bookmarks:
            yield (
                "Bookmark",
                {
                    **_key(space, channel),
                    "bookmark_id": bookmark["id"],
                    "title": bookmark["title"],
                    "link": bookmark["link"],
                    "kind": bookmark["type"],
                    "created_at": moment_of(bookmark["date_created"] * SECOND),
                    "updated_at": moment_of(bookmark["date_updated"] * SECOND),
                    "updated_by": bookmark["last_updated_by_user_id"],
                    "removed": removed,
                },
            )


def _messages(space: Workspace, channel: Channel, hidden_before: int) -> Iterator[tuple[str, Row]]:
    """Those that are there, and those that were, as they were seen last."""
    for post in channel:
        if post.ts < hidden_before or (post.thread or post.ts) < hidden_before:
            continue
        seen = now = space.payload(channel, post)
        if post.kind is Kind.TOMBSTONE and post.ts in channel.gone:
            of_thread = ("reply_count", "latest_reply", "thread_ts")
            seen = channel.gone[post.ts] | {name: now[name] for name in of_thread}
        yield from _message(space, channel, seen, removed=post.kind is Kind.TOMBSTONE)
    for ts, seen in channel.gone.items():
        if ts not in channel.posts:
            yield from _message(space, channel, seen, removed=True)


def _message(
    space: Workspace, channel: Channel, seen: Payload, *, removed: bool
) -> Iterator[tuple[str, Row]]:
    edited = seen.get("edited")
    replies = seen.get("reply_count", 0)
    yield (
        "Message",
        {
            **_key(space, channel),
            "ts": seen["ts"],
            "sent_at": _moment(seen["ts"]),
            "thread_ts": seen.get("thread_ts"),
            "is_broadcast": seen.get("subtype") in {"thread_broadcast", "reply_broadcast"},
            "subtype": seen.get("subtype", ""),
            "user_id": seen.get("user") or seen.get("comment", {}).get("user"),
            "bot_id": seen.get("bot_id"),
            "app_id": seen.get("app_id"),
            "author_name": seen.get("username") or seen.get("bot_profile", {}).get("name"),
            "text": seen["text"] or "",
            "reply_count": replies,
            "latest_reply": seen["latest_reply"] if replies else "",
            "is_locked": seen.get("is_locked", False),
            "edited_at": _moment(edited["ts"]) if edited else None,
            "edited_by": edited["user"] if edited else None,
            "is_pinned": bool(seen.get("pinned_to")),
            "permalink": _permalink(space, channel, seen),
            "source": "api",
            "removed": removed,
        },
    )
    yield from _hanging_on(space, channel, seen)


def _hanging_on(space: Workspace, channel: Channel, seen: Payload) -> Iterator[tuple[str, Row]]:
    key = {**_key(space, channel, "message__channel"), "message__ts": seen["ts"]}
    for reaction in seen.get("reactions", ()):
        row = {"name": reaction["name"], "count": reaction["count"], "user_ids": reaction["users"]}
        yield "Reaction", {**key, **row}
    for position, file in enumerate(seen.get("files", [seen["file"]] if "file" in seen else [])):
        yield "MessageFile", {**key, "file_id": file["id"], "position": position}
    if kind := _EVENTS.get(seen.get("subtype", "")):
        yield (
            "MembershipEvent",
            {
                **_key(space, channel),
                "user_id": seen["user"],
                "ts": seen["ts"],
                "kind": kind,
                "by_user_id": seen.get("inviter"),
                "happened_at": _moment(seen["ts"]),
            },
        )


def _permalink(space: Workspace, channel: Channel, seen: Payload) -> str:
    """As Slack itself gives them out: a reply's names its thread."""
    link = f"{space.url}archives/{channel.id}/p{seen['ts'].replace('.', '')}"
    thread = seen.get("thread_ts")
    return f"{link}?thread_ts={thread}&cid={channel.id}" if thread and thread != seen["ts"] else link


def _moment(ts: str) -> datetime:
    return moment_of(ts_of(ts))


def _files(space: Workspace, hidden_before: int) -> Iterator[tuple[str, Row]]:
    """A deleted file keeps what was known of it; of some nobody is told more than the id."""
    for channel, post in space.files.values():
        if channel.kind in TYPES and channel.was_read and (post.thread or post.ts) >= hidden_before:
            file = shown(space, channel, post, NOWHERE)
            removed = file.get("mode") == "tombstone"
            if post.kind in FOUND:
                file = whole(space, channel, post, NOWHERE)
            created = file.get("created") or 0
            yield (
                "File",
                {
                    "workspace__team_id": space.id,
                    "file_id": file["id"],
                    "name": file.get("name", ""),
                    "title": file.get("title", ""),
                    "mode": file["mode"],
                    "mime_type": file.get("mimetype", ""),
                    "file_type": file.get("filetype", ""),
                    "size": file.get("size"),
                    "user_id": file.get("user") or None,
                    "created_at": moment_of(created * SECOND) if created else None,
                    "permalink": file.get("permalink"),
                    "is_external": file.get("is_external", False),
                    "removed": removed,
                },
            )
