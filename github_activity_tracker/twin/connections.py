"""GraphQL's pages: ordered lists cut by cursors that stand for a value, so that drift moves no page."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError

from core.twins import cursor, cursor_value
from github_activity_tracker.twin.people import Node

Key = tuple[str | int, ...]


class Refused(GraphQLError):  # noqa: N818 - the word for what GitHub does
    """An error with the `type` that GitHub gives it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def by_number(node: Node) -> Key:
    return (node["_number"],)


def by_creation(node: Node) -> Key:
    return (node["createdAt"], node["_number"])


def by_update(node: Node) -> Key:
    return (node["updatedAt"], node["_number"])


def page(
    items: Sequence[Node],
    args: dict[str, Any],
    *,
    key: Callable[[Node], Key] = by_number,
    descending: bool = False,
    is_sorted: bool = True,
) -> dict[str, Any]:
    """The connection that `first`, `after`, `last` and `before` ask for.

    is_sorted: whether the items are in the order of the key already.
    """
    if not is_sorted:
        items = sorted(items, key=key, reverse=descending)
    total = len(items)
    start, end = 0, total
    if args.get("after") is not None:
        start = _place(items, key, args["after"], descending=descending, behind=True)
    if args.get("before") is not None:
        end = _place(items, key, args["before"], descending=descending, behind=False)
    first, last = args.get("first"), args.get("last")
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    nodes = items[start:end]
    return {
        "nodes": nodes,
        "totalCount": total,
        "edges": lambda: [{"cursor": _cursor(key(node)), "node": node} for node in nodes],
        "pageInfo": {
            "hasNextPage": end < total,
            "hasPreviousPage": start > 0,
            "startCursor": _cursor(key(nodes[0])) if nodes else None,
            "endCursor": _cursor(key(nodes[-1])) if nodes else None,
        },
    }


def _place(
    items: Sequence[Node], key: Callable[[Node], Key], after: str, *, descending: bool, behind: bool
) -> int:
    """Where the items behind a cursor begin, or those before it end; its own item may be gone."""
    wanted = _key(after)
    if not descending:
        return (bisect_right if behind else bisect_left)(items, wanted, key=key)
    before = sum(1 for item in items if key(item) > wanted)
    return before + (behind and any(key(item) == wanted for item in items))


def _cursor(key: Key) -> str:
    return cursor("cursor:v2", json.dumps(key))


def _key(text: str) -> Key:
    try:
        key = tuple(json.loads(cursor_value(text, "cursor:v2")))
    except ValueError:
        key = ()
    if not key:
        raise Refused("INVALID_CURSOR_ARGUMENTS", f"`{text}` does not appear to be a valid cursor.")
    return key
