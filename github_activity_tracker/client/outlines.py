"""Outlines: what tells whether a stored item is still right, of several repositories in one request.

An edit bumps an item's `updatedAt`, and so does a new comment; that a comment is gone, a thread is resolved
or somebody reacts does not. So ids are compared, and the fields that change quietly.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import cast

from core.errors import SourceError
from core.operations.github_ops import GraphqlAnswer, GraphqlError, page_info
from github_activity_tracker.client import events, holes
from github_activity_tracker.client import selections as select
from github_activity_tracker.client.connections import Connection, points
from github_activity_tracker.client.queries import ITEM_TYPES
from github_activity_tracker.client.replies import Node, Outline, OutlineReply

# Items that one request outlines, over all lists that it asks for.
MOST_ITEMS = 100

_WRITTEN = "__typename id updatedAt ...Reactions"
_COMMENT = f"{_WRITTEN} isMinimized minimizedReason"
_REVIEWERS = Connection("reviewRequests", select.REVIEWER, first=20)
_THREAD_COMMENTS = Connection("comments", _COMMENT, first=50)
_REPLIES = Connection("replies", f"{_COMMENT} upvoteCount", first=50)
_COMMENTS = Connection("comments", _COMMENT, first=100)


def _events(*, pull_requests: bool) -> Connection:
    arguments = events.item_types(pull_requests)
    return Connection("timelineItems", "__typename ... on Node { id }", first=100, arguments=arguments)


BELOW: dict[str, tuple[Connection, ...]] = {
    "issue": (_COMMENTS, _events(pull_requests=False)),
    "pull_request": (
        _COMMENTS,
        _events(pull_requests=True),
        _REVIEWERS,
        Connection("reviews", _COMMENT, first=100),
        Connection(
            "reviewThreads",
            "__typename id isResolved isOutdated",
            first=30,
            drained=50,
            nested=(_THREAD_COMMENTS,),
        ),
    ),
    "discussion": (
        Connection("comments", f"{_COMMENT} upvoteCount", first=30, drained=50, nested=(_REPLIES,)),
    ),
    "release": (),
}
_ITEM = f"{_WRITTEN} createdAt"
_SELECTIONS: dict[str, str] = {
    "issue": _ITEM,
    "pull_request": _ITEM,
    "discussion": f"{_ITEM} upvoteCount",
    "release": _ITEM,
}


def cost(asked: Sequence[Outline], size: int, *, ids_only: bool = False) -> int:
    """Return the points for `size` items of each list."""
    return points(sum(_listing(each.kind, ids_only=ids_only).requests(size) for each in asked))


def document(asked: Sequence[Outline], *, ids_only: bool = False) -> str:
    """Return the query; variables first, and for each list owner<n>, name<n>, after<n>."""
    declared = ", ".join(
        f"$owner{n}: String!, $name{n}: String!, $after{n}: String" for n in range(len(asked))
    )
    lists = " ".join(
        f"list{n}: repository(owner: $owner{n}, name: $name{n})"
        f" {{ id {_listing(each.kind, ids_only=ids_only).text('$first', f'$after{n}')} }}"
        for n, each in enumerate(asked)
    )
    return select.document(f"query($first: Int!, {declared}) {{ {lists} }}")


def variables(asked: Sequence[Outline], size: int) -> dict[str, object]:
    """Return the variables of `document`."""
    values: dict[str, object] = {"first": size}
    for number, each in enumerate(asked):
        values |= {
            f"owner{number}": each.owner,
            f"name{number}": each.name,
            f"after{number}": each.cursor,
        }
    return values


def page_of(asked: Outline, number: int, answer: GraphqlAnswer) -> OutlineReply:
    """Return the reply about one list; what is wrong with an item leaves out that item alone."""
    alias, connection = f"list{number}", ITEM_TYPES[asked.kind].connection
    repository = cast("Node | None", answer.data.get(alias))
    listing = cast("Node | None", repository.get(connection)) if repository else None
    errors = holes.below(answer.errors, (alias,))
    members = holes.below(errors, (connection, "nodes"))
    elsewhere = [error for error in errors if error.path[:2] != (connection, "nodes")]
    wrong = holes.wrong_in_itself(elsewhere, ())
    if listing is None or wrong:
        return without(asked, holes.said(wrong or errors), cursor_refused=_refuses_cursor(errors))
    try:
        more, end = page_info(listing)
    except SourceError as error:
        return without(asked, error.message)
    cursor = end or asked.cursor
    if more and cursor == asked.cursor:
        return without(asked, "GitHub's list does not go on")
    page = OutlineReply(asked, [], cursor, more, total=listing["totalCount"])
    for place, node in enumerate(cast("list[Node | None]", listing["nodes"] or [])):
        if node is None:
            continue
        if holes.wrong_in_itself(holes.below(members, (place,)), ()):
            page.strange.append(node["id"])
        else:
            page.nodes.append(node)
    return page


def without(asked: Outline, problem: str, *, cursor_refused: bool = False) -> OutlineReply:
    """Return the reply for a list that is not to be had."""
    return OutlineReply(
        asked, [], asked.cursor, more=True, total=0, problem=problem, cursor_refused=cursor_refused
    )


def nulls_among(asked: Outline, number: int, answer: GraphqlAnswer) -> int:
    """Return how many items a list has in the answer, where some of them are null; else 0."""
    repository = cast("Node", answer.data.get(f"list{number}") or {})
    listing = cast("Node", repository.get(ITEM_TYPES[asked.kind].connection) or {})
    nodes = cast("list[Node | None]", listing.get("nodes") or [])
    return len(nodes) if None in nodes else 0


def stepped_over(asked: Outline, answer: GraphqlAnswer) -> OutlineReply:
    """Return the reply of an answer with ids alone: all of its items are yet to be read."""
    page = page_of(asked, 0, answer)
    return replace(page, nodes=[], strange=[*page.strange, *(node["id"] for node in page.nodes)])


def without_nodes(page: OutlineReply, ids: Collection[str | None]) -> OutlineReply:
    """Return a reply with these of its items among the strange."""
    nodes = [node for node in page.nodes if node["id"] not in ids]
    return replace(page, nodes=nodes, strange=page.strange + [n["id"] for n in page.nodes if n["id"] in ids])


def _refuses_cursor(errors: Sequence[GraphqlError]) -> bool:
    return any(error.refuses_cursor for error in errors)


def _listing(kind: str, *, ids_only: bool = False) -> Connection:
    return Connection(
        ITEM_TYPES[kind].connection,
        "id" if ids_only else _SELECTIONS[kind],
        first=0,
        nested=() if ids_only else BELOW[kind],
        arguments="orderBy: { field: CREATED_AT, direction: ASC }",
    )
