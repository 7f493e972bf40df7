"""An item with all that hangs below it, taken apart into what is archived and parsed on its own.

What a leaf needs of its parents is added to its payload under names that begin with an underscore, so that
a leaf from the archive parses alone: `_repository`, `_subject` (the item), `_thread`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from core.errors import InvalidInput
from core.payloads import shown
from github_activity_tracker.parsing.accounts import is_account
from github_activity_tracker.protocol_impl import Kind, Leaf

KINDS: dict[str, Kind] = {
    "Repository": "repository",
    "Release": "release",
    "Issue": "issue",
    "PullRequest": "pull_request",
    "Discussion": "discussion",
}
SUBJECTS = frozenset({"issue", "pull_request", "discussion"})
# Connection below an item -> kind of its members.
CHILDREN: dict[str, Kind] = {
    "comments": "comment",
    "replies": "comment",
    "reviews": "review",
    "reviewThreads": "review_thread",
    "timelineItems": "event",
}
# What is asked only to know whether there is news.
PROBES = frozenset({"issues", "pullRequests", "discussions", "releases"})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a child hangs: what it inherits."""

    subject_id: str
    inherited: Mapping[str, object]


def leaves_of(node: Mapping[str, Any], repository_id: int) -> list[Leaf]:
    """The leaves of a repository, release, issue, pull request or discussion, itself first.

    Also one for each account in it; what the node says of its own repository is left out. A child without an
    id is named by its place, for the quarantine. Raises InvalidInput when the node is of another type or has
    no id.
    """
    kind = KINDS.get(str(node.get("__typename")))
    node_id = node.get("id")
    if kind is None or not isinstance(node_id, str) or not node_id:
        raise InvalidInput(f"neither an item nor a repository: {shown(dict(node))}")
    if kind == "repository":
        kept = {name: value for name, value in node.items() if name not in PROBES}
        return [Leaf(kind, node_id, None, _scrubbed(kept))]
    place = _Place(node_id, {"_repository": repository_id, "_subject": node_id})
    children = [leaf for leaf in _children(node, place) if kind in SUBJECTS]
    payload = {**_without_children(node), "_repository": repository_id, "_counts": _counts(node, children)}
    top = Leaf(kind, node_id, node_id if kind in SUBJECTS else None, _scrubbed(payload))
    return [top, *children, *_accounts(node)]


def _children(node: Mapping[str, Any], place: _Place, path: str = "") -> Iterator[Leaf]:
    for connection, kind in CHILDREN.items():
        for number, member in enumerate(_members(node, connection)):
            if isinstance(member, Mapping):
                child = cast("Mapping[str, Any]", member)
                yield from _child(kind, child, place, f"{path}{connection}/{number}")


def _child(kind: Kind, child: Mapping[str, Any], place: _Place, path: str) -> Iterator[Leaf]:
    own_id = child.get("id")
    external_id = own_id if isinstance(own_id, str) and own_id else f"{place.subject_id}/{path}"
    if kind == "comment" and "_thread" in place.inherited:
        kind = "review_comment"
    yield Leaf(
        kind, external_id, place.subject_id, _scrubbed({**_without_children(child), **place.inherited})
    )
    inherited = place.inherited
    if kind == "review_thread":
        inherited = {**inherited, "_thread": external_id}
    yield from _children(child, _Place(place.subject_id, inherited), f"{path}/")


def _members(node: Mapping[str, Any], connection: str) -> list[Any]:
    value = node.get(connection)
    members = cast("Mapping[str, Any]", value).get("nodes") if isinstance(value, Mapping) else None
    return cast("list[Any]", members) if isinstance(members, list) else []


def _without_children(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name not in CHILDREN and name != "repository"}


def _counts(node: Mapping[str, Any], children: list[Leaf]) -> dict[str, int]:
    """How many there are of each kind of child: as GitHub says, below them as was read."""
    counts: dict[str, int] = {}
    for connection, kind in CHILDREN.items():
        value = node.get(connection)
        total = cast("Mapping[str, Any]", value).get("totalCount") if isinstance(value, Mapping) else None
        if isinstance(total, int):
            counts[f"{kind}s"] = total
    if "review_threads" in counts:
        counts["review_comments"] = sum(leaf.kind == "review_comment" for leaf in children)
    if node.get("__typename") == "Discussion" and "comments" in counts:
        replies = sum(leaf.payload.get("replyTo") is not None for leaf in children)
        counts["replies"] = replies
    return counts


def _accounts(node: Mapping[str, Any]) -> Iterator[Leaf]:
    """One leaf for each account anywhere in the node."""
    found: dict[str, Mapping[str, Any]] = {}
    todo: list[object] = [node]
    while todo:
        value = todo.pop()
        if isinstance(value, list):
            todo.extend(cast("list[object]", value))
        elif isinstance(value, Mapping):
            fields = cast("Mapping[str, Any]", value)
            if is_account(fields):
                found[str(fields["databaseId"])] = fields
            else:
                todo.extend(fields.values())
    for github_id, payload in sorted(found.items()):
        yield Leaf("account", github_id, None, dict(payload))


def _scrubbed(value: Any) -> Any:
    """Without what changes though the item does not: names of accounts, cursors, reactions of nobody."""
    if isinstance(value, list):
        return [_scrubbed(inner) for inner in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    fields = cast("Mapping[str, Any]", value)
    if is_account(fields):
        return {name: inner for name, inner in fields.items() if name != "name"}
    return {
        name: _had(inner) if name == "reactionGroups" else _scrubbed(inner)
        for name, inner in fields.items()
        if name != "pageInfo"
    }


def _had(groups: Any) -> Any:
    if not isinstance(groups, list):
        return groups
    return [group for group in cast("list[Any]", groups) if not _is_empty_group(group)]


def _is_empty_group(group: Any) -> bool:
    if not isinstance(group, Mapping):
        return group is None
    reactors = cast("Mapping[str, Any]", group).get("reactors")
    return isinstance(reactors, Mapping) and cast("Mapping[str, Any]", reactors).get("totalCount") == 0
