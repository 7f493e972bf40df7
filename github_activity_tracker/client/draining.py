"""Reading nested lists to their ends, those of many items in one request."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from core.errors import SourceError, SourceTimeout
from core.operations.github_ops import AdaptivePage, GraphqlAnswer, GraphqlClient, page_info
from core.payloads import UNTYPED
from github_activity_tracker.client import holes, queries
from github_activity_tracker.client.batches import first_batch
from github_activity_tracker.client.connections import Connection, OpenEnd, members_of, open_ends, points
from github_activity_tracker.client.replies import Node, Problem

# Lists that one request reads on.
MOST_RESTS = 25


class Drain:
    """Reads on what pages have left open. The lists of the items themselves grow."""

    def __init__(self, graphql: GraphqlClient) -> None:
        self._graphql = graphql
        self._size = AdaptivePage("the rest of long lists", maximum=MOST_RESTS)

    def drain(self, nodes: Iterable[Node], connections: Iterable[Connection]) -> list[Problem]:
        """Complete these connections of the nodes; what could not be had is in the answer."""
        below = tuple(connections)
        return self.drain_all((node, below) for node in nodes)

    def drain_all(self, nodes: Iterable[tuple[Node, tuple[Connection, ...]]]) -> list[Problem]:
        """Complete nodes of several kinds, each with its connections."""
        todo = [(node["id"], end) for node, below in nodes for end in open_ends(node, below)]
        problems: list[Problem] = []
        while todo:
            asked, answer = first_batch(self._graphql, self._size, todo, self._ask)
            todo = todo[len(asked) :]
            if isinstance(answer, SourceTimeout):
                problems.extend(_problem(item_id, end, answer.message) for item_id, end in asked)
                continue
            for number, (item_id, end) in enumerate(asked):
                try:
                    more, found = _add(item_id, end, answer, f"rest{number}")
                except UNTYPED as error:
                    more, found = [], [_problem(item_id, end, f"GitHub's list makes no sense: {error!r}")]
                todo.extend((item_id, each) for each in more)
                problems.extend(found)
        return problems

    def _ask(self, asked: Sequence[tuple[str, OpenEnd]]) -> GraphqlAnswer:
        ends = [end for _, end in asked]
        variables = {f"id{number}": end.owner_id for number, end in enumerate(ends)}
        variables |= {f"after{number}": end.after for number, end in enumerate(ends)}
        cost = points(sum(end.connection.requests(end.connection.drained) for end in ends))
        return self._graphql.execute(queries.rests(ends), variables, points=cost)


def _add(
    item_id: str, end: OpenEnd, answer: GraphqlAnswer, alias: str
) -> tuple[list[OpenEnd], list[Problem]]:
    """Add what came to the list. Returns what is still to be read, and what is missing."""
    connection = end.connection
    owner: Any = answer.data.get(alias)
    errors = holes.below(answer.errors, (alias,))
    rest = cast("Node", owner).get(connection.name) if isinstance(owner, dict) else None
    wrong = holes.wrong_in_itself(errors, (connection,))
    if not isinstance(rest, dict) or wrong:
        return [], [_problem(item_id, end, holes.said(wrong or errors))]
    place = f"{end.owner_id}/{connection.name}?{end.after}"
    problems = list(holes.holes(cast("Node", owner), (connection,), errors, item_id, place))
    members = members_of(cast("Node", rest), connection)
    members_of(end.answer, connection).extend(members)
    end.answer["pageInfo"] = cast("Node", rest).get("pageInfo")
    if end.after is None and not members and connection.is_counted and cast("Node", rest).get("totalCount"):
        problems.append(_problem(item_id, end, "GitHub counts members of the list, and lists none"))
    more = [
        each for each in open_ends(cast("Node", owner), (connection,)) if each.connection is not connection
    ]
    try:
        goes_on, after = page_info(cast("Node", rest))
    except SourceError as error:
        problems.append(_problem(item_id, end, error.message))
        return more, problems
    if goes_on and after == end.after:
        problems.append(_problem(item_id, end, "GitHub's list does not go on"))
    elif goes_on:
        more.append(OpenEnd(end.owner_type, end.owner_id, connection, after, end.answer))
    return more, problems


def _problem(item_id: str, end: OpenEnd, message: str) -> Problem:
    """Name a list that could not be read to its end, which asking for the whole item may cure."""
    return Problem(end.connection.kind or "rest", f"{end.owner_id}/{end.connection.name}", item_id, message)
