"""Reading issues, pull requests and discussions in the order of their last update.

Oldest update first where that can be resumed: GitHub filters issues by time, and a backfill goes on from
its cursor. Pull requests and discussions have no such filter, so their daily runs read from the newest
update down to what was read before, and the checkpoint moves when that is reached.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.pages import Page
from core.protocols import State
from github_activity_tracker.client import CursorRefused, ItemReply
from github_activity_tracker.protocol_impl import GithubState
from github_activity_tracker.sync.kinds import ISSUE, ItemKind
from github_activity_tracker.sync.saving import set_aside, take_nodes
from github_activity_tracker.sync.session import RepositoryScope
from github_activity_tracker.sync.sweeping import mark_swept

# What is listed late is found all the same: GitHub's index follows its database with some delay.
OVERLAP = dt.timedelta(minutes=5)

UNKNOWN = dt.datetime.min.replace(tzinfo=dt.UTC)

Node = Mapping[str, Any]


@dataclass(slots=True)
class Walk:
    """One kind of threads of one repository."""

    scope: RepositoryScope
    kind: ItemKind
    done: int = 0

    def is_due(self) -> bool:
        """Whether something changed since the last walk, or that one did not get to its end."""
        newest = self.scope.newest[self.kind.noun]
        if newest.updated_at is None:
            return False
        if self.scope.is_bounded or self.reached is None or self._cursor is not None:
            return True
        # GitHub's times have no fractions of a second: another item may have been updated in the same one.
        another = newest.node_id != self._state.extras.get("newest")
        return newest.updated_at > self.reached or (newest.updated_at == self.reached and another)

    def run(self) -> None:
        options = self.scope.source.options
        if self.kind is ISSUE:
            since = options.since or (self.reached and self.reached - OVERLAP)
            self._forward(self._listed(since=since))
        elif options.since is not None:
            self._backward(options.since)
        elif self.reached is None or self._cursor is not None:
            self._resume()
        else:
            self._backward(self.reached - OVERLAP)

    @property
    def _state(self) -> State:
        return self.scope.state(self.kind.noun)

    @property
    def reached(self) -> dt.datetime | None:
        """The update up to which everything was read."""
        token = self._state.checkpoint_token
        return dt.datetime.fromisoformat(token) if token else None

    @property
    def _cursor(self) -> str | None:
        """The place where a backfill was interrupted."""
        return self._state.extras.get("cursor")

    def _resume(self) -> None:
        """Go on with the backfill; from the beginning when GitHub no longer takes the cursor."""
        if self._cursor is None:
            self._forward(self._listed())
            return
        try:
            self._forward(self._listed(cursor=self._cursor))
        except CursorRefused:
            if self.done:
                raise
            self._forward(self._listed())

    def _forward(self, pages: Iterator[ItemReply]) -> None:
        """Read oldest update first: each page moves the checkpoint."""
        options = self.scope.source.options
        # With --full, what is gone is still to be found.
        whole = self.reached is None and self._cursor is None and not (options.since or options.full)
        for listed in pages:
            nodes = [
                node for node in listed.nodes if options.until is None or _updated_at(node) < options.until
            ]
            beyond = len(nodes) < len(listed.nodes)
            with self.scope.page() as page:
                self._save(page, listed, nodes)
                if options.since is None and nodes:
                    self._advance(page, nodes, None if beyond or not listed.more else listed.cursor)
            self._tell(nodes, listed.total)
            if beyond or self._is_enough():
                return
        if whole:
            mark_swept(self.scope, self.kind)

    def _backward(self, floor: dt.datetime) -> None:
        """Read newest update first, down to `floor`."""
        latest: list[Node] = []
        for listed in self._listed(newest_first=True):
            nodes = [node for node in listed.nodes if self._within(node, floor)]
            latest = latest or list(listed.nodes[:1])
            last = not listed.more or any(UNKNOWN < _updated_at(node) < floor for node in listed.nodes)
            with self.scope.page() as page:
                self._save(page, listed, nodes)
                if last and latest and not self.scope.is_bounded:
                    self._advance(page, latest, None)
            self._tell(nodes, listed.total)
            if last or self._is_enough():
                return

    def _save(self, page: Page, listed: ItemReply, nodes: Sequence[Node]) -> None:
        ids = {node["id"] for node in nodes}
        left_out = {node["id"] for node in listed.nodes} - ids
        set_aside(page, [each for each in listed.problems if each.subject_id not in left_out])
        take_nodes(page, self.kind, self.scope.row.github_id, nodes, complete=listed.complete & ids)

    def _advance(self, page: Page, nodes: Sequence[Node], cursor: str | None) -> None:
        reached = max([self.reached or UNKNOWN, *map(_updated_at, nodes)])
        what = f"{self.scope}: {self.kind.noun.replace('_', ' ')}"
        newest = self.scope.newest[self.kind.noun]
        state = GithubState.up_to(
            reached,
            what,
            cursor=None if self.kind is ISSUE else cursor,
            newest=newest.node_id if newest.updated_at == reached else None,
        )
        page.checkpoint(self.kind.noun, state)

    def _within(self, node: Node, floor: dt.datetime) -> bool:
        until = self.scope.source.options.until
        when = _updated_at(node)
        return when is UNKNOWN or (when >= floor and (until is None or when < until))

    def _tell(self, nodes: Sequence[Node], total: int) -> None:
        self.done += len(nodes)
        self.scope.collector.progress.update(f"{self.scope} {self.kind.noun}", self.done, total)

    def _is_enough(self) -> bool:
        limit = self.scope.source.options.limit
        return limit is not None and self.done >= limit

    def _listed(self, **order: Any) -> Iterator[ItemReply]:
        row, total = self.scope.row, self.scope.newest[self.kind.noun].total
        return self.scope.source.client.items(self.kind.name, row.owner, row.name, total=total, **order)


def _updated_at(node: Node) -> dt.datetime:
    """Return its time; UNKNOWN when a malformed node does not say: saving it will tell what is wrong."""
    try:
        return dt.datetime.fromisoformat(node["updatedAt"])
    except (KeyError, TypeError, ValueError):
        return UNKNOWN
