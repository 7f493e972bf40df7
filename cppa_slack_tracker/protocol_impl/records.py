"""Records that the parsers make of Slack's payloads. An absent text is "", an absent id None."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class WorkspaceRecord:
    team_id: str
    name: str
    domain: str
    url: str


@dataclass(frozen=True, slots=True)
class UserRecord:
    user_id: str
    home_team_id: str
    name: str
    real_name: str
    display_name: str
    email: str | None
    is_email_confirmed: bool
    title: str
    time_zone: str
    is_bot: bool
    is_deactivated: bool
    is_guest: bool
    is_stranger: bool
    profile: Mapping[str, Any]
    links: tuple[str, ...]
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """`kind` is public, private, im or mpim."""

    channel_id: str
    name: str
    kind: str
    is_archived: bool
    is_member: bool
    is_general: bool
    is_shared: bool
    topic: str
    purpose: str
    creator: str | None
    created_at: datetime | None
    previous_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReactionRecord:
    name: str
    count: int
    user_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileRecord:
    """`is_known`: the payload says what file it is, not only that there was or is one of this id."""

    file_id: str
    mode: str
    is_known: bool
    is_deleted: bool
    name: str = ""
    title: str = ""
    mime_type: str = ""
    file_type: str = ""
    size: int | None = None
    user_id: str | None = None
    created_at: datetime | None = None
    url_private: str | None = None
    permalink: str | None = None
    is_external: bool = False


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """`is_deleted`: Slack shows only that there was a message, because its thread lives on."""

    ts: str
    sent_at: datetime
    thread_ts: str | None
    subtype: str
    user_id: str | None
    bot_id: str | None
    app_id: str | None
    author_name: str | None
    text: str
    plain_text: str
    has_null_text: bool
    blocks: list[Any] | None
    attachments: list[Any] | None
    reply_count: int
    latest_reply: str
    is_locked: bool
    edited_at: datetime | None
    edited_by: str | None
    is_pinned: bool
    is_deleted: bool
    inviter: str | None = None
    reactions: tuple[ReactionRecord, ...] = ()
    files: tuple[FileRecord, ...] = ()

    @property
    def is_broadcast(self) -> bool:
        return self.subtype in ("thread_broadcast", "reply_broadcast")

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True, slots=True)
class PinRecord:
    item_id: str
    kind: str
    created_at: datetime | None
    created_by: str | None


@dataclass(frozen=True, slots=True)
class BookmarkRecord:
    bookmark_id: str
    title: str
    link: str | None
    kind: str
    created_at: datetime | None
    updated_at: datetime | None
    updated_by: str | None


@dataclass(frozen=True, slots=True)
class MembershipRecord:
    """`kind` is joined or left; `happened_at` is None where only two lists differ."""

    user_id: str
    ts: str
    kind: str
    by_user_id: str | None = None
    happened_at: datetime | None = None
