"""Accounts, repositories and commits as REST shows them."""

from typing import Any

from github_activity_tracker.twin import ids
from github_activity_tracker.twin.hub import Hub, Repo, iso
from github_activity_tracker.twin.people import WEB, Node

Shape = dict[str, Any]
_BOT = "[bot]"


def user(base: str, account: Node) -> Shape:
    """A bot's login has a suffix here that it has not in GraphQL."""
    is_bot = account["__typename"] == "Bot"
    login = account["login"] + (_BOT if is_bot else "")
    url = f"{base}/users/{login.replace('[', '%5B').replace(']', '%5D')}"
    return {
        "login": login,
        "id": account["databaseId"],
        "node_id": account["id"],
        "avatar_url": account["avatarUrl"],
        "gravatar_id": "",
        "url": url,
        "html_url": account["url"],
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": account["__typename"],
        "site_admin": False,
    }


def person(base: str, account: Node, *, is_self: bool = False) -> Shape:
    """An account asked for alone. is_self: by its own token."""
    own = {
        "private_gists": 0,
        "total_private_repos": 0,
        "owned_private_repos": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
    }
    return user(base, account) | {
        "name": account["name"],
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "public_repos": 1,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": account["createdAt"],
        "updated_at": account["updatedAt"],
        **(own if is_self else {}),
    }


def author(base: str, hub: Hub, account: Node | None) -> Shape:
    """Whoever wrote something: for a deleted account the ghost."""
    return user(base, account or hub.accounts.ghost)


_ADDRESSES = {
    "archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}", "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}", "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}", "contributors_url": "/contributors",
    "deployments_url": "/deployments", "downloads_url": "/downloads", "events_url": "/events",
    "forks_url": "/forks", "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}", "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}",
    "languages_url": "/languages", "merges_url": "/merges", "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}", "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags",
    "teams_url": "/teams", "trees_url": "/git/trees{/sha}",
}  # fmt: skip


def api(base: str, repo: Repo) -> str:
    return f"{base}/repos/{repo.full_name}"


def small_repository(base: str, repo: Repo) -> Shape:
    """As it stands inside other answers."""
    return {
        "id": repo.id,
        "node_id": repo.node["id"],
        "name": repo.name,
        "full_name": repo.full_name,
        "owner": user(base, repo.owner),
        "private": repo.is_private,
        "html_url": repo.url,
        "description": repo.node["description"],
        "fork": repo.node["isFork"],
        "url": api(base, repo),
        **{name: api(base, repo) + suffix for name, suffix in _ADDRESSES.items()},
    }


def repository(base: str, repo: Repo) -> Shape:
    node = repo.node
    sizes: dict[str, int] = node["_languages"]
    opened = sum(not each["closed"] for each in (*repo.issues, *repo.pull_requests))
    return small_repository(base, repo) | {
        "git_url": f"git://github.com/{repo.full_name}.git",
        "ssh_url": f"git@github.com:{repo.full_name}.git",
        "clone_url": f"{repo.url}.git",
        "svn_url": repo.url,
        "mirror_url": None,
        "homepage": node["homepageUrl"],
        "language": max(sizes, key=sizes.__getitem__) if sizes else None,
        "topics": node["_topics"],
        "visibility": node["visibility"].lower(),
        "size": 100,
        "default_branch": node["_default_branch"] or "main",
        "open_issues_count": opened,
        "open_issues": opened,
        "has_issues": True,
        "has_projects": False,
        "has_wiki": False,
        "has_pages": False,
        "has_downloads": False,
        "has_discussions": node["hasDiscussionsEnabled"],
        "archived": node["isArchived"],
        "disabled": False,
        "pushed_at": node["pushedAt"],
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "stargazers_count": node["stargazerCount"],
        "watchers_count": node["stargazerCount"],
        "watchers": node["stargazerCount"],
        "forks_count": node["forkCount"],
        "forks": node["forkCount"],
        "network_count": node["forkCount"],
        "subscribers_count": node["_watchers"],
        "license": _license(node["_license"]),
    }


def _license(spdx: str | None) -> Shape | None:
    key = (spdx or "").lower()
    return spdx and {
        "key": key,
        "name": spdx,
        "url": f"https://api.github.com/licenses/{key}",
        "spdx_id": spdx,
        "node_id": f"L_{key}",
    }  # pyright: ignore[reportReturnType] - None stays None


def commit(base: str, hub: Hub, repo: Repo, row: Shape) -> Shape:
    """A commit with the accounts that have claimed its addresses."""
    sha = row["sha"]
    url = f"{api(base, repo)}/commits/{sha}"
    people = {
        role: {"name": row[f"{role}_name"], "email": row[f"{role}_email"], "date": _date(row, moment)}
        for role, moment in (("author", "authored_at"), ("committer", "committed_at"))
    }
    accounts = {role: hub.accounts.user_of(row[f"{role}_email"]) for role in people}
    return {
        "url": url,
        "sha": sha,
        "node_id": ids.git_id("Commit", repo.id, sha),
        "html_url": f"{WEB}{repo.path}/commit/{sha}",
        "comments_url": f"{url}/comments",
        "commit": {
            "url": f"{api(base, repo)}/git/commits/{sha}",
            **people,
            "message": row["message"],
            "comment_count": 0,
            "tree": {"sha": sha, "url": f"{api(base, repo)}/git/trees/{sha}"},
            "verification": {
                "verified": False,
                "reason": "unsigned",
                "payload": None,
                "signature": None,
                "verified_at": None,
            },
        },
        **{role: account and user(base, account) for role, account in accounts.items()},
        "parents": [
            {
                "sha": parent,
                "url": f"{api(base, repo)}/commits/{parent}",
                "html_url": f"{WEB}{repo.path}/commit/{parent}",
            }
            for parent in row["parents"]
        ],
    }


def _date(row: Shape, column: str) -> str:
    return iso(row[column]) if row[column] else "1970-01-01T00:00:00Z"
