"""A run's result, how far a channel was read, and what people did."""

from dataclasses import dataclass
from datetime import datetime

from core.protocols import Activity, Result, State
from cppa_slack_tracker.protocol_impl.records import MembershipRecord, MessageRecord

SOURCE = "slack"


@dataclass(frozen=True, slots=True)
class SlackResult(Result):
    """A TrackerResult; `team_ids` are the workspaces that the run was for."""

    team_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelState(State):
    """An IncrementalState: the times of a channel that are covered, in microseconds."""


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
