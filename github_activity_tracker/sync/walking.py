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
from github_activity_tracker.client import CursorRefused, ItemPage
from github_activity_tracker.protocol_impl import GithubState
from github_activity_tracker.sync.saving import save_nodes
from github_activity_tracker.sync.session import ISSUES, PULL_REQUESTS, RepositorySession
from github_activity_tracker.sync.sweeping import mark_swept

# What is listed late is found all the same: GitHub's index follows its database with some delay.
OVERLAP = dt.timedelta(minutes=5)

UNKNOWN = dt.datetime.min.replace(tzinfo=dt.UTC)

Node = Mapping[str, Any]


@dataclass(slots=True)
class Walk:
    """One kind of threads of one repository."""

    session: RepositorySession
    kind: str
    done: int = 0

    def is_due(self) -> bool:
        """Whether something changed since the last walk, or that one did not get to its end."""
        newest = self.session.newest[self.kind]
        if newest.updated_at is None:
            return False
        if self.session.bounded or self.reached is None or self._cursor is not None:
            return True
        # GitHub's times have no fractions of a second: another item may have been updated in the same one.
        another = newest.node_id != self._state.extras.get("newest")
        return newest.updated_at > self.reached or (newest.updated_at == self.reached and another)

    def run(self) -> None:
        options = self.session.options
        if self.kind == ISSUES:
            since = options.since or (self.reached and self.reached - OVERLAP)
            self._forward(self._issues(since, None))
        elif options.since is not None:
            self._backward(options.since)
        elif self.reached is None or self._cursor is not None:
            self._resume()
        else:
            self._backward(self.reached - OVERLAP)

    @property
    def _total(self) -> int:
        return self.session.newest[self.kind].total

    @property
    def _state(self) -> State:
        return self.session.state(self.kind)

    @property
    def reached(self) -> dt.datetime | None:
        """Up to this update everything was read."""
        token = self._state.checkpoint_token
        return dt.datetime.fromisoformat(token) if token else None

    @property
    def _cursor(self) -> str | None:
        """Where a backfill was interrupted."""
        return self._state.extras.get("cursor")

    def _resume(self) -> None:
        """Go on with the backfill; from the beginning when GitHub no longer takes the cursor."""
        if self._cursor is None:
            self._forward(self._listed(None))
            return
        try:
            self._forward(self._listed(self._cursor))
        except CursorRefused:
            if self.done:
                raise
            self._forward(self._listed(None))

    def _forward(self, pages: Iterator[ItemPage]) -> None:
        """Oldest update first: each page moves the checkpoint."""
        until = self.session.options.until
        options = self.session.options
        # With --full, what is gone is still to be found.
        whole = self.reached is None and self._cursor is None and not (options.since or options.full)
        for listed in pages:
            nodes = [node for node in listed.nodes if until is None or _updated_at(node) < until]
            beyond = len(nodes) < len(listed.nodes)
            with self.session.page() as page:
                self._save(page, listed, nodes)
                if self.session.options.since is None and nodes:
                    self._advance(page, nodes, None if beyond or not listed.more else listed.cursor)
            self._tell(nodes, listed.total)
            if beyond or self._is_enough():
                return
        if whole:
            mark_swept(self.session, self.kind)

    def _backward(self, floor: dt.datetime) -> None:
        """Newest update first, down to `floor`."""
        latest: list[Node] = []
        for listed in self._newest_first():
            nodes = [node for node in listed.nodes if self._within(node, floor)]
            latest = latest or list(listed.nodes[:1])
            last = not listed.more or any(UNKNOWN < _updated_at(node) < floor for node in listed.nodes)
            with self.session.page() as page:
                self._save(page, listed, nodes)
                if last and latest and not self.session.bounded:
                    self._advance(page, latest, None)
            self._tell(nodes, listed.total)
            if last or self._is_enough():
                return

    def _save(self, page: Page, listed: ItemPage, nodes: Sequence[Node]) -> None:
        ids = {node["id"] for node in nodes}
        left_out = {node["id"] for node in listed.nodes} - ids
        problems = [each for each in listed.problems if each.subject_id not in left_out]
        save_nodes(self.session, page, nodes, complete=listed.complete & ids, problems=problems)

    def _advance(self, page: Page, nodes: Sequence[Node], cursor: str | None) -> None:
        reached = max([self.reached or UNKNOWN, *map(_updated_at, nodes)])
        what = f"{self.session.full_name}: {self.kind.replace('_', ' ')}"
        newest = self.session.newest[self.kind]
        state = GithubState.up_to(
            reached,
            what,
            cursor=None if self.kind == ISSUES else cursor,
            newest=newest.node_id if newest.updated_at == reached else None,
        )
        page.checkpoint(self.kind, state)

    def _within(self, node: Node, floor: dt.datetime) -> bool:
        until = self.session.options.until
        when = _updated_at(node)
        return when is UNKNOWN or (when >= floor and (until is None or when < until))

    def _tell(self, nodes: Sequence[Node], total: int) -> None:
        self.done += len(nodes)
        self.session.collector.progress.update(f"{self.session.full_name} {self.kind}", self.done, total)

    def _is_enough(self) -> bool:
        limit = self.session.options.limit
        return limit is not None and self.done >= limit

    def _issues(self, since: dt.datetime | None, cursor: str | None) -> Iterator[ItemPage]:
        row = self.session.row
        client = self.session.source.client
        return client.issues(row.owner, row.name, since=since, cursor=cursor, total=self._total)

    def _listed(self, cursor: str | None) -> Iterator[ItemPage]:
        row, client = self.session.row, self.session.source.client
        listing = client.pull_requests if self.kind == PULL_REQUESTS else client.discussions
        return listing(row.owner, row.name, cursor=cursor, newest_first=False, total=self._total)

    def _newest_first(self) -> Iterator[ItemPage]:
        row, client = self.session.row, self.session.source.client
        listing = client.pull_requests if self.kind == PULL_REQUESTS else client.discussions
        return listing(row.owner, row.name, cursor=None, newest_first=True, total=self._total)


def _updated_at(node: Node) -> dt.datetime:
    """UNKNOWN when a malformed node does not say: saving it will tell what is wrong with it."""
    try:
        return dt.datetime.fromisoformat(node["updatedAt"])
    except (KeyError, TypeError, ValueError):
        return UNKNOWN
