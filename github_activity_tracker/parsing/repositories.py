"""A repository's metadata."""

from collections.abc import Mapping
from typing import Any

from github_activity_tracker.parsing.fields import Fields
from github_activity_tracker.protocol_impl.records import Newest, RepositoryRecord


def parse_repository(payload: Mapping[str, Any]) -> RepositoryRecord:
    """Return a repository as it was probed, or as the archive keeps it."""
    fields = Fields(payload)
    return RepositoryRecord(
        github_id=fields.database_id("databaseId"),
        node_id=fields.filled("id"),
        owner=fields.inner("owner").filled("login"),
        name=fields.filled("name"),
        description=fields.text_or("description"),
        homepage=fields.text_or("homepageUrl"),
        topics=tuple(topic.inner("topic").text("name") for topic in fields.members("repositoryTopics")),
        languages={
            language.inner("node").text("name"): language.number("size")
            for language in fields.members("languages", "edges")
        },
        primary_language=fields.text_inside("primaryLanguage", "name") or "",
        license=fields.text_inside("licenseInfo", "spdxId") or "",
        stars=fields.number("stargazerCount"),
        forks=fields.number("forkCount"),
        watchers=fields.inner("watchers").number("totalCount"),
        is_archived=fields.flag("isArchived"),
        is_fork=fields.flag("isFork"),
        is_private=fields.flag("isPrivate"),
        is_empty=fields.flag("isEmpty"),
        fork_of=fields.text_inside("parent", "nameWithOwner") or "",
        default_branch=fields.text_inside("defaultBranchRef", "name") or "",
        created_at=fields.moment("createdAt"),
        updated_at=fields.moment("updatedAt"),
        pushed_at=fields.optional_moment("pushedAt"),
    )


# What is collected of a repository's items -> the connection that a probe shows of them.
_CONNECTIONS = {
    "issues": "issues",
    "pull_requests": "pullRequests",
    "discussions": "discussions",
    "releases": "releases",
}


def newest_of(payload: Mapping[str, Any]) -> dict[str, Newest]:
    """Return what a probed repository says of its items, by their noun."""
    fields = Fields(payload)
    found: dict[str, Newest] = {}
    for kind, connection in _CONNECTIONS.items():
        listed = fields.inner(connection)
        first = next(listed.objects("nodes"), None)
        found[kind] = Newest(
            listed.number("totalCount"),
            first.moment("updatedAt") if first else None,
            first.filled("id") if first else None,
        )
    return found
