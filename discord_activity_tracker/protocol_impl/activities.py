"""Activities of people on Discord, each as an ActivityRecord. Actors are named by Discord's user id."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.protocols import Activity
from discord_activity_tracker.protocol_impl.records import MessageRecord

SOURCE = "discord"
WEB = "https://discord.com/channels"
_SUMMARY = 200  # characters


@dataclass(frozen=True, slots=True)
class DiscordActivity(Activity):
    """Something that a user did on a server."""

    @classmethod
    def of_message(cls, server_id: int, channel_id: int, record: MessageRecord) -> "DiscordActivity":
        """Give a message or a reply by its author; a webhook's has no actor."""
        answers = record.reference_type == 0 and not record.is_system
        return cls(
            source_system=SOURCE,
            external_id=f"message:{record.id}",
            occurred_at=record.sent_at,
            activity_type="reply" if answers else "message",
            actor_external_id=None if record.is_webhook else str(record.author_id),
            source_url=f"{WEB}/{server_id}/{channel_id}/{record.id}",
            summary=_first_line(record.plain_text),
        )

    @classmethod
    def of_reactions(cls, server_id: int, channel_id: int, record: MessageRecord) -> "list[DiscordActivity]":
        """Give the emoji on a message. Discord tells how often, not when: the time is the message's."""
        return [
            cls(
                source_system=SOURCE,
                external_id=f"reaction:{record.id}:{each.emoji}",
                occurred_at=record.sent_at,
                activity_type="reaction",
                source_url=f"{WEB}/{server_id}/{channel_id}/{record.id}",
                summary=f"{each.name or each.emoji} x {each.count}",
            )
            for each in record.reactions
        ]

    @classmethod
    def of_thread(
        cls, server_id: int, thread_id: int, name: str, owner_id: int | None, created_at: datetime
    ) -> "DiscordActivity":
        """Give the start of a thread or forum post."""
        return cls(
            source_system=SOURCE,
            external_id=f"thread:{thread_id}",
            occurred_at=created_at,
            activity_type="thread",
            actor_external_id=None if owner_id is None else str(owner_id),
            source_url=f"{WEB}/{server_id}/{thread_id}",
            summary=_first_line(name),
        )

    @classmethod
    def of_membership(
        cls, server_id: int, user_id: int, change: Literal["joined", "left"], occurred_at: datetime
    ) -> "DiscordActivity":
        """Give that a user joined a server, or was found to have left it."""
        return cls(
            source_system=SOURCE,
            external_id=f"membership:{server_id}:{user_id}:{change}:{occurred_at.isoformat()}",
            occurred_at=occurred_at,
            activity_type="membership",
            actor_external_id=str(user_id),
            source_url=f"{WEB}/{server_id}",
            summary=change,
        )


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0][:_SUMMARY] if lines else ""
