"""Partial answers: which items GitHub left out, which it answered only in part, and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from core.errors import CollectorError, NotFound, PermissionDenied, SourceError
from core.operations.github_ops import CursorRefused, GraphqlError
from github_activity_tracker.client.connections import Connection, members_of
from github_activity_tracker.client.replies import Node, Problem

# The token may not see it, or it is gone: null is the answer, and asking again will not change it.
HIDDEN = frozenset({"FORBIDDEN", "NOT_FOUND", "INSUFFICIENT_SCOPES"})
_FAMILIES: dict[str, type[CollectorError]] = {
    "NOT_FOUND": NotFound,
    "FORBIDDEN": PermissionDenied,
    "INSUFFICIENT_SCOPES": PermissionDenied,
}
UNEXPLAINED = "GitHub answers null for it and does not say why"

Path = tuple[str | int, ...]


def below(errors: Iterable[GraphqlError], prefix: Path) -> list[GraphqlError]:
    """Return the errors below a place of the answer, their paths from there."""
    return [
        GraphqlError(error.type, error.path[len(prefix) :], error.message)
        for error in errors
        if error.path[: len(prefix)] == prefix
    ]


def said(errors: Sequence[GraphqlError]) -> str:
    """Return why something is null."""
    return "; ".join(dict.fromkeys(_sentence(error) for error in errors)) or UNEXPLAINED


def refusal(errors: Sequence[GraphqlError], item: str) -> CollectorError:
    """Return the exception for a repository, or a list of it, that is null."""
    if any(error.refuses_cursor for error in errors):
        return CursorRefused(said(errors), item=item)
    family = next((_FAMILIES[error.type] for error in errors if error.type in _FAMILIES), SourceError)
    return family(said(errors), item=item)


def wrong_in_itself(errors: Sequence[GraphqlError], connections: Iterable[Connection]) -> list[GraphqlError]:
    """Return the errors that make an object wrong: a field of its own is null, and not at the source."""
    lists = {(connection.name, connection.members) for connection in connections if connection.kind}
    return [
        error
        for error in errors
        if error.type not in HIDDEN and not (len(error.path) > 2 and error.path[:2] in lists)  # noqa: PLR2004 - list, members, number
    ]


def holes(
    node: Mapping[str, Any],
    connections: Iterable[Connection],
    errors: Sequence[GraphqlError],
    item_id: str,
    place: str = "",
) -> Iterator[Problem]:
    """Yield the children that are null, or wrong: these are made null, so that none is taken for whole."""
    place = place or item_id
    for connection in connections:
        answer = node.get(connection.name)
        if not connection.kind or not isinstance(answer, dict):
            continue
        members = members_of(cast("dict[str, Any]", answer), connection)
        for number, member in enumerate(members):
            here = f"{place}/{connection.name}/{number}"
            inside = below(errors, (connection.name, connection.members, number))
            wrong = wrong_in_itself(inside, connection.nested)
            if isinstance(member, dict) and not wrong:
                child = cast("Node", member)
                yield from holes(child, connection.nested, inside, item_id, here)
            else:
                members[number] = None
                name = cast("Node", member)["id"] if isinstance(member, dict) else here
                yield Problem(connection.kind, name, item_id, said(wrong or inside))


def _sentence(error: GraphqlError) -> str:
    return f"{error.type}: {error.message}" if error.type else error.message
