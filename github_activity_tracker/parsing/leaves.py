"""An item with all that hangs below it, taken apart into what is archived and parsed on its own.

What a leaf needs of its parents is added to its payload under names that begin with an underscore, so that
it parses alone when it comes from the archive: `_subject` (the node id of its thread), `_thread`.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, cast

from core.errors import InvalidInput
from core.payloads import shown
from github_activity_tracker.parsing.accounts import GHOST_PAYLOAD, is_account

Payload = Mapping[str, Any]

# GraphQL's type -> kind.
KINDS = {"Release": "release", "Issue": "issue", "PullRequest": "pull_request", "Discussion": "discussion"}
# Connection below an item -> kind of its members.
CHILDREN = {
    "comments": "comment",
    "replies": "comment",
    "reviews": "review",
    "reviewThreads": "review_thread",
    "timelineItems": "event",
}
# What a repository is asked only to know whether there is news.
PROBES = frozenset({"issues", "pullRequests", "discussions", "releases"})
# What a leaf leaves out: leaves of their own, and the item's repository, which listings do not show.
_ELSEWHERE = frozenset({*CHILDREN, "repository"})


def leaves_of(node: Payload) -> dict[str, list[Payload]]:
    """Return by kind the payloads in an item: itself, what is below it, and all accounts that it shows.

    Raises InvalidInput when the node is of another type or has no id.
    """
    kind, node_id = KINDS.get(str(node.get("__typename"))), node.get("id")
    if kind is None or not isinstance(node_id, str) or not node_id:
        raise InvalidInput(f"no item: {shown(dict(node))}")
    leaves: dict[str, list[Payload]] = defaultdict(list, {kind: [node]})
    if kind != "release":
        _gather(node, {"_subject": node_id}, leaves)
    # A release of a bot has no author either, as GraphQL shows users only.
    leaves["account"] = _accounts_in(node, ghost=kind != "release")
    return leaves


def kept(payload: Payload) -> dict[str, Any]:
    """Return what the archive keeps of an item: itself, without what changes though the item does not."""
    return _scrubbed({name: value for name, value in payload.items() if name not in _ELSEWHERE})


def kept_of_repository(payload: Payload) -> dict[str, Any]:
    """Return what the archive keeps of a repository as it was probed."""
    return _scrubbed({name: value for name, value in payload.items() if name not in PROBES})


def _gather(node: Payload, inherited: Payload, leaves: dict[str, list[Payload]]) -> None:
    for connection, kind in CHILDREN.items():
        value = node.get(connection)
        members = cast("Payload", value).get("nodes") if isinstance(value, Mapping) else None
        for member in cast("list[Any]", members) if isinstance(members, list) else ():
            if not isinstance(member, Mapping):
                continue  # null: the client has told that it is not answered
            child = {**cast("Payload", member), **inherited}
            in_thread = kind == "comment" and "_thread" in inherited
            leaves["review_comment" if in_thread else kind].append(child)
            below = {**inherited, "_thread": str(child.get("id"))} if kind == "review_thread" else inherited
            _gather(cast("Payload", member), below, leaves)


def _accounts_in(node: Payload, *, ghost: bool) -> list[Payload]:
    """Return each account anywhere in a node, once; with `ghost`, that for an author that is null."""
    found: dict[int, Payload] = {}
    todo: list[object] = [node]
    while todo:
        value = todo.pop()
        if isinstance(value, list):
            todo.extend(cast("list[object]", value))
        elif isinstance(value, Mapping):
            fields = cast("Payload", value)
            if is_account(fields):
                found[fields["databaseId"]] = fields
                continue
            if ghost and fields.get("author", "") is None:
                found[GHOST_PAYLOAD["databaseId"]] = GHOST_PAYLOAD
            todo.extend(fields.values())
    return [found[github_id] for github_id in sorted(found)]


def _scrubbed(value: Any) -> Any:
    """Leave out names of accounts, which are theirs alone, cursors, and reactions of nobody."""
    if isinstance(value, list):
        return [_scrubbed(inner) for inner in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    fields = cast("Payload", value)
    if is_account(fields):
        return {name: inner for name, inner in fields.items() if name != "name"}
    return {
        name: _had(inner) if name == "reactionGroups" else _scrubbed(inner)
        for name, inner in fields.items()
        if name != "pageInfo"
    }


def _had(groups: Any) -> Any:
    """Leave out the reactions that nobody has shown."""
    if not isinstance(groups, list):
        return groups
    return [group for group in cast("list[Any]", groups) if not _is_of_nobody(group)]


def _is_of_nobody(group: Any) -> bool:
    reactors = cast("Payload", group).get("reactors") if isinstance(group, Mapping) else None
    return isinstance(reactors, Mapping) and cast("Payload", reactors).get("totalCount") == 0
