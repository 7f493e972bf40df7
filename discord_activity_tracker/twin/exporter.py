"""An export of the server as DiscordChatExporter makes it: one JSON file per channel or thread.

The shape is that of its JSON format (https://github.com/Tyrrrz/DiscordChatExporter, `--format Json
--markdown false`): names of kinds are those of its own lists, and the bare number of a kind that came later.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from discord_activity_tracker.twin.messages import Writer
from discord_activity_tracker.twin.people import Member
from discord_activity_tracker.twin.rooms import Room
from discord_activity_tracker.twin.server import Server
from discord_activity_tracker.twin.snowflakes import moment_of

Payload = dict[str, Any]
CHANNEL_KINDS = {
    0: "GuildTextChat", 2: "GuildVoiceChat", 4: "GuildCategory", 5: "GuildNews", 10: "GuildNewsThread",
    11: "GuildPublicThread", 12: "GuildPrivateThread", 13: "GuildStageVoice", 15: "GuildForum",
}  # fmt: skip
MESSAGE_KINDS = {
    0: "Default", 1: "RecipientAdd", 2: "RecipientRemove", 3: "Call", 4: "ChannelNameChange",
    5: "ChannelIconChange", 6: "ChannelPinnedMessage", 7: "GuildMemberJoin", 18: "ThreadCreated", 19: "Reply",
}  # fmt: skip
NOTICES = {
    1: "Added somebody to the group.", 2: "Removed somebody from the group.",
    4: "Changed the channel name: the new name", 6: "Pinned a message.", 7: "Joined the server.",
    18: "Started a thread.",
}  # fmt: skip
"""Content that it writes for messages of Discord itself, by type."""
STICKERS = {1: "Png", 2: "Apng", 3: "Lottie", 4: "Gif"}
COMPONENTS = {1: "ActionRow", 2: "Button"}
CDN = "https://cdn.discordapp.com"


def export(server: Server, folder: Path) -> list[Path]:
    """One file per channel and thread that a bot can read, those without messages too."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for room in server.rooms:
        if room.has_messages and room.is_readable and not room.is_gone:
            path = folder / f"{server.id} - {room.id} [{len(written)}].json"
            with path.open("w", encoding="utf-8") as file:
                file.writelines(_File(server, room).pieces())
            written.append(path)
    return written


class _File:
    def __init__(self, server: Server, room: Room) -> None:
        self.server = server
        self.room = room
        self.writer: Writer = server.writer
        self.members = {member.user["id"]: member for member in server.people.present}

    def pieces(self) -> Iterator[str]:
        """The file as it is written: message by message."""
        head = {
            "guild": {"id": str(self.server.id), "name": self.server.name, "iconUrl": f"{CDN}/icons/1.png"},
            "channel": self._channel(),
            "dateRange": {"after": None, "before": None},
            "exportedAt": _time(self.server.world.until),
        }
        yield json.dumps(head, ensure_ascii=False, indent=2)[:-2] + ',\n  "messages": ['
        for place, number in enumerate(self.room.present()):
            told = self.message(self.writer.plain(self.room, number))
            yield ("," if place else "") + "\n    " + json.dumps(told, ensure_ascii=False)
        yield f'\n  ],\n  "messageCount": {len(self.room)}\n}}'

    def _channel(self) -> Payload:
        parent = self.room.parent
        return {
            "id": str(self.room.id),
            "type": CHANNEL_KINDS.get(int(self.room.kind), str(int(self.room.kind))),
            "categoryId": str(parent.id) if parent is not None else None,
            "category": parent.name if parent is not None else None,
            "name": self.room.name,
            "topic": self.room.topic,
        }

    def message(self, told: Payload) -> Payload:
        kind = told["type"]
        made: Payload = {
            "id": told["id"],
            "type": MESSAGE_KINDS.get(kind, str(kind)),
            "timestamp": _time(moment_of(int(told["id"]))),
            "timestampEdited": _again(told["edited_timestamp"]),
            "callEndedTimestamp": None,
            "isPinned": told["pinned"],
            "content": NOTICES.get(kind, told["content"]),
            "author": self._user(told["author"]),
            "attachments": [self._attachment(each) for each in told["attachments"]],
            "components": [_component(each) for each in told["components"]],
            "embeds": [_embed(each) for each in told["embeds"]],
            "stickers": [_sticker(each) for each in told.get("sticker_items", ())],
            "reactions": [self._reaction(each) for each in told.get("reactions", ())],
            "mentions": [self._user(each) for each in told["mentions"]],
        }
        if "message_reference" in told:
            reference = told["message_reference"]
            made["reference"] = {
                "type": "Forward" if reference["type"] else "Default",
                "messageId": reference.get("message_id"),
                "channelId": reference.get("channel_id"),
                "guildId": reference.get("guild_id"),
            }
        for snapshot in told.get("message_snapshots", ()):
            made["forwardedMessage"] = self._forwarded(snapshot["message"])
        if "interaction" in told:
            asked = told["interaction"]
            made["interaction"] = {
                "id": asked["id"],
                "name": asked["name"],
                "user": self._user(asked["user"]),
            }
        return made | {"inlineEmojis": []}

    def _user(self, user: Payload, *, with_roles: bool = True) -> Payload:
        member: Member | None = self.members.get(user["id"])
        shown = user["global_name"] or user["username"]
        made: Payload = {
            "id": user["id"],
            "name": user["username"],
            "discriminator": user["discriminator"].rjust(4, "0"),
            "nickname": (member.nick if member else None) or shown,
            "color": None,
            "isBot": user.get("bot", False),
        }
        if with_roles:
            made["roles"] = [self._role(number) for number in (member.roles if member else ())]
        return made | {"avatarUrl": f"{CDN}/embed/avatars/0.png"}

    def _role(self, number: int) -> Payload:
        role = self.server.people.roles[number]
        return {"id": role["id"], "name": role["name"], "color": None, "position": role["position"]}

    def _attachment(self, attachment: Payload) -> Payload:
        path = f"attachments/{self.room.id}/{attachment['id']}/{attachment['filename']}"
        return {
            "id": attachment["id"],
            "url": f"{CDN}/{path}?ex=1&is=0&hm=0&",
            "fileName": attachment["filename"],
            "fileSizeBytes": attachment["size"],
        }

    def _reaction(self, reaction: Payload) -> Payload:
        users = [member.user for member in self.server.people.present[: reaction["count"]]]
        emoji = reaction["emoji"]
        return {
            "emoji": {
                "id": emoji["id"] or "",
                "name": emoji["name"],
                "code": emoji["name"],
                "isAnimated": False,
                "imageUrl": f"{CDN}/emojis/{emoji['id'] or 1}.png",
            },
            "count": reaction["count"],
            "users": [self._user(user, with_roles=False) for user in users],
        }

    def _forwarded(self, snapshot: Payload) -> Payload:
        return {
            "timestamp": _again(snapshot["timestamp"]),
            "timestampEdited": _again(snapshot["edited_timestamp"]),
            "content": snapshot["content"],
            "attachments": [self._attachment(each) for each in snapshot["attachments"]],
            "embeds": [_embed(each) for each in snapshot["embeds"]],
            "stickers": [],
        }


def _embed(embed: Payload) -> Payload:
    return {
        "title": embed.get("title", ""),
        "url": embed.get("url"),
        "timestamp": None,
        "description": embed.get("description", ""),
        "images": [],
        "fields": [
            {"name": each["name"], "value": each["value"], "isInline": each["inline"]}
            for each in embed.get("fields", ())
        ],
        "inlineEmojis": [],
    }


def _sticker(sticker: Payload) -> Payload:
    return {
        "id": sticker["id"],
        "name": sticker["name"],
        "format": STICKERS[sticker["format_type"]],
        "sourceUrl": f"{CDN}/stickers/{sticker['id']}.png",
    }


def _component(component: Payload) -> Payload:
    made: Payload = {"type": COMPONENTS.get(component["type"], str(component["type"]))}
    if component["type"] == 2:  # noqa: PLR2004 - a button
        made |= {
            "style": "Link",
            "label": component["label"],
            "url": component["url"],
            "customId": None,
            "skuId": None,
            "isDisabled": False,
        }
    if component.get("components"):
        made["components"] = [_component(each) for each in component["components"]]
    return made


def _time(moment: datetime) -> str:
    """Fractions without the zeros at their end."""
    text = moment.isoformat()
    head, point, fraction = text.removesuffix("+00:00").partition(".")
    fraction = fraction.rstrip("0")
    return head + (point + fraction if fraction else "") + "+00:00"


def _again(text: str | None) -> str | None:
    return None if text is None else _time(datetime.fromisoformat(text))
