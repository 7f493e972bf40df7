"""Leaves: what is kept of payloads. All that Discord says of the thing itself, and that only changes with it.

Left out is what changes by itself or with others: signatures of addresses, counters, the names of those who
wrote or are mentioned (they are items of their own), copies of other messages.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from discord_activity_tracker.parsing.fields import Fields
from discord_activity_tracker.parsing.servers import is_from_webhook

USER = ("id", "username", "global_name", "discriminator", "avatar", "bot", "system")
MEMBER = ("nick", "joined_at", "premium_since")
# The rest is of other items, or counts them.
OF_A_SERVER = frozenset({"roles", "approximate_member_count", "approximate_presence_count"})
OF_A_CHANNEL = frozenset(
    {
        "last_message_id",
        "last_pin_timestamp",
        "member",
        "member_count",
        "message",
        "message_count",
        "total_message_sent",
    }
)
OF_A_MESSAGE = frozenset({"referenced_message", "resolved", "position", "nonce", "member"})
# At any depth: who asks, and what Discord's own machines note.
VOLATILE = frozenset({"me", "me_burst", "me_voted", "content_scan_version", "member"})
USERS = frozenset({"user", "target_user"})
_SIGNED = re.compile(r"(?P<before>[?&])(?:ex|is|hm)=[0-9a-fA-F]*")
_SIGNED_HOSTS = re.compile(r"https?://[^/?#]+/(?:[^?#]*/)?(?:ephemeral-)?attachments/")


def server_leaf(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in OF_A_SERVER}


def channel_leaf(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in OF_A_CHANNEL}


def user_leaf(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every place tells of a user: they differ in what else they tell."""
    return {name: payload[name] for name in USER if payload.get(name) is not None}


def member_leaf(payload: Mapping[str, Any]) -> dict[str, Any]:
    fields = Fields(payload)
    kept = {name: payload.get(name) for name in MEMBER}
    roles = [str(role) for role in fields.snowflakes("roles")]
    return kept | {"roles": roles, "user": user_leaf(fields.inner("user").payload)}


def message_leaf(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a message. Raises InvalidInput for a payload that is none."""
    fields = Fields(payload)
    leaf = {name: _scrubbed(value) for name, value in payload.items() if name not in OF_A_MESSAGE}
    author = fields.inner("author")
    leaf["author"] = {"id": author.payload.get("id")}
    if is_from_webhook(fields):
        leaf["author"]["username"] = author.text("username")
    leaf["mentions"] = _ids(fields, "mentions")
    if (thread := fields.optional_inner("thread")) is not None:
        leaf["thread"] = {"id": thread.payload.get("id")}
    if payload.get("message_snapshots") is not None:
        leaf["message_snapshots"] = [_snapshot(each) for each in fields.objects("message_snapshots")]
    return leaf


def _snapshot(snapshot: Fields) -> dict[str, Any]:
    forwarded = snapshot.inner("message")
    kept = cast("dict[str, Any]", _scrubbed(forwarded.payload))
    if forwarded.payload.get("mentions") is not None:
        kept["mentions"] = _ids(forwarded, "mentions")
    return {"message": kept}


def _ids(fields: Fields, name: str) -> list[dict[str, Any]]:
    return [{"id": each.payload.get("id")} for each in fields.objects(name)]


def _scrubbed(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        if name in USERS:
            return {"id": fields.get("id")}
        return {key: _scrubbed(inner, key) for key, inner in fields.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [_scrubbed(inner, name) for inner in cast("list[Any]", value)]
    if isinstance(value, str) and name.endswith("url"):
        return unsigned(value)
    return value


def unsigned(url: str) -> str:
    """Return an address of a file without the signature, which is another one in each answer.

    https://docs.discord.com/developers/reference#signed-attachment-cdn-urls
    """
    if not _SIGNED_HOSTS.match(url):
        return url
    bare = _SIGNED.sub(lambda match: match["before"], url)
    path, mark, query = bare.partition("?")
    query = "&".join(part for part in query.split("&") if part)
    return f"{path}{mark}{query}" if query else path
