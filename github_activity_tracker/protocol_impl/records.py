"""The records that the parsers hand to the services; fields are named as the columns that they become.

Nothing here knows Django or the network.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

# GitHub's own stand-in for deleted accounts, https://github.com/ghost.
GHOST_ID = 10137
GHOST_LOGIN = "ghost"


@dataclass(frozen=True, slots=True)
class Newest:
    """The number of a repository's items of one kind, and which of them changed last."""

    total: int
    updated_at: datetime | None
    node_id: str | None


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """`name` is None where the place that showed the account does not tell it."""

    github_id: int
    kind: str
    login: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class RepositoryRecord:
    github_id: int
    node_id: str
    owner: str
    name: str
    description: str
    homepage: str
    topics: tuple[str, ...]
    languages: Mapping[str, int]
    primary_language: str
    license: str
    stars: int
    forks: int
    watchers: int
    is_archived: bool
    is_fork: bool
    is_private: bool
    is_empty: bool
    fork_of: str
    default_branch: str
    created_at: datetime
    updated_at: datetime
    pushed_at: datetime | None

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRecord:
    """`author_id` is None for one that a bot made: GraphQL shows users only."""

    node_id: str
    github_id: int
    tag_name: str
    name: str
    description: str
    author_id: int | None
    is_draft: bool
    is_prerelease: bool
    reactions: Mapping[str, int]
    url: str
    created_at: datetime
    published_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRecord:
    """Something that somebody wrote; the ghost has written it where its author's account was deleted."""

    node_id: str
    github_id: int
    author_id: int
    author_association: str
    body: str
    reactions: Mapping[str, int]
    url: str
    created_at: datetime
    updated_at: datetime
    last_edited_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRecord(WrittenRecord):
    """An issue, a pull request or a discussion."""

    number: int
    title: str
    state_reason: str
    is_locked: bool
    labels: tuple[str, ...]
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRecord(ThreadRecord):
    """An issue or pull request; what only a pull request has is None for an issue."""

    kind: str
    state: str
    lock_reason: str
    assignees: tuple[int, ...]
    milestone: str
    is_draft: bool | None = None
    merged_at: datetime | None = None
    merged_by_id: int | None = None
    merge_commit: str | None = None
    base_ref: str | None = None
    base_sha: str | None = None
    head_ref: str | None = None
    head_sha: str | None = None
    head_repository: str | None = None
    additions: int | None = None
    deletions: int | None = None
    changed_files: int | None = None
    requested_reviewers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscussionRecord(ThreadRecord):
    """A discussion; `answer_id` is the comment that was chosen as its answer."""

    category: str
    is_closed: bool
    answer_id: str | None
    answered_at: datetime | None
    upvotes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BelowRecord(WrittenRecord):
    """Something that was written below a thread, which is `subject_id`."""

    subject_id: str
    minimized_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRecord(BelowRecord):
    """A comment on an issue, pull request or discussion; the fields here are a discussion's."""

    reply_to_id: str | None = None
    is_answer: bool = False
    upvotes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRecord(BelowRecord):
    """`submitted_at` is None while the review is pending."""

    state: str
    submitted_at: datetime | None
    commit_sha: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCommentRecord(BelowRecord):
    """A comment on a line or a file of a diff, the first of its thread or a reply."""

    thread_id: str
    review_id: str | None
    reply_to_id: str | None
    path: str
    line: int | None
    original_line: int | None
    diff_hunk: str
    commit_sha: str | None
    original_commit_sha: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewThreadRecord:
    """Where in a pull request's diff people talk, and whether that is settled."""

    node_id: str
    subject_id: str
    path: str
    line: int | None
    start_line: int | None
    original_line: int | None
    original_start_line: int | None
    side: str
    start_side: str
    subject_type: str
    is_resolved: bool
    is_outdated: bool
    resolved_by_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """Something done to an issue or pull request. `kind` is GraphQL's type name, `details` what it has
    besides: see `parsing.events`.
    """

    node_id: str
    subject_id: str
    kind: str
    actor_id: int | None
    created_at: datetime
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ChildOutline:
    """A child in an outline; `fields`: the columns that the outline tells."""

    kind: str
    node_id: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class OutlineRecord:
    """A thread's outline. `fields` as for children; `counts`: noun -> how many children there are, empty
    unless all were read.
    """

    node_id: str
    created_at: datetime
    fields: Mapping[str, object]
    counts: Mapping[str, int]
    children: tuple[ChildOutline, ...]
