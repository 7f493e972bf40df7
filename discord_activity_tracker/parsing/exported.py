"""DiscordChatExporter's JSON: a channel a file, its messages as it writes them.

https://github.com/Tyrrrz/DiscordChatExporter, format `Json`. A message becomes what Discord's API would have
said of it, as far as the file tells: neither flags nor polls, no counts of burst reactions, and in place of
the content of Discord's own messages a sentence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidInput
from discord_activity_tracker.parsing.fields import Fields, time_of
from discord_activity_tracker.protocol_impl import ChannelRecord, ServerRecord

Payload = dict[str, Any]
CHANNEL_KINDS = {
    "GuildTextChat": "text",
    "GuildVoiceChat": "voice",
    "GuildCategory": "category",
    "GuildNews": "announcement",
    "GuildNewsThread": "announcement_thread",
    "GuildPublicThread": "public_thread",
    "GuildPrivateThread": "private_thread",
    "GuildStageVoice": "stage",
    "GuildDirectory": "directory",
    "GuildForum": "forum",
    "GuildMedia": "media",
}
MESSAGE_TYPES = {
    "Default": 0,
    "RecipientAdd": 1,
    "RecipientRemove": 2,
    "Call": 3,
    "ChannelNameChange": 4,
    "ChannelIconChange": 5,
    "ChannelPinnedMessage": 6,
    "GuildMemberJoin": 7,
    "ThreadCreated": 18,
    "Reply": 19,
}
# Their content is the exporter's own sentence, which says no more than the type does.
SENTENCES_ONLY = frozenset({5, 6, 7, 18})
RENAMED, RENAMED_TO = 4, "Changed the channel name: "
STICKER_FORMATS = {"Png": 1, "Apng": 2, "PngAnimated": 2, "Lottie": 3, "Gif": 4}
NO_DISCRIMINATOR = "0000"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """Head of a file: what stands before its messages. `exported_at` orders files of one channel."""

    server: ServerRecord
    channel: ChannelRecord
    exported_at: str


def parse_exported_file(head: Mapping[str, Any]) -> ExportedFile:
    """Parse the head of a file. Raises InvalidInput for what is no export of a server's channel."""
    fields = Fields(head, item="the file")
    guild, channel = fields.inner("guild"), fields.inner("channel")
    kind = channel.text("type")
    if guild.payload.get("id") == "0" or kind.startswith("Direct"):
        raise InvalidInput("it holds direct messages, which belong to no server", item="the file")
    channel_id = channel.snowflake("id")
    parent = channel.optional_snowflake("categoryId")
    record = ChannelRecord(
        id=channel_id,
        parent_id=parent,
        kind=CHANNEL_KINDS.get(kind, "other"),
        name=channel.text("name"),
        topic=channel.text("topic"),
        position=0,
        is_nsfw=False,
        everyone_may_view=False,  # the file does not tell, so nothing is published
        tags=(),
        applied_tag_ids=(),
        owner_id=None,
        is_archived=False,
        is_locked=False,
        archived_at=None,
        created_at=time_of(channel_id),
    )
    server = ServerRecord(guild.snowflake("id"), guild.text("name"), "", "", None)
    return ExportedFile(server, record, fields.text("exportedAt"))


def head_leaf(head: Mapping[str, Any]) -> Payload:
    """Return what is kept of what a file says first: only of the channel, so two exports have the same."""
    return {name: head[name] for name in ("guild", "channel")}


def api_shape(exported: Mapping[str, Any]) -> Payload:
    """Return a message as the API would tell it. Raises InvalidInput for what is no message of an export."""
    fields = Fields(exported)
    kind = _type(fields)
    author = _user(fields.inner("author"))
    # Bots have a discriminator to this day; what calls itself a bot and has none is a webhook.
    webhook = author["bot"] and author["discriminator"] == "0"
    shape: Payload = {
        "id": exported.get("id"),
        "type": kind,
        "timestamp": exported.get("timestamp"),
        "edited_timestamp": exported.get("timestampEdited"),
        "pinned": fields.flag("isPinned"),
        "content": _content(fields, kind),
        "author": author,
        "attachments": [_attachment(each) for each in fields.objects("attachments")],
        "embeds": [_embed(each) for each in fields.objects("embeds")],
        "sticker_items": [_sticker(each) for each in fields.objects("stickers")],
        "reactions": [_reaction(each) for each in fields.objects("reactions")],
        "mentions": [_user(each) for each in fields.objects("mentions")],
        "components": [each.payload for each in fields.objects("components")],
    }
    if webhook:
        shape["webhook_id"] = author["id"]
    if (reference := fields.optional_inner("reference")) is not None:
        shape["message_reference"] = _reference(reference, "forwardedMessage" in exported)
    if (forwarded := fields.optional_inner("forwardedMessage")) is not None:
        shape["message_snapshots"] = [{"message": _forwarded(forwarded)}]
    if (interaction := fields.optional_inner("interaction")) is not None:
        user = _user(interaction.inner("user"))
        shape["interaction_metadata"] = {
            "id": interaction.payload.get("id"),
            "name": interaction.text("name"),
            "user": user,
        }
    return shape


def _type(message: Fields) -> int:
    """Return Discord's number of a type; those without a name in the exporter are written as such."""
    name = message.filled("type")
    if name in MESSAGE_TYPES:
        return MESSAGE_TYPES[name]
    if name.isascii() and name.isdecimal():
        return int(name)
    raise message.wrong("type", "a kind of message", name)


def _content(message: Fields, kind: int) -> str:
    content = message.text("content")
    if kind in SENTENCES_ONLY:
        return ""
    return content.removeprefix(RENAMED_TO) if kind == RENAMED else content


def _user(user: Fields) -> Payload:
    discriminator = user.text("discriminator", NO_DISCRIMINATOR)
    name, shown = user.text("name"), user.text("nickname")
    return {
        "id": str(user.snowflake("id")),
        "username": name,
        # On the server, where it has another name there.
        "global_name": shown if shown != name else None,
        "discriminator": "0" if discriminator == NO_DISCRIMINATOR else discriminator,
        "bot": user.flag("isBot"),
    }


def _attachment(attachment: Fields) -> Payload:
    return {
        "id": str(attachment.snowflake("id")),
        "url": attachment.text("url"),
        "filename": attachment.text("fileName"),
        "size": attachment.number("fileSizeBytes", most=2**53),
    }


def _embed(embed: Fields) -> Payload:
    told: Payload = {"type": "rich", "title": embed.text("title"), "description": embed.text("description")}
    for name in ("url", "timestamp"):
        told[name] = embed.payload.get(name)
    color = embed.text("color").lstrip("#")
    if re.fullmatch("[0-9A-Fa-f]{6,8}", color):
        told["color"] = int(color[-6:], 16)
    for name in ("author", "footer", "thumbnail", "image", "video"):
        if (inner := embed.optional_inner(name)) is not None:
            told[name] = {key.replace("Url", "_url"): value for key, value in inner.payload.items()}
    told["fields"] = [
        {"name": each.text("name"), "value": each.text("value"), "inline": each.flag("isInline")}
        for each in embed.objects("fields")
    ]
    return {name: value for name, value in told.items() if value not in (None, "", [])}


def _sticker(sticker: Fields) -> Payload:
    return {
        "id": str(sticker.snowflake("id")),
        "name": sticker.text("name"),
        "format_type": STICKER_FORMATS.get(sticker.text("format"), 1),
    }


def _reaction(reaction: Fields) -> Payload:
    emoji = reaction.inner("emoji")
    own_id = emoji.text("id")
    return {
        "emoji": {
            "id": own_id or None,
            "name": emoji.text("name"),
            "animated": emoji.flag("isAnimated") and bool(own_id),
        },
        "count": reaction.number("count"),
    }


def _reference(reference: Fields, is_forward: bool) -> Payload:
    forward = is_forward or reference.text("type") == "Forward"
    return {
        "type": int(forward),
        "message_id": reference.payload.get("messageId"),
        "channel_id": reference.payload.get("channelId"),
        "guild_id": reference.payload.get("guildId"),
    }


def _forwarded(forwarded: Fields) -> Payload:
    return {
        "timestamp": forwarded.payload.get("timestamp"),
        "edited_timestamp": forwarded.payload.get("timestampEdited"),
        "content": forwarded.text("content"),
        "attachments": [_attachment(each) for each in forwarded.objects("attachments")],
        "embeds": [_embed(each) for each in forwarded.objects("embeds")],
        "sticker_items": [_sticker(each) for each in forwarded.objects("stickers")],
    }
