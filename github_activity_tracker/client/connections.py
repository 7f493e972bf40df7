"""GraphQL connections: their text, what GitHub charges for them, and what is left of them to be read.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from core.errors import SourceError
from core.operations.github_ops import page_info

REQUESTS_PER_POINT = 100


@dataclass(frozen=True, slots=True)
class Connection:
    """A list below a type, such as a pull request's comments, with what is asked of its members.

    `first` members come with their owner, `drained` at a time when it has more. `kind` is what the members
    are where they are items of their own (a comment), "" where they are a part of their owner (a label).
    """

    name: str
    selection: str
    first: int
    kind: str = ""
    nested: tuple["Connection", ...] = ()
    arguments: str = ""
    members: str = "nodes"
    drained: int = 100

    def text(self, first: int | str | None = None, after: str | None = None) -> str:
        """Return its GraphQL; `first` and `after` may name variables."""
        arguments = [f"first: {self.first if first is None else first}"]
        if after is not None:
            arguments.append(f"after: {after}")
        if self.arguments:
            arguments.append(self.arguments)
        fields = " ".join([self.selection, *(connection.text() for connection in self.nested)])
        return (
            f"{self.name}({', '.join(arguments)})"
            f" {{ totalCount pageInfo {{ hasNextPage endCursor }} {self.members} {{ {fields} }} }}"
        )

    @property
    def is_counted(self) -> bool:
        """Whether `totalCount` is of what is listed: timelines count events of types not asked for, too."""
        return not self.arguments

    def requests(self, first: int | None = None) -> int:
        """Return GitHub's measure of cost: 1 for the list, and those below each member that it can have."""
        size = self.first if first is None else first
        return 1 + size * sum(connection.requests() for connection in self.nested)

    def nodes(self, first: int | None = None) -> int:
        """Return how many nodes it can answer; GitHub refuses above 500,000 a request."""
        size = self.first if first is None else first
        return size + size * sum(connection.nodes() for connection in self.nested)


def points(requests: int) -> int:
    """Return the points that so many of GitHub's internal requests cost."""
    return max(1, round(requests / REQUESTS_PER_POINT))


@dataclass(frozen=True, slots=True)
class OpenEnd:
    """A connection of a node that has more members than were read; they are to be added to `answer`."""

    owner_type: str
    owner_id: str
    connection: Connection
    after: str | None
    answer: dict[str, Any]


def open_ends(node: Mapping[str, Any], connections: Iterable[Connection]) -> Iterator[OpenEnd]:
    """Yield what of these connections of a node, and of their members, is still to be read."""
    for connection in connections:
        value = node.get(connection.name)
        if not isinstance(value, dict):
            continue
        answer = cast("dict[str, Any]", value)
        members = members_of(answer, connection)
        try:
            more, after = page_info(answer)
        except SourceError:
            # Read it from its start: what it says then is the item's problem.
            members.clear()
            more, after = True, None
        if more:
            yield OpenEnd(node["__typename"], node["id"], connection, after, answer)
        elif not members and answer.get("totalCount"):
            # Seen of queries that were too much for GitHub: lists empty without an error.
            yield OpenEnd(node["__typename"], node["id"], connection, None, answer)
        for member in members:
            if isinstance(member, dict):
                yield from open_ends(cast("Mapping[str, Any]", member), connection.nested)


def members_of(answer: dict[str, Any], connection: Connection) -> list[Any]:
    """Return the list of members itself, so that it can be added to."""
    members = answer.get(connection.members)
    if not isinstance(members, list):
        members = answer[connection.members] = []
    return cast("list[Any]", members)
