"""Records of payloads as they are stored: their fields are those of the models of the same name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ServerRecord:
    id: int
    name: str
    description: str
    icon: str
    owner_id: int | None
    member_count: int | None = None  # an estimate; neither the archive nor a file tells it


@dataclass(frozen=True, slots=True)
class RoleRecord:
    id: int
    name: str
    color: int
    position: int
    permissions: int
    is_hoisted: bool
    is_managed: bool
    is_mentionable: bool


@dataclass(frozen=True, slots=True)
class UserRecord:
    id: int
    username: str
    global_name: str
    discriminator: str
    avatar: str
    is_bot: bool
    is_system: bool

    @property
    def display_name(self) -> str:
        return self.global_name or self.username


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """A user on a server. `joined_at` is None where Discord does not tell."""

    user: UserRecord
    nickname: str
    role_ids: tuple[int, ...]
    joined_at: datetime | None
    boosting_since: datetime | None


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """A channel or thread. `everyone_may_view` is None where its channel's word counts: of threads."""

    id: int
    parent_id: int | None
    kind: str
    name: str
    topic: str
    position: int
    is_nsfw: bool
    everyone_may_view: bool | None
    tags: tuple[Json, ...]
    applied_tag_ids: tuple[int, ...]
    owner_id: int | None
    is_archived: bool
    is_locked: bool
    archived_at: datetime | None
    created_at: datetime
    # What Discord counts, which may be wrong after deletions; the archive does not tell.
    last_message_id: int | None = None
    message_count: int | None = None


@dataclass(frozen=True, slots=True)
class ReactionRecord:
    emoji: str
    name: str
    is_animated: bool
    count: int
    burst_count: int


@dataclass(frozen=True, slots=True)
class AttachmentRecord:
    """`size` is in bytes; `url` has no signature."""

    attachment_id: int
    position: int
    filename: str
    description: str
    content_type: str
    size: int
    url: str
    width: int | None
    height: int | None
    duration_seconds: float | None


@dataclass(frozen=True, slots=True)
class MessageRecord:
    id: int
    sent_at: datetime
    type: int
    is_system: bool
    author_id: int
    is_webhook: bool
    author_name: str
    content: str
    plain_text: str
    mentioned_user_ids: tuple[int, ...]
    mentioned_role_ids: tuple[int, ...]
    mentions_everyone: bool
    reference_type: int | None
    reference_message_id: int | None
    reference_channel_id: int | None
    reference_server_id: int | None
    snapshots: tuple[Json, ...]
    thread_id: int | None
    edited_at: datetime | None
    is_pinned: bool
    flags: int
    embeds: tuple[Json, ...]
    stickers: tuple[Json, ...]
    components: tuple[Json, ...]
    poll: Json | None
    interaction: Json | None
    reactions: tuple[ReactionRecord, ...] = ()
    attachments: tuple[AttachmentRecord, ...] = ()
    # The author, whom it mentions, who gave the command; the archive has them as items of their own.
    people: tuple[UserRecord, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether it has nothing that Discord empties for a bot without the message-content intent."""
        own = (self.content, self.embeds, self.attachments, self.components, self.poll)
        emptied = ("content", "embeds", "attachments", "components")
        return not any(own) and not any(each.get(name) for each in self.snapshots for name in emptied)


@dataclass(frozen=True, slots=True)
class Names:
    """Names that mentions read as: id -> name.

    `users` are those of the server. `accounts` are any others: a message may name those whom it lists.
    """

    users: Mapping[int, str] = field(default_factory=dict[int, str])
    accounts: Mapping[int, str] = field(default_factory=dict[int, str])
    roles: Mapping[int, str] = field(default_factory=dict[int, str])
    channels: Mapping[int, str] = field(default_factory=dict[int, str])
