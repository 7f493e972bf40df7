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
    retire_namesakes,
    save_repositories,
    save_sightings,
    save_unavailable,
    save_unknown,
)
from github_activity_tracker.services.tombstones import (
    KIND_OF,
    MODELS_BY_KIND,
    count_live,
    tombstone_items,
    tombstone_leaves,
    touch,
)

__all__ = [
    "KIND_OF",
    "MODELS_BY_KIND",
    "Outcome",
    "Saved",
    "SavedCommits",
    "count_live",
    "link_identities",
    "mark_reachable",
    "mark_unreachable",
    "reachable_commits",
    "retire_namesakes",
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
