"""What comes while a client is paging: items that are written beforehand and shown one by one."""

from collections import deque
from datetime import datetime, timedelta

from github_activity_tracker.twin.hub import Hub, Repo
from github_activity_tracker.twin.people import Node
from github_activity_tracker.twin.writing import Pen

DRIFT = 2
"""How many items each of the first repositories gets, sooner or later."""
REPOSITORIES = 3


class Drift:
    """The items of one round that are still to come; what they are does not depend on when they come."""

    def __init__(self, hub: Hub, number: int, start: datetime) -> None:
        self.start = start
        self._coming: deque[tuple[Node, set[str]]] = deque()
        alive = [repo for repo in hub.repos if repo.issues and not (repo.is_target or repo.is_private)]
        for nth in range(DRIFT):
            for repo in alive[:REPOSITORIES]:
                moment = start + timedelta(minutes=10 * nth)
                self._write(hub, repo, f"{number}:{nth}", moment)

    def _write(self, hub: Hub, repo: Repo, scope: str, moment: datetime) -> None:
        rng = hub.world.rng("github drift", repo.id, scope)
        pen = Pen(hub, repo, rng, start=moment, limit=moment + timedelta(minutes=9))
        known = set(hub.nodes)
        kind = rng.choice(["Issue", "PullRequest"])
        node = pen.pull_request() if kind == "PullRequest" else pen.issue()
        pen.comment(node)
        if kind == "PullRequest":
            pen.review_comment(pen.thread(node), pen.review(node, "COMMENTED"))
        new = set(hub.nodes) - known
        repo.list_of(kind).remove(node)
        for node_id in new:
            hub.nodes[node_id]["_coming"] = True
        self._coming.append((node, new))

    def come(self, hub: Hub) -> None:
        """The next one is there; nothing when all are."""
        if self._coming:
            node, below = self._coming.popleft()
            node["_repo"].list_of(node["__typename"]).append(node)
            for node_id in below:
                del hub.nodes[node_id]["_coming"]

    def settle(self, hub: Hub) -> None:
        """All are there."""
        while self._coming:
            self.come(hub)
