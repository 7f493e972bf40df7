"""Workspace, people, channels, pins and bookmarks."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from core.storable import storable_json
from cppa_slack_tracker.parsing.fields import Fields
from cppa_slack_tracker.parsing.leaves import plain_profile
from cppa_slack_tracker.protocol_impl import (
    BookmarkRecord,
    ChannelRecord,
    MembershipRecord,
    PinRecord,
    UserRecord,
    WorkspaceRecord,
)

_URL = re.compile(r"https?://[^\s<>|\"']+")


def parse_workspace(payload: Mapping[str, Any]) -> WorkspaceRecord:
    """Parse a workspace of team.info."""
    fields = Fields(payload)
    domain = fields.text("domain")
    return WorkspaceRecord(
        team_id=fields.filled("id"),
        name=fields.text("name"),
        domain=domain,
        url=(fields.text("url") or f"https://{domain}.slack.com/").rstrip("/") + "/",
    )


def parse_user(payload: Mapping[str, Any]) -> UserRecord:
    """https://docs.slack.dev/reference/objects/user-object; also one without a profile."""
    fields = Fields(payload)
    profile = fields.inner("profile") or Fields({}, "profile")
    return UserRecord(
        user_id=fields.filled("id"),
        home_team_id=fields.text("team_id"),
        name=fields.text("name"),
        real_name=fields.text("real_name") or profile.text("real_name"),
        display_name=profile.text("display_name"),
        email=profile.optional_text("email"),
        is_email_confirmed=fields.flag("is_email_confirmed"),
        title=profile.text("title"),
        time_zone=fields.text("tz"),
        is_bot=fields.flag("is_bot"),
        is_deactivated=fields.flag("deleted"),
        is_guest=fields.flag("is_restricted") or fields.flag("is_ultra_restricted"),
        is_stranger=fields.flag("is_stranger"),
        profile=storable_json(plain_profile(profile.payload)),
        links=tuple(dict.fromkeys(_links(plain_profile(profile.payload)))),
        updated_at=fields.time("updated"),
    )


def parse_channel(payload: Mapping[str, Any]) -> ChannelRecord:
    """https://docs.slack.dev/reference/objects/conversation-object"""
    fields = Fields(payload)
    topic, purpose = fields.inner("topic"), fields.inner("purpose")
    return ChannelRecord(
        channel_id=fields.filled("id"),
        name=fields.text("name"),
        kind=_kind(fields),
        is_archived=fields.flag("is_archived"),
        is_member=fields.flag("is_member") or fields.flag("is_im"),
        is_general=fields.flag("is_general"),
        is_shared=fields.flag("is_shared") or fields.flag("is_ext_shared"),
        topic=topic.text("value") if topic else "",
        purpose=purpose.text("value") if purpose else "",
        creator=fields.optional_text("creator"),
        created_at=fields.time("created"),
        previous_names=fields.texts("previous_names"),
    )


def parse_member(payload: Mapping[str, Any]) -> str:
    """Give the user's id in a reply of conversations.members."""
    return Fields(payload).filled("id")


def parse_membership(payload: Mapping[str, Any]) -> MembershipRecord:
    """A difference of two lists, as the archive keeps it."""
    fields = Fields(payload)
    return MembershipRecord(fields.filled("user"), fields.filled("ts"), fields.filled("kind"))


def parse_pin(payload: Mapping[str, Any]) -> PinRecord:
    """Parse a pin of https://docs.slack.dev/reference/methods/pins.list."""
    fields = Fields(payload)
    kind, item_id = fields.filled("type"), pinned_id(payload)
    return PinRecord(item_id, kind, fields.time("created"), fields.optional_text("created_by"))


def pinned_id(payload: Mapping[str, Any]) -> str:
    """Give the ts of the message or the id of the file that is pinned. Raises InvalidInput without one."""
    fields = Fields(payload)
    message, file = fields.inner("message"), fields.inner("file")
    if message is not None:
        return message.ts("ts")
    if file is not None:
        return file.filled("id")
    raise fields.wrong("type", "a message or a file that is there", payload.get("type"))


def parse_bookmark(payload: Mapping[str, Any]) -> BookmarkRecord:
    """https://docs.slack.dev/reference/methods/bookmarks.list"""
    fields = Fields(payload)
    return BookmarkRecord(
        bookmark_id=fields.filled("id"),
        title=fields.text("title"),
        link=fields.optional_text("link"),
        kind=fields.text("type"),
        created_at=fields.time("date_created"),
        updated_at=fields.time("date_updated"),
        updated_by=fields.optional_text("last_updated_by_user_id"),
    )


def _kind(fields: Fields) -> str:
    if fields.flag("is_im"):
        return "im"
    if fields.flag("is_mpim"):
        return "mpim"
    return "private" if fields.flag("is_private") or fields.flag("is_group") else "public"


def _links(value: Any) -> Iterator[str]:
    """URLs in the texts of a profile, in the order of its names."""
    if isinstance(value, str):
        yield from (url.rstrip(".,;:!?)") for url in _URL.findall(value))
    elif isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value)
        for name in sorted(pairs):
            yield from _links(pairs[name])
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _links(inner)
