"""GraphQL's fields of commits, branches and tags: the people in them with their accounts."""

from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLResolveInfo

from github_activity_tracker.twin import addresses, ids
from github_activity_tracker.twin.hub import Hub, Repo, iso
from github_activity_tracker.twin.people import Node


def find(hub: Hub, repo: Repo, oid: str) -> Node | None:
    """A commit of the repository by its hash; None when it has none of that hash."""
    row = rows(repo).get(oid)
    return _node(hub, repo, row) if row else None


def rows(repo: Repo) -> dict[str, dict[str, Any]]:
    """Commits by hash, as of the last push that was the world's own."""
    if repo.git is None:
        return {}
    if repo.commits_at != repo.git.pushed_at:
        repo.commits = {str(row["sha"]): row for row in repo.git.commits()}
        repo.commits_at = repo.git.pushed_at
    return repo.commits


def known(hub: Hub, mentioned: Node) -> Node:
    """A commit that is mentioned: of the repository, or of a fork, of which nothing but the hash is known."""
    found = find(hub, mentioned["_repo"], mentioned["oid"])
    return found or _node(hub, mentioned["_repo"], _UNKNOWN | {"sha": mentioned["oid"]})


_UNKNOWN: dict[str, Any] = {
    "message": "Squashed away", "parents": [], "trailers": [],
    "author_name": "", "author_email": "", "authored_at": datetime(2020, 1, 1, tzinfo=UTC),
    "committer_name": "", "committer_email": "", "committed_at": datetime(2020, 1, 1, tzinfo=UTC),
}  # fmt: skip


def _node(hub: Hub, repo: Repo, row: dict[str, Any]) -> Node:
    return {
        "__typename": "Commit",
        "id": ids.git_id("Commit", repo.id, row["sha"]),
        "oid": row["sha"],
        "_repo": repo,
        "message": row["message"],
        "author": _actor(hub, row["author_name"], row["author_email"], row["authored_at"]),
        "committer": _actor(hub, row["committer_name"], row["committer_email"], row["committed_at"]),
        "_row": row,
    }


def _actor(hub: Hub, name: str, email: str, moment: Any) -> Node:
    """Who a commit says wrote it, and the account that has claimed the address."""
    return {
        "__typename": "GitActor",
        "name": name,
        "email": email,
        "date": iso(moment) if moment else None,
        "user": hub.accounts.user_of(email),
        "_number": 0,
    }


def _authors(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    """The author, then those whom the message names as co-authors."""
    actors = [node["author"]]
    for key, value in node["_row"]["trailers"]:
        if key.lower() == "co-authored-by":
            name, _, email = value.partition("<")
            actors.append(_actor(info.context.hub, name.strip(), email.rstrip("> "), None))
    numbered = [actor | {"_number": place} for place, actor in enumerate(actors)]
    return info.context.connection(numbered, args)


def _parents(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    parents = [
        known(info.context.hub, {"__typename": "Commit", "oid": sha, "_repo": node["_repo"]}) | {"_number": n}
        for n, sha in enumerate(node["_row"]["parents"])
    ]
    return info.context.connection(parents, args)


def refs(repo: Repo, prefix: str) -> list[Node]:
    """Branches (`refs/heads/`) or tags (`refs/tags/`) in the order of their names."""
    found = sorted((name, sha) for name, sha in _targets(repo).items() if name.startswith(prefix))
    return [_ref(repo, name, sha) | {"_number": place} for place, (name, sha) in enumerate(found)]


def ref(repo: Repo, qualified_name: str) -> Node | None:
    """`refs/heads/develop`, or `develop` alone."""
    heads = _targets(repo)
    for name in (qualified_name, f"refs/heads/{qualified_name}", f"refs/tags/{qualified_name}"):
        if name in heads:
            return _ref(repo, name, heads[name])
    return None


def _targets(repo: Repo) -> dict[str, str]:
    """Full name -> commit, of branches and of tags that lead to one."""
    found = repo.git.refs() if repo.git else []
    return {str(row["name"]): str(row["target"]) for row in found if row["target"]}


def default_branch(repo: Repo) -> Node | None:
    return ref(repo, f"refs/heads/{repo.node['_default_branch']}")


def _ref(repo: Repo, name: str, sha: str) -> Node:
    _, kind, short = name.split("/", 2)
    return {
        "__typename": "Ref",
        "id": ids.git_id("Ref", repo.id, name),
        "name": short,
        "prefix": f"refs/{kind}/",
        "repository": repo.node,
        "target": {"__typename": "Commit", "oid": sha, "_repo": repo},
    }


def _target(node: Node, info: GraphQLResolveInfo) -> Node:
    return known(info.context.hub, node["target"])


REF_FIELDS: dict[str, Any] = {"target": _target}
FIELDS: dict[str, Any] = {
    "authors": _authors,
    "parents": _parents,
    "repository": lambda node, _: node["_repo"].node,
    "url": lambda node, _: addresses.url(node),
}
