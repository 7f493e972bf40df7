"""The records that the parsers hand to the services, and the app's result, state and activity records."""

from github_activity_tracker.protocol_impl.activities import (
    CommentActivity,
    CommitActivity,
    IssueActivity,
    PullRequestActivity,
    ReleaseActivity,
    ReviewActivity,
)
from github_activity_tracker.protocol_impl.results import GithubResult, GithubState

__all__ = [
    "CommentActivity",
    "CommitActivity",
    "GithubResult",
    "GithubState",
    "IssueActivity",
    "PullRequestActivity",
    "ReleaseActivity",
    "ReviewActivity",
]
