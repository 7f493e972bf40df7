"""The records that the parsers hand to the services, and the app's result, state and activity records."""

from github_activity_tracker.protocol_impl.activities import (
    CommentActivity,
    CommitActivity,
    IssueActivity,
    PullRequestActivity,
    ReleaseActivity,
    ReviewActivity,
)
from github_activity_tracker.protocol_impl.leaves import KINDS, Kind, Leaf
from github_activity_tracker.protocol_impl.outlines import ChildOutline, OutlineRecord
from github_activity_tracker.protocol_impl.records import (
    GHOST_ID,
    GHOST_LOGIN,
    AccountRecord,
    CommentRecord,
    DiscussionRecord,
    EventRecord,
    IssueRecord,
    ItemRecord,
    Newest,
    Record,
    ReleaseRecord,
    RepositoryRecord,
    ReviewCommentRecord,
    ReviewRecord,
    ReviewThreadRecord,
)
from github_activity_tracker.protocol_impl.results import GithubResult, GithubState

__all__ = [
    "GHOST_ID",
    "GHOST_LOGIN",
    "KINDS",
    "AccountRecord",
    "ChildOutline",
    "CommentActivity",
    "CommentRecord",
    "CommitActivity",
    "DiscussionRecord",
    "EventRecord",
    "GithubResult",
    "GithubState",
    "IssueActivity",
    "IssueRecord",
    "ItemRecord",
    "Kind",
    "Leaf",
    "Newest",
    "OutlineRecord",
    "PullRequestActivity",
    "Record",
    "ReleaseActivity",
    "ReleaseRecord",
    "RepositoryRecord",
    "ReviewActivity",
    "ReviewCommentRecord",
    "ReviewRecord",
    "ReviewThreadRecord",
]
