"""Servers, roles, users and members."""

from collections.abc import Mapping
from typing import Any

from core.payloads import MOST_OF_AN_ID
from discord_activity_tracker.parsing.fields import Fields
from discord_activity_tracker.protocol_impl import MemberRecord, RoleRecord, ServerRecord, UserRecord


def parse_server(payload: Mapping[str, Any]) -> ServerRecord:
    """https://docs.discord.com/developers/resources/guild"""
    fields = Fields(payload)
    return ServerRecord(
        id=fields.snowflake("id"),
        name=fields.text("name"),
        description=fields.text("description"),
        icon=fields.text("icon"),
        owner_id=fields.snowflake("owner_id"),
        member_count=fields.optional_number("approximate_member_count"),
    )


def parse_role(payload: Mapping[str, Any]) -> RoleRecord:
    fields = Fields(payload)
    return RoleRecord(
        id=fields.snowflake("id"),
        name=fields.text("name"),
        color=fields.number("color"),
        position=fields.number("position"),
        permissions=fields.number("permissions", most=MOST_OF_AN_ID),
        is_hoisted=fields.flag("hoist"),
        is_managed=fields.flag("managed"),
        is_mentionable=fields.flag("mentionable"),
    )


def parse_user(payload: Mapping[str, Any]) -> UserRecord:
    """https://docs.discord.com/developers/resources/user"""
    fields = Fields(payload)
    return UserRecord(
        id=fields.snowflake("id"),
        username=fields.filled("username"),
        global_name=fields.text("global_name"),
        discriminator=fields.text("discriminator", "0"),
        avatar=fields.text("avatar"),
        is_bot=fields.flag("bot"),
        is_system=fields.flag("system"),
    )


def parse_member(payload: Mapping[str, Any]) -> MemberRecord:
    """Parse a member as the list of members has it; without a user it is none."""
    fields = Fields(payload)
    return MemberRecord(
        user=parse_user(fields.inner("user").payload),
        nickname=fields.text("nick"),
        role_ids=fields.snowflakes("roles"),
        joined_at=fields.optional_moment("joined_at"),
        boosting_since=fields.optional_moment("premium_since"),
    )


def user_payloads(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the users that a message shows: its author, unless that is a webhook, and others in it."""
    fields = Fields(payload)
    shown = [] if is_from_webhook(fields) else [fields.inner("author")]
    shown += fields.objects("mentions")
    interaction = fields.optional_inner("interaction_metadata")
    invoker = interaction.optional_inner("user") if interaction else None
    return [each.payload for each in (*shown, *([invoker] if invoker else []))]


def is_from_webhook(message: Fields) -> bool:
    """Tell whether a webhook wrote it. An app answers through a webhook of its own id, as its bot user."""
    webhook = message.optional_snowflake("webhook_id")
    return webhook is not None and webhook != message.optional_snowflake("application_id")
