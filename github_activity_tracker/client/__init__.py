"""GitHub's GraphQL API as this app asks it: pages of items with all that hangs below them."""

from core.operations.github_ops import CursorRefused
from github_activity_tracker.client.github import GithubActivityClient
from github_activity_tracker.client.replies import (
    CommitAccounts,
    ItemReply,
    Items,
    Outline,
    OutlineReply,
    Probed,
    Problem,
)

__all__ = [
    "CommitAccounts",
    "CursorRefused",
    "GithubActivityClient",
    "ItemReply",
    "Items",
    "Outline",
    "OutlineReply",
    "Probed",
    "Problem",
]
