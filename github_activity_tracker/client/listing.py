"""Pages of a repository's items, and items by id: asked for, checked, completed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from core.errors import SourceError, SourceTimeout
from core.operations.github_ops import (
    AdaptivePage,
    GraphqlAnswer,
    GraphqlClient,
    GraphqlError,
    page_info,
)
from github_activity_tracker.client import holes, queries
from github_activity_tracker.client.draining import Drain
from github_activity_tracker.client.queries import ITEM_TYPES
from github_activity_tracker.client.replies import ItemReply, Items, Node, Problem


@dataclass(frozen=True, slots=True)
class Listing:
    """The items of one kind of a repository, in one order."""

    kind: str
    owner: str
    name: str
    newest_first: bool = False
    since: datetime | None = None

    def ask(
        self, graphql: GraphqlClient, size: int, cursor: str | None, *, ids_only: bool = False
    ) -> GraphqlAnswer:
        """Ask for the next items of it."""
        query = queries.page(
            self.kind,
            newest_first=self.newest_first,
            since=self.since is not None,
            ids_only=ids_only,
        )
        variables: dict[str, Any] = {"owner": self.owner, "name": self.name, "first": size, "after": cursor}
        if self.since is not None:
            variables["since"] = self.since.isoformat()
        return graphql.execute(query, variables, points=1 if ids_only else ITEM_TYPES[self.kind].points(size))

    def connection_in(self, answer: GraphqlAnswer) -> Node:
        """Return the list in an answer. Raises what GitHub says when the repository is not to be had."""
        repository: Any = answer.data.get("repository")
        listing = cast("Node", repository).get(self._connection) if isinstance(repository, dict) else None
        if isinstance(listing, dict):
            return cast("Node", listing)
        raise holes.refusal(answer.errors, f"{self.owner}/{self.name}")

    def errors_in(self, answer: GraphqlAnswer) -> list[GraphqlError]:
        """Return the errors about the items of an answer, their paths beginning with the item's place."""
        return holes.below(answer.errors, ("repository", self._connection, "nodes"))

    def place(self, cursor: str | None, number: int) -> str:
        """Return a name for an item that has shown no id; asked for again, it has it again."""
        return f"{self.owner}/{self.name}/{self._connection}?{cursor or ''}/{number}"

    @property
    def _connection(self) -> str:
        return ITEM_TYPES[self.kind].connection


class Reader:
    """Reads items whole: lists below items to their ends, bad items named, the others handed on."""

    def __init__(self, graphql: GraphqlClient) -> None:
        self._graphql = graphql
        self._drain = Drain(graphql)

    def read(self, listing: Listing, size: AdaptivePage, cursor: str | None) -> ItemReply:
        """Read the items behind `cursor`. One that GitHub never manages to answer is named and left out."""
        try:
            answer = self._graphql.with_page_size(size, lambda size: listing.ask(self._graphql, size, cursor))
        except SourceTimeout as error:
            if error.item != size.name:
                raise
            return self._step_over(listing, cursor, error)
        connection = listing.connection_in(answer)
        members = cast("list[Node | None]", connection.get("nodes") or [])
        names = self._names(listing, members, cursor)
        items = self.checked(listing.kind, names, members, listing.errors_in(answer))
        return _reply(connection, items, cursor)

    def checked(
        self,
        kind: str,
        names: Sequence[str],
        members: Sequence[Node | None],
        errors: Sequence[GraphqlError],
        *,
        by_id: bool = False,
    ) -> Items:
        """Return items as they were answered, without the bad ones, and completed. `names` are their ids.

        Asked for by id, an item of which GitHub says that there is none is gone. Where it is null for
        another reason or for none, or in a list, something is wrong with it.
        """
        item_type = ITEM_TYPES[kind]
        items = Items({}, [], [])
        found: dict[str, Node] = {}
        for number, (name, node) in enumerate(zip(names, members, strict=True)):
            inside = holes.below(errors, (number,))
            wrong = holes.wrong_in_itself(inside, item_type.below)
            if node is None and by_id and _is_gone(inside):
                items.gone.append(name)
            elif node is None or "id" not in node:
                items.problems.append(Problem(kind, name, name, holes.said(inside)))
            elif wrong:
                items.problems.append(Problem(kind, name, name, holes.said(wrong)))
            elif node["id"] in found:
                items.asked[name] = found[node["id"]]
            else:
                items.problems.extend(holes.holes(node, item_type.below, inside, node["id"]))
                items.asked[name] = found[node["id"]] = node
        items.problems.extend(self._drain.drain(items.nodes, item_type.below))
        return items

    def _names(self, listing: Listing, members: Sequence[Node | None], cursor: str | None) -> list[str]:
        """Return the ids of listed items; where one is null, the ids alone are asked for."""
        known = [node["id"] if node else None for node in members]
        if None in known:
            answer = listing.ask(self._graphql, len(members), cursor, ids_only=True)
            listed = cast("list[Node | None]", listing.connection_in(answer).get("nodes") or [])
            missing = iter([node["id"] for node in listed if node and node["id"] not in known])
            known = [name or next(missing, None) for name in known]
        return [name or listing.place(cursor, number) for number, name in enumerate(known)]

    def _step_over(self, listing: Listing, cursor: str | None, error: SourceTimeout) -> ItemReply:
        answer = listing.ask(self._graphql, 1, cursor, ids_only=True)
        connection = listing.connection_in(answer)
        listed = cast("list[Node | None]", connection.get("nodes") or [])
        names = [node["id"] if node else listing.place(cursor, 0) for node in listed]
        problems = [Problem(listing.kind, name, name, error.message) for name in names]
        return _reply(connection, Items({}, problems, []), cursor)


def _is_gone(errors: Sequence[GraphqlError]) -> bool:
    """Whether GitHub says of an item itself, and nothing else, that there is none."""
    return bool(errors) and all(error.type == "NOT_FOUND" and not error.path for error in errors)


def _reply(connection: Node, items: Items, cursor: str | None) -> ItemReply:
    more, after = page_info(connection)
    if more and after == cursor:
        raise SourceError("GitHub's list does not go on", item=cursor)
    total = connection.get("totalCount")
    return ItemReply(
        nodes=items.nodes,
        problems=items.problems,
        cursor=after or cursor,
        more=more,
        total=total if isinstance(total, int) else 0,
    )
