"""Messages. https://docs.discord.com/developers/resources/message"""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from core.errors import InvalidInput
from discord_activity_tracker.parsing.exported import api_shape
from discord_activity_tracker.parsing.fields import Fields, time_of
from discord_activity_tracker.parsing.leaves import message_leaf, unsigned
from discord_activity_tracker.parsing.servers import is_from_webhook, parse_user, user_payloads
from discord_activity_tracker.parsing.text import WRITTEN, plain_text
from discord_activity_tracker.protocol_impl import AttachmentRecord, MessageRecord, Names, ReactionRecord

NO_NAMES = Names()


def read_message(payload: Mapping[str, Any], names: Names) -> MessageRecord:
    """Parse a message as the API tells it: whom it mentions, it names itself, whatever `names` knows."""
    people = tuple(parse_user(each) for each in user_payloads(payload))
    accounts = {user.id: user.display_name for user in people}
    record = parse_message(message_leaf(payload), replace(names, accounts=accounts))
    return replace(record, people=people)


def read_exported(exported: Mapping[str, Any], names: Names) -> MessageRecord:
    """Parse a message as a file of DiscordChatExporter has it."""
    return read_message(api_shape(exported), names)


def parse_message(leaf: Mapping[str, Any], names: Names = NO_NAMES) -> MessageRecord:
    """Parse a message from its leaf: what comes from Discord and from the archive goes the same way.

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
    reference = fields.optional_inner("message_reference")
    webhook = is_from_webhook(fields)
    mentioned = sorted({each.snowflake("id") for each in fields.objects("mentions")})
    accounts = {user: names.accounts[user] for user in mentioned if user in names.accounts}
    users = ChainMap(accounts, cast("dict[int, str]", names.users))
    return MessageRecord(
        id=message_id,
        sent_at=time_of(message_id),
        type=kind,
        is_system=kind not in WRITTEN,
        author_id=author.snowflake("id"),
        is_webhook=webhook,
        author_name=author.text("username") if webhook else "",
        content=fields.text("content"),
        plain_text=plain_text(fields, replace(names, users=users)),
        mentioned_user_ids=tuple(mentioned),
        mentioned_role_ids=fields.snowflakes("mention_roles"),
        mentions_everyone=fields.flag("mention_everyone"),
        # A type that is not told is 0, a plain reference.
        reference_type=reference.number("type") if reference else None,
        reference_message_id=reference.optional_snowflake("message_id") if reference else None,
        reference_channel_id=reference.optional_snowflake("channel_id") if reference else None,
        reference_server_id=reference.optional_snowflake("guild_id") if reference else None,
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
