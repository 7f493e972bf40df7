"""GitHub's GraphQL API as this app asks it: pages of items with all that hangs below them."""

from core.operations.github_ops import CursorRefused
from github_activity_tracker.client.github import GithubActivityClient
from github_activity_tracker.client.pages import (
    CommitAccounts,
    ItemPage,
    Items,
    Outline,
    OutlinePage,
    Probed,
    Problem,
)

__all__ = [
    "CommitAccounts",
    "CursorRefused",
    "GithubActivityClient",
    "ItemPage",
    "Items",
    "Outline",
    "OutlinePage",
    "Probed",
    "Problem",
]
