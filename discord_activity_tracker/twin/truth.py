"""Rows that a complete collection of the server has in its tables.

Left out are columns that no collection can owe: counters that Discord keeps, what is rendered from other
columns, addresses with the CDN's host, and the project's own times. The column `removed` stands for
`removed_at`. What was removed keeps what was last seen of it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from discord_activity_tracker.twin.people import Member
from discord_activity_tracker.twin.rooms import Kind, Room
from discord_activity_tracker.twin.server import Server
from discord_activity_tracker.twin.snowflakes import moment_of

Row = dict[str, Any]
APP = "discord_activity_tracker"
KINDS = {
    Kind.TEXT: "text", Kind.VOICE: "voice", Kind.CATEGORY: "category", Kind.ANNOUNCEMENT: "announcement",
    Kind.STAGE: "stage", Kind.FORUM: "forum", Kind.MEDIA: "media",
    Kind.ANNOUNCEMENT_THREAD: "announcement_thread", Kind.PUBLIC_THREAD: "public_thread",
    Kind.PRIVATE_THREAD: "private_thread",
}  # fmt: skip
WRITTEN_BY_PEOPLE = frozenset({0, 19, 20, 23})


def truth(server: Server, *, members: bool) -> dict[str, list[Row]]:
    """Model label -> rows. members: whether the bot may see the member list."""
    messages: list[Row] = []
    reactions: list[Row] = []
    attachments: list[Row] = []
    users: dict[str, Row] = {}
    for room, told in _told(server):
        messages.append(_message(room, told, gone=room.is_gone or int(told["id"]) in room.removed))
        reactions += [_reaction(told, each) for each in told.get("reactions", ())]
        attachments += [_attachment(told, n, each) for n, each in enumerate(told["attachments"])]
        for user in _users_in(told):
            users.setdefault(user["id"], user)
    seen = [member for member in server.people.members if members and member.seen]
    for member in seen:
        users[member.user["id"]] = member.user
    rows = {
        "Server": [_server(server)],
        "Role": [_role(server, role) for role in server.people.roles.values()],
        "User": [_user(user) for user in users.values()],
        "Member": [_member(server, member) for member in seen],
        "Membership": [_stay(server, member) for member in seen],
        "Channel": [_channel(room) for room in server.rooms],
        "Message": messages,
        "Reaction": reactions,
        "Attachment": attachments,
    }
    return {f"{APP}.{model}": told for model, told in rows.items()}


def _told(server: Server) -> Iterator[tuple[Room, Row]]:
    for room in server.rooms:
        if room.has_messages and room.is_readable:
            for number in room.ids:
                yield room, server.writer.plain(room, number)


def _users_in(told: Row) -> Iterator[Row]:
    if "webhook_id" not in told:
        yield told["author"]
    yield from told["mentions"]
    if "interaction_metadata" in told:
        yield told["interaction_metadata"]["user"]


def _server(server: Server) -> Row:
    told = server.payload()
    return {
        "id": server.id,
        "name": told["name"],
        "description": told["description"],
        "icon": told["icon"],
        "owner_id": int(told["owner_id"]),
    }


def _role(server: Server, role: Row) -> Row:
    return {
        "id": int(role["id"]),
        "server_id": server.id,
        "name": role["name"],
        "color": role["color"],
        "position": role["position"],
        "permissions": int(role["permissions"]),
        "is_hoisted": role["hoist"],
        "is_managed": role["managed"],
        "is_mentionable": role["mentionable"],
        "removed": False,
    }


def _user(user: Row) -> Row:
    return {
        "id": int(user["id"]),
        "username": user["username"],
        "global_name": user["global_name"] or "",
        "discriminator": user["discriminator"],
        "is_bot": user.get("bot", False),
        "is_system": user.get("system", False),
    }


def _member(server: Server, member: Member) -> Row:
    return {
        "server__id": server.id,
        "user__id": member.id,
        "nickname": member.nick or "",
        "role_ids": sorted(member.roles),
        "joined_at": member.joined,
        "boosting_since": None,
    }


def _stay(server: Server, member: Member) -> Row:
    return {"server__id": server.id, "user__id": member.id, "joined_at": member.joined}


def _channel(room: Room) -> Row:
    return {
        "id": room.id,
        "server_id": room.guild,
        "parent_id": room.parent.id if room.parent is not None else None,
        "kind": KINDS[room.kind],
        "name": room.name,
        "topic": room.topic or "",
        "position": 0 if room.is_thread else room.position,
        "is_nsfw": room.nsfw,
        "is_public": room.public and (room.parent is None or not room.is_thread or room.parent.public),
        "applied_tag_ids": list(room.applied),
        "owner_id": room.owner or None,
        "is_archived": room.archived,
        "is_locked": room.locked,
        "archived_at": (room.archive_changed or moment_of(room.id)) if room.is_thread else None,
        "created_at": room.created or moment_of(room.id),
        "removed": room.is_gone,
    }


def _message(room: Room, told: Row, *, gone: bool) -> Row:
    reference = told.get("message_reference", {})
    is_webhook = "webhook_id" in told
    return {
        "id": int(told["id"]),
        "channel_id": room.id,
        "sent_at": moment_of(int(told["id"])),
        "type": told["type"],
        "is_system": told["type"] not in WRITTEN_BY_PEOPLE,
        "author_id": int(told["author"]["id"]),
        "is_webhook": is_webhook,
        "author_name": told["author"]["username"] if is_webhook else "",
        "content": told["content"],
        "mentioned_user_ids": sorted(int(user["id"]) for user in told["mentions"]),
        "mentioned_role_ids": sorted(map(int, told["mention_roles"])),
        "mentions_everyone": told["mention_everyone"],
        "reference_type": reference.get("type"),
        "reference_message_id": _number(reference.get("message_id")),
        "reference_channel_id": _number(reference.get("channel_id")),
        "reference_server_id": _number(reference.get("guild_id")),
        "thread_id": int(told["thread"]["id"]) if "thread" in told else None,
        "edited_at": datetime.fromisoformat(told["edited_timestamp"]) if told["edited_timestamp"] else None,
        "is_pinned": told["pinned"],
        "flags": told["flags"],
        "embeds": told["embeds"],
        "stickers": told.get("sticker_items", []),
        "components": told["components"],
        "poll": _poll(told["poll"]) if "poll" in told else None,
        "removed": gone,
    }


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _poll(poll: Row) -> Row:
    """Without whether the bot voted."""
    counts = [{"id": each["id"], "count": each["count"]} for each in poll["results"]["answer_counts"]]
    return poll | {"results": poll["results"] | {"answer_counts": counts}}


def _reaction(told: Row, reaction: Row) -> Row:
    emoji = reaction["emoji"]
    return {
        "message__id": int(told["id"]),
        "emoji": emoji["id"] or emoji["name"],
        "name": emoji["name"],
        "is_animated": emoji.get("animated", False),
        "count": reaction["count"],
        "burst_count": reaction["count_details"]["burst"],
    }


def _attachment(told: Row, position: int, attachment: Row) -> Row:
    return {
        "message__id": int(told["id"]),
        "attachment_id": int(attachment["id"]),
        "position": position,
        "filename": attachment["filename"],
        "description": attachment.get("description", ""),
        "content_type": attachment.get("content_type", ""),
        "size": attachment["size"],
        "width": attachment.get("width"),
        "height": attachment.get("height"),
        "duration_seconds": attachment.get("duration_secs"),
    }
