"""Messages. https://docs.discord.com/developers/resources/message"""

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import InvalidInput
from discord_activity_tracker.parsing.fields import Fields, time_of
from discord_activity_tracker.parsing.leaves import unsigned
from discord_activity_tracker.parsing.servers import is_from_webhook
from discord_activity_tracker.parsing.text import WRITTEN, plain_text
from discord_activity_tracker.protocol_impl import AttachmentRecord, MessageRecord, Names, ReactionRecord


def parse_message(leaf: Mapping[str, Any], names: Names) -> MessageRecord:
    """A message from its leaf: what comes from Discord and from the archive goes the same way.

    Raises InvalidInput for one that cannot be used.
    """
    fields = Fields(leaf)
    for name in ("type", "timestamp", "content"):
        if leaf.get(name) is None:
            raise InvalidInput(f"{name}: missing", item=str(leaf.get("id")))
    message_id, author = fields.snowflake("id"), fields.inner("author")
    # It tells the same as the id; one that is no time shows that the payload is broken.
    fields.moment("timestamp")
    kind = fields.number("type")
    thread = fields.optional_inner("thread")
    webhook = is_from_webhook(fields)
    return MessageRecord(
        id=message_id,
        sent_at=time_of(message_id),
        type=kind,
        is_system=kind not in WRITTEN,
        author_id=author.snowflake("id"),
        is_webhook=webhook,
        author_name=author.text("username") if webhook else "",
        content=fields.text("content"),
        plain_text=plain_text(fields, names),
        mentioned_user_ids=tuple(sorted({each.snowflake("id") for each in fields.objects("mentions")})),
        mentioned_role_ids=fields.snowflakes("mention_roles"),
        mentions_everyone=fields.flag("mention_everyone"),
        **_reference(fields),
        snapshots=tuple(each.inner("message").payload for each in fields.objects("message_snapshots")),
        thread_id=thread.snowflake("id") if thread else None,
        edited_at=fields.optional_moment("edited_timestamp"),
        is_pinned=fields.flag("pinned"),
        flags=fields.number("flags"),
        embeds=fields.json_objects("embeds"),
        stickers=fields.json_objects("sticker_items"),
        components=fields.json_objects("components"),
        poll=_optional_json(fields, "poll"),
        interaction=_optional_json(fields, "interaction_metadata") or _optional_json(fields, "interaction"),
        reactions=tuple(_reactions(fields)),
        attachments=tuple(_attachments(fields)),
    )


def _reference(fields: Fields) -> dict[str, int | None]:
    """What a message answers, forwards or is about. A type that is not told is 0, a plain reference."""
    reference = fields.optional_inner("message_reference")
    if reference is None:
        return dict.fromkeys(
            ("reference_type", "reference_message_id", "reference_channel_id", "reference_server_id")
        )
    return {
        "reference_type": reference.number("type"),
        "reference_message_id": reference.optional_snowflake("message_id"),
        "reference_channel_id": reference.optional_snowflake("channel_id"),
        "reference_server_id": reference.optional_snowflake("guild_id"),
    }


def _optional_json(fields: Fields, name: str) -> Mapping[str, Any] | None:
    inner = fields.optional_inner(name)
    return None if inner is None else inner.payload


def _reactions(fields: Fields) -> Iterator[ReactionRecord]:
    for reaction in fields.objects("reactions"):
        emoji = reaction.inner("emoji")
        name, own_id = emoji.text("name"), emoji.optional_snowflake("id")
        if own_id is None and not name:
            raise reaction.wrong("emoji", "an emoji", emoji.payload)
        details = reaction.optional_inner("count_details")
        yield ReactionRecord(
            emoji=name if own_id is None else str(own_id),
            name=name,
            is_animated=emoji.flag("animated"),
            count=reaction.number("count"),
            burst_count=details.number("burst") if details else 0,
        )


def _attachments(fields: Fields) -> Iterator[AttachmentRecord]:
    for position, attachment in enumerate(fields.objects("attachments")):
        yield AttachmentRecord(
            attachment_id=attachment.snowflake("id"),
            position=position,
            filename=attachment.text("filename"),
            description=attachment.text("description"),
            content_type=attachment.text("content_type"),
            size=attachment.number("size", most=2**53),
            url=unsigned(attachment.text("url")),
            width=attachment.optional_number("width"),
            height=attachment.optional_number("height"),
            duration_seconds=attachment.optional_float("duration_secs"),
        )
