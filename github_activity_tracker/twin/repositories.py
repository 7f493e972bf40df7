"""GraphQL's way in: repositories and their lists, accounts, and objects by id."""

from collections.abc import Iterable
from typing import Any

from graphql import GraphQLResolveInfo

from github_activity_tracker.twin import addresses, commits, items
from github_activity_tracker.twin.connections import Refused, by_creation, by_update
from github_activity_tracker.twin.items import Resolver
from github_activity_tracker.twin.people import WEB, Node


def _repository(_: Any, info: GraphQLResolveInfo, owner: str, name: str, followRenames: bool = True) -> Node:  # noqa: N803 - GraphQL's name
    repo = info.context.hub.find(owner, name)
    renamed = repo is not None and repo.full_name.lower() != f"{owner}/{name}".lower()
    if repo is None or (renamed and not followRenames):
        raise Refused("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
    if repo.is_blocked:
        raise Refused("FORBIDDEN", "Repository access blocked")
    return repo.node


def _account(_: Any, info: GraphQLResolveInfo, login: str) -> Node:
    found = info.context.hub.accounts.by_login.get(login.lower())
    what = info.field_name.capitalize()
    if found is None or found["__typename"] != what:
        raise Refused("NOT_FOUND", f"Could not resolve to a {what} with the login of '{login}'.")
    return found


def _node(_: Any, info: GraphQLResolveInfo, id: str) -> Node:  # noqa: A002 - GraphQL's name
    found = info.context.hub.node(id)
    if found is None or (
        found["__typename"] == "PullRequestReview" and not items.is_visible(found, info.context.viewer)
    ):
        raise Refused("NOT_FOUND", f"Could not resolve to a node with the global id of '{id}'")
    return found


def _nodes(_: Any, info: GraphQLResolveInfo, ids: list[str]) -> list[Any]:
    """Each that is not there is null, with an error of its own."""

    def look_up(node_id: str) -> Node | Refused:
        try:
            return _node(_, info, node_id)
        except Refused as missing:
            return missing

    return [look_up(node_id) for node_id in ids]


def _since_the_beginning(since: str) -> bool:
    """Seen on the real one: `since` the epoch answers nothing at all."""
    return since <= "1970-01-01T00:00:00Z"


def _issues(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    filters = args.get("filterBy") or {}
    states = args.get("states") or filters.get("states")
    items: Iterable[Node] = node["_repo"].issues
    if since := filters.get("since"):
        items = [] if _since_the_beginning(since) else [each for each in items if each["updatedAt"] >= since]
    return _ordered(items, info, states, args)


def _pull_requests(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    items: Iterable[Node] = node["_repo"].pull_requests
    if base := args.get("baseRefName"):
        items = [each for each in items if each["baseRefName"] == base]
    if head := args.get("headRefName"):
        items = [each for each in items if each["headRefName"] == head]
    return _ordered(items, info, args.get("states"), args)


def _discussions(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    items: Iterable[Node] = node["_repo"].discussions
    if states := args.get("states"):
        items = [each for each in items if ("CLOSED" if each["closed"] else "OPEN") in states]
    return _ordered(items, info, None, args, by="UPDATED_AT", direction="DESC")


def _releases(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    """Drafts are for those who can push."""
    return _ordered(
        [each for each in node["_repo"].releases if not each["isDraft"]], info, None, args, direction="DESC"
    )


def _ordered(
    items: Iterable[Node],
    info: GraphQLResolveInfo,
    states: list[str] | None,
    args: dict[str, Any],
    *,
    by: str = "CREATED_AT",
    direction: str = "ASC",
) -> dict[str, Any]:
    order = args.get("orderBy") or {"field": by, "direction": direction}
    if states:
        items = [each for each in items if each["state"] in states]
    key = {"UPDATED_AT": by_update, "NAME": lambda each: (each["tagName"],)}.get(order["field"], by_creation)
    if order["field"] == "COMMENTS":
        key = lambda each: (len(each["_comments"]), each["_number"])  # noqa: E731 - beside its siblings
    return info.context.connection(
        list(items), args, key=key, descending=order["direction"] == "DESC", is_sorted=False
    )


def _numbered(typename: str) -> Resolver:
    def resolve(node: Node, _: GraphQLResolveInfo, number: int) -> Node:
        found = node["_repo"].numbers.get(number)
        if found is None or "_gone" in found or "_coming" in found or found["__typename"] != typename:
            what = f"an {typename}" if typename == "Issue" else f"a {typename}"
            raise Refused("NOT_FOUND", f"Could not resolve to {what} with the number of {number}.")
        return found

    return resolve


def _named(source: str, color: str = "#000000") -> Node:
    return {"__typename": "Language", "id": f"LA_{source}", "name": source, "color": color}


def _languages(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    sizes = node["_languages"]
    nodes = [
        _named(name) | {"_number": place}
        for place, name in enumerate(sorted(sizes, key=sizes.__getitem__, reverse=True))
    ]
    found = info.context.connection(nodes, args)
    edges = found["edges"]
    sized = lambda: [edge | {"size": sizes[edge["node"]["name"]]} for edge in edges()]  # noqa: E731 - made when asked for
    return found | {"edges": sized}


def _primary_language(node: Node, _: GraphQLResolveInfo) -> Node | None:
    sizes = node["_languages"]
    return _named(max(sizes, key=sizes.__getitem__)) if sizes else None


def _topics(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    nodes = [
        {"__typename": "RepositoryTopic", "id": f"RT_{name}", "_number": place, "url": f"{WEB}/topics/{name}",
         "topic": {"__typename": "Topic", "id": f"T_{name}", "name": name}}
        for place, name in enumerate(node["_topics"])
    ]  # fmt: skip
    return info.context.connection(nodes, args)


def _license(node: Node, _: GraphQLResolveInfo) -> Node | None:
    spdx = node["_license"]
    return spdx and {
        "__typename": "License", "id": f"L_{spdx}", "key": spdx.lower(), "name": spdx, "nickname": None,
        "spdxId": spdx, "url": f"https://choosealicense.com/licenses/{spdx.lower()}/",
    }  # fmt: skip


def _counted(name: str) -> Resolver:
    """A connection that is asked for its number only: these people are nobody's business."""
    return lambda node, _, **__: {
        "totalCount": node[name], "nodes": [], "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }  # fmt: skip


def _refs(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    return info.context.connection(commits.refs(node["_repo"], args["refPrefix"]), args)


def _first(items: list[Node], field: str, value: object) -> Node | None:
    return next((each for each in items if each[field] == value), None)


def _release(node: Node, _: GraphQLResolveInfo, **args: Any) -> Node | None:
    found = _first(node["_repo"].releases, "tagName", args["tagName"])
    return None if found is None or found["isDraft"] else found


def _owned_one(node: Node, info: GraphQLResolveInfo, name: str, **args: Any) -> Node:
    return _repository(None, info, node["login"], name, **args)


def _owned(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    repos = [repo.node for repo in info.context.hub.repos if repo.owner is node and not repo.is_private]
    return info.context.connection(repos, args)


_REPOSITORY: dict[str, Resolver] = {
    "id": items.FIELDS["Named"]["id"],
    "nameWithOwner": lambda node, _: node["_repo"].full_name,
    "url": lambda node, _: addresses.url(node),
    "issues": _issues,
    "pullRequests": _pull_requests,
    "discussions": _discussions,
    "releases": _releases,
    "labels": lambda node, info, **args: info.context.connection(node["_repo"].labels, args),
    "issue": _numbered("Issue"),
    "pullRequest": _numbered("PullRequest"),
    "discussion": _numbered("Discussion"),
    "languages": _languages,
    "primaryLanguage": _primary_language,
    "repositoryTopics": _topics,
    "licenseInfo": _license,
    "watchers": _counted("_watchers"),
    "forks": _counted("forkCount"),
    "label": lambda node, _, name: _first(node["_repo"].labels, "name", name),
    "milestone": lambda node, _, number: _first(node["_repo"].milestones, "number", number),
    "release": _release,
    "defaultBranchRef": lambda node, _: commits.default_branch(node["_repo"]),
    "ref": lambda node, _, **args: commits.ref(node["_repo"], args["qualifiedName"]),
    "refs": _refs,
    "object": lambda node, info, oid=None, expression=None: commits.find(
        info.context.hub, node["_repo"], oid or expression or ""
    ),
}
FIELDS: dict[str, dict[str, Resolver]] = {
    "Query": {
        "repository": _repository,
        "user": _account,
        "organization": _account,
        "node": _node,
        "nodes": _nodes,
        "viewer": lambda _, info: info.context.viewer,
        "rateLimit": lambda _, info, **__: info.context.rate_limit,
    },
    "Repository": _REPOSITORY,
    "Commit": commits.FIELDS,
    "Ref": commits.REF_FIELDS,
    **{
        name: {"id": items.FIELDS["Named"]["id"], "repositories": _owned, "repository": _owned_one}
        for name in ("User", "Bot", "Organization", "Mannequin", "Team")
    },
}
"""Type -> field -> resolver."""
