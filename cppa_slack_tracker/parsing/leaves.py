"""Payloads as the archive keeps them: without what changes though nobody changed the item, and no secrets.

A thread's numbers are a leaf of their own, so that the versions of a message are its edits.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from core.json_text import canonical_json
from cppa_slack_tracker.protocol_impl import Leaf

# Kinds in the archive and in quarantine.
MESSAGE = "message"
TOMBSTONE = "tombstone"  # a deleted parent whose replies live on
THREAD = "thread"
EXPORTED = "exported message"
USER = "user"
CHANNEL = "channel"
WORKSPACE = "workspace"
MEMBER = "member"
MEMBERSHIP = "membership"  # a coming or going that only two lists tell
FILE = "file"
CONTENT = "file content"
PIN = "pin"
BOOKMARK = "bookmark"
EXPORTED_USER = "exported user"
EXPORTED_CHANNEL = "exported channel"
EXPORTED_FILE = "file of an export"  # what else an export holds, such as integration_logs.json

OF_THREADS = frozenset({"reply_count", "reply_users_count", "reply_users", "latest_reply", "is_locked"})
# What depends on who asks and how, or is a copy of another message.
VOLATILE = frozenset(
    {"subscribed", "last_read", "unread_count", "parent_user_id", "root", "replies", "hidden"}
)
VOLATILE_OF_CHANNELS = frozenset({"num_members", "updated", "last_read", "latest", "unread_count", "is_open"})
_PICTURES = re.compile(r"image_|huddle_|avatar_hash|is_custom_image|status_expiration|status_emoji")
# An export's links to files carry a token, a public link its secret. What people wrote is never cut.
_OF_A_FILE, _LINK = "url_private", re.compile(r"https?://\S+")
_SECRET = re.compile(r"(?<=[?&])(?:(?:t|token)=xox[a-z][-.]|pub_secret=)[^&#]*&?")
_NAMES_OF_A_FILE = frozenset({"title", "name", "preview", "plain_text"})
_SECRET_NAMES = frozenset({"permalink_public"})


def message_leaves(payload: Mapping[str, Any], ts: str, *, kind: str) -> tuple[Leaf, ...]:
    """The message itself, and its thread's numbers where it begins one."""
    if kind == EXPORTED:
        return (Leaf(kind, ts, as_bytes({n: value for n, value in payload.items() if n not in VOLATILE})),)
    own = {name: value for name, value in payload.items() if name not in VOLATILE | OF_THREADS}
    thread = {name: value for name, value in payload.items() if name in OF_THREADS}
    leaves = [Leaf(kind, ts, as_bytes(own))]
    if "reply_count" in thread:
        leaves.append(Leaf(THREAD, ts, as_bytes(thread)))
    return tuple(leaves)


def user_payload(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A user without pictures and passing moods."""
    profile = payload.get("profile")
    if not isinstance(profile, Mapping):
        return dict(payload)
    return {**payload, "profile": plain_profile(cast("Mapping[str, Any]", profile))}


def plain_profile(profile: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in profile.items() if not _PICTURES.match(name)}


def channel_payload(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in VOLATILE_OF_CHANNELS}


def as_bytes(payload: Mapping[str, Any]) -> bytes:
    """Canonical JSON without secrets: an equal item has equal bytes."""
    return canonical_json(without_secrets(payload))


def without_secrets(value: Any) -> Any:
    """The same without the secrets in the links of file objects, wherever in it those are."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value).items()
        plain = {name: without_secrets(inner) for name, inner in pairs if name not in _SECRET_NAMES}
        return (
            {name: _plain_link(name, inner) for name, inner in plain.items()}
            if _OF_A_FILE in plain
            else plain
        )
    if isinstance(value, list):
        return [without_secrets(inner) for inner in cast("list[Any]", value)]
    return value


def _plain_link(name: str, value: Any) -> Any:
    """A field of a file; what it is called and what stands in it are no links, whatever they look like."""
    if not isinstance(value, str) or name in _NAMES_OF_A_FILE or not _LINK.fullmatch(value):
        return value
    plain = _SECRET.sub("", value)
    return plain if plain == value else plain.rstrip("?&")
