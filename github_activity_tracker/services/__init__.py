"""The only place that writes the GitHub tables. Everything here is idempotent."""

from github_activity_tracker.services.accounts import save_accounts, save_logins
from github_activity_tracker.services.commits import (
    SavedCommits,
    link_identities,
    mark_reachable,
    mark_unreachable,
    reachable_commits,
    save_commits,
    save_mailmap,
    save_refs,
)
from github_activity_tracker.services.items import Outcome, Saved, save_items
from github_activity_tracker.services.repositories import (
    save_repositories,
    save_sightings,
    save_unavailable,
    save_unknown,
)
from github_activity_tracker.services.tombstones import tombstone_items, tombstone_leaves, touch

__all__ = [
    "Outcome",
    "Saved",
    "SavedCommits",
    "link_identities",
    "mark_reachable",
    "mark_unreachable",
    "reachable_commits",
    "save_accounts",
    "save_commits",
    "save_items",
    "save_logins",
    "save_mailmap",
    "save_refs",
    "save_repositories",
    "save_sightings",
    "save_unavailable",
    "save_unknown",
    "tombstone_items",
    "tombstone_leaves",
    "touch",
]
