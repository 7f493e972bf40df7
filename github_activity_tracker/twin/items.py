"""GraphQL's fields of issues, pull requests, discussions and what hangs below them."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from github_activity_tracker.twin import addresses, connections, ids
from github_activity_tracker.twin.connections import by_creation, by_number
from github_activity_tracker.twin.hub import Hub, Repo
from github_activity_tracker.twin.people import Node

CONTENTS = ("THUMBS_UP", "THUMBS_DOWN", "LAUGH", "HOORAY", "CONFUSED", "HEART", "ROCKET", "EYES")
Resolver = Callable[..., Any]


def plain(source: Any, info: GraphQLResolveInfo, **_: Any) -> Any:
    """A field that is a value of the object, or made when somebody asks."""
    value = source.get(info.field_name)
    return value() if callable(value) else value


def _id(node: Node, info: GraphQLResolveInfo) -> str:
    return node["id"] if info.context.next_ids else node.get("_legacy", node["id"])


def _listed(name: str, key: Callable[[Node], connections.Key] = by_number) -> Resolver:
    """A connection of the children in the list of that name."""

    def resolve(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
        return info.context.connection(node[name], args, key=key)

    return resolve


def _in_place(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    """Labels and assignees come in the order in which they were put on; the cursor is the place."""
    items = node["_labels" if info.field_name == "labels" else "_assignees"]
    places = {each["id"]: place for place, each in enumerate(items)}
    return info.context.connection(items, args, key=lambda each: (places[each["id"]],))


def _reviews(node: Node, info: GraphQLResolveInfo, states: list[str] | None = None, **args: Any) -> Any:
    seen = [each for each in node["_reviews"] if is_visible(each, info.context.viewer)]
    return info.context.connection([each for each in seen if not states or each["state"] in states], args)


def is_visible(review: Node, viewer: Node) -> bool:
    """A pending review is its author's own."""
    return review["state"] != "PENDING" or review["author"] is viewer


def _timeline(node: Node, info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    """Events, with the comments and reviews among them where they are asked for."""
    wanted, since = args.get("itemTypes"), args.get("since")
    reviews = [each for each in node.get("_reviews", ()) if is_visible(each, info.context.viewer)]
    items = node["_events"] + node["_comments"] + reviews
    if wanted:
        kinds = {_camel(each) for each in wanted}
        items = [item for item in items if item["__typename"] in kinds]
    if since:
        items = [item for item in items if item["createdAt"] >= since]
    found = info.context.connection(items, args, key=by_creation, is_sorted=False)
    return found | {"updatedAt": node["updatedAt"]}


def _camel(item_type: str) -> str:
    return "".join(word.capitalize() for word in item_type.split("_"))


def _reaction_groups(node: Node, info: GraphQLResolveInfo) -> list[dict[str, Any]]:
    """All contents always, those that nobody used with 0."""
    counts = node["_reactions"]
    users = info.context.hub.accounts.users
    return [
        {
            "__typename": "ReactionGroup",
            "content": content,
            "createdAt": node["_reacted_at"] if content in counts else None,
            "_users": users[: counts.get(content, 0)],
        }
        for content in CONTENTS
    ]


def _reactors(group: dict[str, Any], info: GraphQLResolveInfo, **args: Any) -> dict[str, Any]:
    places = {each["id"]: place for place, each in enumerate(group["_users"])}
    return info.context.connection(group["_users"], args, key=lambda each: (places[each["id"]],))


def _reactions(node: Node, info: GraphQLResolveInfo, content: str | None = None, **args: Any) -> Any:
    people = info.context.hub.accounts.users
    items = [
        {
            "__typename": "Reaction", "id": f"REA_{node['id']}{each}{n}", "databaseId": n, "_number": n,
            "content": each, "createdAt": node["_reacted_at"], "user": people[n],
        }
        for each, count in node["_reactions"].items() if content in {None, each} for n in range(count)
    ]  # fmt: skip
    return info.context.connection(items, args, is_sorted=False)


def fork(hub: Hub, pull_request: Node) -> Repo | None:
    """Where a pull request comes from: the repository itself, or a fork; None when that was deleted."""
    repo: Repo = pull_request["_repo"]
    full_name = pull_request["_head_repository"]
    if full_name is None or full_name == repo.full_name:
        return repo if full_name else None
    login, _, name = full_name.partition("/")
    owner = hub.accounts.by_login[login.lower()]
    number = repo.id * 1_000 + owner["databaseId"] % 1_000
    found = Repo({}, owner)
    found.node = repo.node | {
        "_repo": found, "_number": number, "id": ids.node_id("Repository", number), "databaseId": number,
        "_legacy": ids.legacy_id("Repository", number), "name": name, "owner": owner, "isFork": True,
        "parent": repo.node, "isInOrganization": False,
    }  # fmt: skip
    return found


def _head_repository(node: Node, info: GraphQLResolveInfo) -> Node | None:
    found = fork(info.context.hub, node)
    return found and found.node


def _seen_commit(node: Node, info: GraphQLResolveInfo, **_: Any) -> Node | None:
    """A commit that is named by its hash only."""
    mentioned = node[info.field_name]
    return mentioned and info.context.commit(mentioned)


_WRITTEN: dict[str, Resolver] = {
    "id": _id,
    "url": lambda node, _: addresses.url(node),
    "repository": lambda node, _: node["_repo"].node,
    "reactionGroups": _reaction_groups,
    "reactions": _reactions,
}
_ITEM: dict[str, Resolver] = _WRITTEN | {
    "labels": _in_place,
    "comments": _listed("_comments"),
}
_WORK: dict[str, Resolver] = _ITEM | {
    "assignees": _in_place,
    "timelineItems": _timeline,
}
_PULL_REQUEST: dict[str, Resolver] = _WORK | {
    "reviews": _reviews,
    "reviewThreads": _listed("_threads"),
    "reviewRequests": _listed("_requests"),
    "headRepository": _head_repository,
    "isCrossRepository": lambda node, _: node["_head_repository"] != node["_repo"].full_name,
    "permalink": lambda node, _: addresses.url(node),
    "mergeCommit": _seen_commit,
}
_SUBJECT: dict[str, Resolver] = {"issue": lambda node, _: node["_subject"]}
FIELDS: dict[str, dict[str, Resolver]] = {
    "Issue": _WORK,
    "PullRequest": _PULL_REQUEST,
    "Discussion": _ITEM,
    "IssueComment": _WRITTEN | _SUBJECT,
    "PullRequestReview": _WRITTEN | _SUBJECT | {"comments": _listed("_comments"), "commit": _seen_commit},
    "PullRequestReviewThread": _WRITTEN | _SUBJECT | {"comments": _listed("_comments")},
    "PullRequestReviewComment": _WRITTEN
    | _SUBJECT
    | {"commit": _seen_commit, "originalCommit": _seen_commit},
    "DiscussionComment": _WRITTEN
    | {
        "discussion": lambda node, _: node["_subject"],
        "isAnswer": lambda node, _: node["_subject"]["answer"] is node,
        "replies": _listed("_replies"),
    },
    "Release": _WRITTEN,
    "ReactionGroup": {"reactors": _reactors, "users": _reactors},
    "Event": {"id": _id, "url": _WRITTEN["url"]}
    | dict.fromkeys(("commit", "beforeCommit", "afterCommit"), _seen_commit)
    | {"user": lambda node, _: node["assignee"] if node["assignee"]["__typename"] == "User" else None},
    "Named": {name: _WRITTEN[name] for name in ("id", "url", "repository")},
}
"""Type -> field -> resolver; "Event" stands for every event, "Named" for labels, milestones and the like."""
