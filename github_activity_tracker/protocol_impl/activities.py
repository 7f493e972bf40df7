"""People's doings on GitHub, each an ActivityRecord around the record that it was parsed to.

Actors are named by GitHub's numeric id.
"""

from dataclasses import dataclass
from datetime import datetime

from github_activity_tracker.protocol_impl.records import (
    CommentRecord,
    IssueRecord,
    ReleaseRecord,
    ReviewCommentRecord,
    ReviewRecord,
)


class _OnGithub:
    """A doing on GitHub; `activity_type` is the class's."""

    __slots__ = ()
    source_system = "github"
    activity_type = ""


@dataclass(frozen=True, slots=True)
class CommitActivity(_OnGithub):
    """A commit by its author. `occurred_at` is when it was committed, which is when it came to be here."""

    repository: str
    sha: str
    occurred_at: datetime
    message: str
    source_url: str
    author_id: int | None = None

    activity_type = "commit"

    @property
    def actor_external_id(self) -> str | None:
        return _text(self.author_id)

    @property
    def external_id(self) -> str:
        return f"{self.repository}@{self.sha}"

    @property
    def summary(self) -> str:
        return _first_line(self.message)


@dataclass(frozen=True, slots=True)
class _Recorded(_OnGithub):
    """Something that has an author, an address and a time of creation."""

    record: IssueRecord | CommentRecord | ReviewRecord | ReviewCommentRecord | ReleaseRecord

    @property
    def external_id(self) -> str:
        return self.record.node_id

    @property
    def source_url(self) -> str:
        return self.record.url

    @property
    def actor_external_id(self) -> str | None:
        return _text(self.record.author_id)

    @property
    def occurred_at(self) -> datetime:
        return self.record.created_at


@dataclass(frozen=True, slots=True)
class IssueActivity(_Recorded):
    """An issue was opened."""

    record: IssueRecord

    activity_type = "issue"

    @property
    def summary(self) -> str:
        return f"#{self.record.number} {self.record.title}"


@dataclass(frozen=True, slots=True)
class PullRequestActivity(IssueActivity):
    """A pull request was opened."""

    activity_type = "pull_request"


@dataclass(frozen=True, slots=True)
class CommentActivity(_Recorded):
    """Somebody commented, on a diff or below an item."""

    record: CommentRecord | ReviewCommentRecord

    activity_type = "comment"

    @property
    def summary(self) -> str:
        return _first_line(self.record.body)


@dataclass(frozen=True, slots=True)
class ReviewActivity(_Recorded):
    """A review was submitted; one that is pending counts from when it was begun."""

    record: ReviewRecord

    activity_type = "review"

    @property
    def occurred_at(self) -> datetime:
        return self.record.submitted_at or self.record.created_at

    @property
    def summary(self) -> str:
        return f"{self.record.state}: {_first_line(self.record.body)}".rstrip(": ")


@dataclass(frozen=True, slots=True)
class ReleaseActivity(_Recorded):
    """A release was published; a draft counts from when it was made."""

    record: ReleaseRecord

    activity_type = "release"

    @property
    def occurred_at(self) -> datetime:
        return self.record.published_at or self.record.created_at

    @property
    def summary(self) -> str:
        return self.record.name or self.record.tag_name


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].rstrip()


def _text(account_id: int | None) -> str | None:
    return None if account_id is None else str(account_id)
