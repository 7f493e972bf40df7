"""Payloads as the archive keeps them: without what changes though nobody changed the item, and no secrets.

A thread's numbers are a leaf of their own, so that the versions of a message are its edits.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

Raw = Mapping[str, Any]

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


def message_leaf(payload: Raw) -> Raw:
    """Give a message without its thread's numbers."""
    return _without(VOLATILE | OF_THREADS, payload)


def thread_leaf(payload: Raw) -> Raw:
    """Give what a message that begins a thread says of it."""
    return {name: value for name, value in payload.items() if name in OF_THREADS}


def exported_leaf(payload: Raw) -> Raw:
    return _without(VOLATILE, payload)


def user_leaf(payload: Raw) -> Raw:
    """Give a user without pictures and passing moods."""
    profile = payload.get("profile")
    plain = plain_profile(cast("Raw", profile)) if isinstance(profile, Mapping) else profile
    return without_secrets({**payload, "profile": plain} if "profile" in payload else payload)


def plain_profile(profile: Raw) -> dict[str, Any]:
    return {name: value for name, value in profile.items() if not _PICTURES.match(name)}


def channel_leaf(payload: Raw) -> Raw:
    return _without(VOLATILE_OF_CHANNELS, payload)


def pin_leaf(payload: Raw) -> Raw:
    """Give a pin without a second copy of what is pinned."""
    copies = {"message": "ts", "file": "id"}
    kept = {
        name: {copies[name]: cast("Raw", value).get(copies[name])}
        if name in copies and isinstance(value, Mapping)
        else value
        for name, value in payload.items()
    }
    return without_secrets(kept)


def _without(names: frozenset[str], payload: Raw) -> Raw:
    return without_secrets({name: value for name, value in payload.items() if name not in names})


def without_secrets(value: Any) -> Any:
    """Give a payload without the secrets in the links of file objects, wherever in it those are."""
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
