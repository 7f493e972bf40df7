"""GitHub's GraphQL API: repositories and their items. https://docs.github.com/en/graphql

Queries cost points by the number of lists that they could open (see `connections`), so nested lists are
asked for in sizes that hold most items whole; longer ones are read on, those of many items in one request.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import cast

from core.errors import InvalidInput, SourceError, SourceTimeout
from core.items import understood
from core.operations.github_ops import AdaptivePage, CursorRefused, GraphqlAnswer, GraphqlClient
from github_activity_tracker.client import commits, holes, outlines, queries
from github_activity_tracker.client.batches import in_batches
from github_activity_tracker.client.connections import open_ends, points
from github_activity_tracker.client.draining import Drain
from github_activity_tracker.client.listing import Listing, Reader
from github_activity_tracker.client.queries import ITEM_TYPES
from github_activity_tracker.client.replies import (
    CommitAccounts,
    ItemReply,
    Items,
    Node,
    Outline,
    OutlineReply,
    Probed,
    Problem,
)

MOST_REPOSITORIES = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Names = Sequence[tuple[str, str]]


class GithubActivityClient:
    """Reads repositories and their items. `page_size` is how many items a request begins with."""

    def __init__(self, graphql: GraphqlClient, *, page_size: int = 50) -> None:
        self._graphql = graphql
        self._drain = Drain(graphql)
        self._reader = Reader(graphql)
        self._page_size = page_size
        self._outlined = AdaptivePage("outlines", maximum=outlines.MOST_ITEMS)

    def repositories(self, names: Names) -> Iterator[Probed]:
        """Yield repositories with what of their items changed last; names are (owner, name), also former.

        `issues`, `pullRequests`, `discussions` and `releases` of a node have `totalCount` and the newest.
        """
        size = AdaptivePage("repositories", maximum=_at_most(MOST_REPOSITORIES, len(names)))
        for asked, answer in in_batches(self._graphql, size, names, self._ask_repositories):
            if isinstance(answer, SourceTimeout):
                yield from (Probed(*name, None, answer) for name in asked)
                continue
            probed = [_probed(name, number, answer) for number, name in enumerate(asked)]
            found = [each.node for each in probed if each.node is not None]
            self._drain.drain(found, queries.BELOW_REPOSITORY)
            yield from probed

    def items(
        self,
        kind: str,
        owner: str,
        name: str,
        *,
        cursor: str | None = None,
        newest_first: bool = False,
        since: datetime | None = None,
        total: int | None = None,
    ) -> Iterator[ItemReply]:
        """Yield a repository's items of one kind by the time of their last update, of releases of creation.

        `since` is for issues only: those updated then or later. `total`: how many there are, where that is
        known. Raises NotFound when there is no such repository, PermissionDenied when the token may not see
        it, CursorRefused when GitHub does not take the cursor.
        """
        if since is not None and since <= EPOCH:
            since = None  # to that time, GitHub answers nothing
        listing = Listing(kind, owner, name, newest_first, since)
        # GitHub charges for what a page could hold, so it should not be larger than what there is.
        most = _at_most(self._page_size, total)
        size = AdaptivePage(f"{owner}/{name} {ITEM_TYPES[kind].connection}", maximum=most)
        more = True
        while more:
            reply = self._reader.read(listing, size, cursor)
            yield reply
            cursor, more = reply.cursor, reply.more

    def nodes(self, kind: str, ids: Sequence[str]) -> Iterator[Items]:
        """Yield items of one kind by node id, whole as in a list."""
        size = AdaptivePage(f"{kind}s by id", maximum=_at_most(self._page_size, len(ids)))
        for asked, answer in in_batches(self._graphql, size, ids, partial(self._ask_nodes, kind)):
            if isinstance(answer, SourceTimeout):
                yield Items({}, [Problem(kind, node_id, node_id, answer.message) for node_id in asked], [])
                continue
            members = cast("list[Node | None]", answer.data.get("nodes") or [])
            if len(members) != len(asked):  # then its place does not tell which one a node is
                found = {node["id"]: node for node in members if node and "id" in node}
                members = [found.get(node_id) for node_id in asked]
            errors = holes.below(answer.errors, ("nodes",))
            yield self._reader.checked(kind, asked, members, errors, by_id=True)

    def outlines(self, asked: Sequence[Outline]) -> list[OutlineReply]:
        """Return the next items of each of these lists, oldest first: their ids, and those below them.

        Some 100 items in all, so of many lists few items each; one request, more where one is too much for
        GitHub, or where an item has so much below it that a list has to be read on. An item that GitHub does
        not outline is named as strange, and the others handed on.
        """
        pages: list[OutlineReply] = []
        while len(pages) < len(asked):
            pages += self._next_outlines(asked[len(pages) :])
        problems = self._drain.drain_all(
            (node, outlines.BELOW[page.asked.kind]) for page in pages for node in page.nodes
        )
        damaged = {problem.subject_id for problem in problems}
        return [outlines.without_nodes(page, damaged) for page in pages]

    def commit_accounts(self, owner: str, name: str, shas: Sequence[str]) -> dict[str, CommitAccounts | None]:
        """Return who GitHub takes the people of commits for, 100 commits a request.

        None for a commit that GitHub does not have; one that it did not answer is left out. Raises as
        `items`.
        """
        size = AdaptivePage(f"{owner}/{name} commits", maximum=_at_most(commits.MOST_COMMITS, len(shas)))
        people: dict[str, CommitAccounts | None] = {}
        for asked, answer in in_batches(self._graphql, size, shas, partial(self._ask_commits, owner, name)):
            if isinstance(answer, SourceTimeout):
                raise answer
            problems = self._drain.drain(commits.nodes_in(answer), (commits.AUTHORS,))
            damaged = {problem.subject_id for problem in problems}
            people |= commits.people_in(answer, asked, f"{owner}/{name}", damaged)
        return people

    def _ask_repositories(self, names: Names) -> GraphqlAnswer:
        variables = {f"owner{number}": owner for number, (owner, _) in enumerate(names)}
        variables |= {f"name{number}": name for number, (_, name) in enumerate(names)}
        cost = points(queries.PROBE_REQUESTS * len(names))
        return self._graphql.execute(queries.repositories(len(names)), variables, points=cost)

    def _next_outlines(self, asked: Sequence[Outline]) -> list[OutlineReply]:
        several = asked

        def ask(items: int) -> GraphqlAnswer:
            nonlocal several
            several = asked[:items]
            return self._ask_outlines(several, items)

        try:
            answer = self._graphql.with_page_size(self._outlined, ask)
        except SourceTimeout as error:
            if error.item != self._outlined.name:
                raise
            return [self._step_over(asked[0])]
        except CursorRefused as error:
            if len(asked) > 1:
                return self._next_outlines(asked[:1])
            return [outlines.without(asked[0], error.message, cursor_refused=True)]
        return [self._outlined_page(each, number, answer) for number, each in enumerate(several)]

    def _outlined_page(self, asked: Outline, number: int, answer: GraphqlAnswer) -> OutlineReply:
        """Return the reply about one list; where items are null, their ids alone are asked for."""
        page = outlines.page_of(asked, number, answer)
        size = outlines.nulls_among(asked, number, answer)
        if page.problem is None and size:
            ids = self._ids(asked, size)
            known = {node["id"] for node in page.nodes}.union(page.strange)
            page.strange.extend(name for name in ids.strange if name not in known)
        return page

    def _step_over(self, asked: Outline) -> OutlineReply:
        """Go past the first item, which GitHub never manages to outline."""
        try:
            return self._ids(asked, 1)
        except SourceTimeout as error:
            return outlines.without(asked, error.message)

    def _ids(self, asked: Outline, size: int) -> OutlineReply:
        return outlines.stepped_over(asked, self._ask_outlines([asked], size, ids_only=True))

    def _ask_outlines(self, asked: Sequence[Outline], items: int, *, ids_only: bool = False) -> GraphqlAnswer:
        size = items // len(asked)
        return self._graphql.execute(
            outlines.document(asked, ids_only=ids_only),
            outlines.variables(asked, size),
            points=outlines.cost(asked, size, ids_only=ids_only),
        )

    def _ask_commits(self, owner: str, name: str, shas: Sequence[str]) -> GraphqlAnswer:
        return self._graphql.execute(
            commits.document(len(shas)),
            commits.variables(owner, name, shas),
            points=commits.cost(len(shas)),
        )

    def _ask_nodes(self, kind: str, ids: Sequence[str]) -> GraphqlAnswer:
        cost = ITEM_TYPES[kind].points(len(ids))
        return self._graphql.execute(queries.items_by_id(kind), {"ids": list(ids)}, points=cost)


def _probed(name: tuple[str, str], number: int, answer: GraphqlAnswer) -> Probed:
    alias = f"repository{number}"
    node = cast("Node | None", answer.data.get(alias))
    errors = holes.below(answer.errors, (alias,))
    wrong = holes.wrong_in_itself(errors, queries.BELOW_REPOSITORY)
    if node is None or wrong:
        return Probed(*name, None, holes.refusal(wrong or errors, "/".join(name)))
    try:
        understood(lambda node: list(open_ends(node, queries.BELOW_REPOSITORY)), node)
    except InvalidInput as error:
        return Probed(*name, None, SourceError(f"GitHub's answer about it makes no sense: {error}"))
    return Probed(*name, node)


def _at_most(most: int, there_are: int | None) -> int:
    return most if there_are is None else max(1, min(most, there_are))
