"""Repositories and what happened in them. GitHub's own ids are the keys, so no rename breaks a row.

Accounts and repositories are keyed by GitHub's numeric id, everything people write by its GraphQL node
id (the format of `X-Github-Next-Global-ID: 1`), commits by repository and hash. `removed_at` is when a
sweep found that GitHub no longer has the row's object; the row keeps what was known of it.
"""

from github_activity_tracker.models.accounts import Account, AccountLogin
from github_activity_tracker.models.commits import Commit, CommitFile, CommitIdentity, GitRef, MailmapEntry
from github_activity_tracker.models.discussions import Discussion
from github_activity_tracker.models.issues import Issue, MarkdownExport
from github_activity_tracker.models.repositories import Release, Repository, RepositoryDay, RepositoryName
from github_activity_tracker.models.written import Comment, Review, ReviewComment, ReviewThread, TimelineEvent

__all__ = [
    "Account",
    "AccountLogin",
    "Comment",
    "Commit",
    "CommitFile",
    "CommitIdentity",
    "Discussion",
    "GitRef",
    "Issue",
    "MailmapEntry",
    "MarkdownExport",
    "Release",
    "Repository",
    "RepositoryDay",
    "RepositoryName",
    "Review",
    "ReviewComment",
    "ReviewThread",
    "TimelineEvent",
]
