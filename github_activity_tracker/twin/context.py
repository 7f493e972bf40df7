"""The state of one execution of a GraphQL query, and how much of an answer it may build."""

from dataclasses import dataclass, field
from typing import Any

from github_activity_tracker.twin import commits, connections
from github_activity_tracker.twin.hub import Hub
from github_activity_tracker.twin.people import Node


class AnswerTimeout(Exception):  # noqa: N818 - not an error of ours
    """The answer would take the real one longer than its ten seconds."""


@dataclass(slots=True)
class Context:
    """One execution. capacity: objects of connections that one answer may hold; None: any number."""

    hub: Hub
    viewer: Node
    next_ids: bool
    rate_limit: dict[str, Any]
    capacity: int | None = None
    served: int = field(default=0)

    def connection(self, *args: Any, **options: Any) -> dict[str, Any]:
        found = connections.page(*args, **options)
        self.served += len(found["nodes"])
        if self.capacity is not None and self.served > self.capacity:
            raise AnswerTimeout
        return found

    def commit(self, mentioned: Node) -> Node:
        """Look up in git a commit that is named by its hash."""
        return commits.known(self.hub, mentioned)
