"""What a run over workspaces answers, how far a channel was read, and what people did."""

from dataclasses import dataclass
from datetime import datetime

from core.protocols import Result, State
from cppa_slack_tracker.protocol_impl.records import MembershipRecord, MessageRecord

SOURCE = "slack"


@dataclass(frozen=True, slots=True)
class SlackResult(Result):
    """What a run did; `team_ids` are the workspaces that it was for."""

    team_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelState(State):
    """How far a channel was read: the times that are covered, in microseconds."""


@dataclass(frozen=True, slots=True)
class _OfChannel:
    team_id: str
    channel_id: str

    @property
    def source_system(self) -> str:
        return SOURCE


@dataclass(frozen=True, slots=True)
class _OfMessage(_OfChannel):
    record: MessageRecord
    permalink: str

    @property
    def external_id(self) -> str:
        return f"{self.team_id}:{self.channel_id}:{self.record.ts}"

    @property
    def occurred_at(self) -> datetime:
        return self.record.sent_at

    @property
    def actor_external_id(self) -> str | None:
        return self.record.user_id or self.record.bot_id

    @property
    def source_url(self) -> str:
        return self.permalink

    @property
    def summary(self) -> str:
        return self.record.plain_text.strip().partition("\n")[0].rstrip()


@dataclass(frozen=True, slots=True)
class MessageActivity(_OfMessage):
    """Somebody wrote into a channel."""

    @property
    def activity_type(self) -> str:
        return "message"


@dataclass(frozen=True, slots=True)
class ReplyActivity(_OfMessage):
    """Somebody answered in a thread."""

    @property
    def activity_type(self) -> str:
        return "reply"


@dataclass(frozen=True, slots=True)
class ReactionActivity(_OfMessage):
    """Somebody reacted; Slack does not say when, so it counts from the message."""

    name: str
    user_id: str

    @property
    def activity_type(self) -> str:
        return "reaction"

    @property
    def external_id(self) -> str:
        return f"{self.team_id}:{self.channel_id}:{self.record.ts}:{self.name}:{self.user_id}"

    @property
    def actor_external_id(self) -> str | None:
        return self.user_id

    @property
    def summary(self) -> str:
        return f":{self.name}:"


@dataclass(frozen=True, slots=True)
class FileActivity(_OfMessage):
    """Somebody shared a file."""

    file_id: str
    title: str

    @property
    def activity_type(self) -> str:
        return "file"

    @property
    def external_id(self) -> str:
        return f"{self.team_id}:{self.channel_id}:{self.record.ts}:{self.file_id}"

    @property
    def summary(self) -> str:
        return self.title


@dataclass(frozen=True, slots=True)
class MembershipActivity(_OfChannel):
    """Somebody came into a channel or left it. `noticed_at` stands in where Slack does not say when."""

    record: MembershipRecord
    noticed_at: datetime

    @property
    def external_id(self) -> str:
        return f"{self.team_id}:{self.channel_id}:{self.record.user_id}:{self.record.ts}"

    @property
    def occurred_at(self) -> datetime:
        return self.record.happened_at or self.noticed_at

    @property
    def activity_type(self) -> str:
        return "membership"

    @property
    def actor_external_id(self) -> str | None:
        return self.record.user_id

    @property
    def source_url(self) -> str:
        return ""

    @property
    def summary(self) -> str:
        return self.record.kind


def activities_of(
    record: MessageRecord, *, team_id: str, channel_id: str, permalink: str
) -> list[MessageActivity | ReplyActivity | ReactionActivity | FileActivity]:
    """What a message shows that people did."""
    where = (team_id, channel_id, record, permalink)
    said = ReplyActivity(*where) if record.is_reply else MessageActivity(*where)
    reactions = [
        ReactionActivity(*where, name=each.name, user_id=user)
        for each in record.reactions
        for user in each.user_ids
    ]
    files = [FileActivity(*where, file_id=each.file_id, title=each.title) for each in record.files]
    return [said, *reactions, *files]
