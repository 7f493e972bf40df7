"""What a run over workspaces answers, how far a channel was read, and what people did."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.protocols import Activity
from cppa_slack_tracker.protocol_impl.records import MembershipRecord, MessageRecord

SOURCE = "slack"


@dataclass(frozen=True, slots=True)
class SlackResult:
    """A TrackerResult over one workspace or several.

    `a + b` is the result of both. `duration_seconds` is wall time, added up.
    """

    success: bool = True
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    errors: tuple[str, ...] = ()
    duration_seconds: float = 0.0
    team_ids: tuple[str, ...] = ()

    def __add__(self, other: "SlackResult") -> "SlackResult":
        return SlackResult(
            success=self.success and other.success,
            counts=dict(Counter(self.counts) + Counter(other.counts)),
            errors=self.errors + other.errors,
            duration_seconds=self.duration_seconds + other.duration_seconds,
            team_ids=tuple(dict.fromkeys(self.team_ids + other.team_ids)),
        )

    @classmethod
    def merged(cls, results: Iterable["SlackResult"]) -> "SlackResult":
        """The result of all of them; of none, a success that did nothing."""
        return sum(results, start=cls())


@dataclass(frozen=True, slots=True)
class ChannelState:
    """An IncrementalState: which times of a channel are covered, in microseconds."""

    checkpoint_token: str | None = None
    human_readable_marker: str | None = None
    extras: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class SlackActivity(Activity):
    """An ActivityRecord: a message, a reply, a reaction, a shared file, or that somebody came or went."""


def activities_of(
    record: MessageRecord, *, team_id: str, channel_id: str, permalink: str
) -> list[SlackActivity]:
    """Tell what a message shows that people did. When somebody reacted, Slack does not say."""
    external_id = f"{team_id}:{channel_id}:{record.ts}"

    def activity(kind: str, actor: str | None, summary: str, *parts: str) -> SlackActivity:
        name = ":".join((external_id, *parts))
        return SlackActivity(SOURCE, name, record.sent_at, kind, actor, permalink, summary)

    author = record.user_id or record.bot_id
    line = record.plain_text.strip().partition("\n")[0].rstrip()
    return [
        activity("reply" if record.is_reply else "message", author, line),
        *(
            activity("reaction", user, f":{each.name}:", each.name, user)
            for each in record.reactions
            for user in each.user_ids
        ),
        *(activity("file", author, each.title, each.file_id) for each in record.files),
    ]


def membership_activity(
    record: MembershipRecord, *, team_id: str, channel_id: str, noticed_at: datetime
) -> SlackActivity:
    """Tell that somebody came or went. `noticed_at` stands in where Slack does not say when."""
    external_id = f"{team_id}:{channel_id}:{record.user_id}:{record.ts}"
    at = record.happened_at or noticed_at
    return SlackActivity(SOURCE, external_id, at, "membership", record.user_id, summary=record.kind)
