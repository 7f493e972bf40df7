"""What people did on Discord, each as an ActivityRecord. Actors are named by Discord's user id."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from discord_activity_tracker.protocol_impl.records import MessageRecord

SOURCE = "discord"
WEB = "https://discord.com/channels"
_SUMMARY = 200  # characters


@dataclass(frozen=True, slots=True)
class MessageActivity:
    """A message or a reply by its author; a webhook's has no actor."""

    server_id: int
    channel_id: int
    record: MessageRecord

    @property
    def source_system(self) -> str:
        return SOURCE

    @property
    def external_id(self) -> str:
        return f"message:{self.record.id}"

    @property
    def occurred_at(self) -> datetime:
        return self.record.sent_at

    @property
    def activity_type(self) -> str:
        answers = self.record.reference_type == 0 and not self.record.is_system
        return "reply" if answers else "message"

    @property
    def actor_external_id(self) -> str | None:
        return None if self.record.is_webhook else str(self.record.author_id)

    @property
    def source_url(self) -> str:
        return f"{WEB}/{self.server_id}/{self.channel_id}/{self.record.id}"

    @property
    def summary(self) -> str:
        return _first_line(self.record.plain_text)


@dataclass(frozen=True, slots=True)
class ReactionActivity:
    """An emoji on a message. Discord tells how often, not when: `occurred_at` is the message's time."""

    server_id: int
    channel_id: int
    message_id: int
    occurred_at: datetime
    emoji: str
    name: str
    count: int

    @property
    def source_system(self) -> str:
        return SOURCE

    @property
    def external_id(self) -> str:
        return f"reaction:{self.message_id}:{self.emoji}"

    @property
    def activity_type(self) -> str:
        return "reaction"

    @property
    def actor_external_id(self) -> str | None:
        return None

    @property
    def source_url(self) -> str:
        return f"{WEB}/{self.server_id}/{self.channel_id}/{self.message_id}"

    @property
    def summary(self) -> str:
        return f"{self.name or self.emoji} x {self.count}"


@dataclass(frozen=True, slots=True)
class ThreadActivity:
    """A thread or forum post that was started."""

    server_id: int
    thread_id: int
    name: str
    owner_id: int | None
    occurred_at: datetime

    @property
    def source_system(self) -> str:
        return SOURCE

    @property
    def external_id(self) -> str:
        return f"thread:{self.thread_id}"

    @property
    def activity_type(self) -> str:
        return "thread"

    @property
    def actor_external_id(self) -> str | None:
        return None if self.owner_id is None else str(self.owner_id)

    @property
    def source_url(self) -> str:
        return f"{WEB}/{self.server_id}/{self.thread_id}"

    @property
    def summary(self) -> str:
        return _first_line(self.name)


@dataclass(frozen=True, slots=True)
class MembershipActivity:
    """A user who joined a server, or was found to have left it."""

    server_id: int
    user_id: int
    change: Literal["joined", "left"]
    occurred_at: datetime

    @property
    def source_system(self) -> str:
        return SOURCE

    @property
    def external_id(self) -> str:
        return f"membership:{self.server_id}:{self.user_id}:{self.change}:{self.occurred_at.isoformat()}"

    @property
    def activity_type(self) -> str:
        return "membership"

    @property
    def actor_external_id(self) -> str | None:
        return str(self.user_id)

    @property
    def source_url(self) -> str:
        return f"{WEB}/{self.server_id}"

    @property
    def summary(self) -> str:
        return self.change


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0][:_SUMMARY] if lines else ""
