"""All that GitHub holds at the moment: repositories with all that is in them; each object is found by its id.

Objects are dictionaries with the names of GraphQL's fields; what begins with an underscore is the twin's own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.twins import World
from github_activity_tracker.twin import ids
from github_activity_tracker.twin.git import TwinRepository
from github_activity_tracker.twin.people import WEB, Accounts, Node


@dataclass(frozen=True, slots=True)
class RepositorySpec:
    """A repository to be made.

    comments, inline_comments: exactly so many on each issue and pull request, None: as it happens.
    odd: with the rare cases that a collector has to survive. private: as if it did not exist; blocked: 451.
    """

    owner: str
    name: str
    issues: int = 0
    pull_requests: int = 0
    comments: int | None = None
    inline_comments: int | None = None
    discussions: int = 0
    releases: int = 0
    commits: int = 60
    files: int = 3
    layout: str = "library"
    submodules: Sequence[str] = ()
    odd: bool = False
    private: bool = False
    blocked: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.commits


def iso(moment: datetime) -> str:
    """A time as GitHub writes it: whole seconds, UTC. In this form text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Repo:
    """A repository. Its children are lists in the order of their creation."""

    node: Node
    owner: Node
    is_private: bool = False
    is_blocked: bool = False
    is_target: bool = False
    """Whether it is there to be written to, and belongs to no truth."""
    git: TwinRepository | None = None
    issues: list[Node] = field(default_factory=list[Node])
    pull_requests: list[Node] = field(default_factory=list[Node])
    discussions: list[Node] = field(default_factory=list[Node])
    releases: list[Node] = field(default_factory=list[Node])
    labels: list[Node] = field(default_factory=list[Node])
    milestones: list[Node] = field(default_factory=list[Node])
    categories: list[Node] = field(default_factory=list[Node])
    numbers: dict[int, Node] = field(default_factory=dict[int, Node])
    """Issues, pull requests and discussions share their numbers."""
    moved: dict[int, Node] = field(default_factory=dict[int, Node])
    """Number -> what an issue that was transferred has become."""
    last_number: int = 0
    commits: dict[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])
    commits_at: datetime | None = None
    """The push that `commits`, by hash, were read after."""

    @property
    def id(self) -> int:
        return self.node["databaseId"]

    @property
    def name(self) -> str:
        return self.node["name"]

    @property
    def full_name(self) -> str:
        return f"{self.owner['login']}/{self.name}"

    @property
    def path(self) -> str:
        return f"/{self.full_name}"

    @property
    def url(self) -> str:
        return WEB + self.path

    def list_of(self, typename: str) -> list[Node]:
        return {
            "Issue": self.issues,
            "PullRequest": self.pull_requests,
            "Discussion": self.discussions,
            "Release": self.releases,
        }[typename]

    def take_number(self) -> int:
        self.last_number += 1
        return self.last_number


class Hub:
    """All repositories and accounts. `nodes` also knows what is gone, or to come: marked so."""

    def __init__(self, world: World, *, shift: int = 0) -> None:
        self.world = world
        self.accounts = Accounts(world)
        self.numbers = ids.Numbers(shift)
        self.repos: list[Repo] = []
        self.nodes: dict[str, Node] = {}
        self._names: dict[str, Repo] = {}
        self._legacy: dict[str, str] = {}
        for account in self.accounts:
            self.register(account)

    def register(self, node: Node) -> Node:
        self.nodes[node["id"]] = node
        self._legacy[node["_legacy"]] = node["id"]
        return node

    def add(self, repo: Repo) -> None:
        self.repos.append(repo)
        self.register(repo.node)
        self._names[repo.full_name.lower()] = repo

    def find(self, owner: str, name: str) -> Repo | None:
        """By today's name or an earlier one that nobody took since; private ones do not exist."""
        repo = self._names.get(f"{owner}/{name}".lower())
        return None if repo is None or repo.is_private else repo

    def rename(self, repo: Repo, name: str) -> None:
        """The old name leads to it from now on."""
        repo.node["name"] = name
        self._names[repo.full_name.lower()] = repo

    def node(self, node_id: str) -> Node | None:
        """The object of an id in either format, unless it is gone or hidden."""
        node = self.nodes.get(self._legacy.get(node_id, node_id))
        if node is None or "_gone" in node or "_coming" in node:
            return None
        repo: Repo | None = node.get("_repo")
        return None if repo and repo.is_private else node

    def make(self, typename: str, repo: Repo | None = None, **fields: Any) -> Node:
        """A new object with its ids."""
        number = self.numbers.next(typename)
        node = {
            "__typename": typename,
            "id": ids.node_id(typename, number, repo.id if repo else None),
            "_legacy": ids.legacy_id(typename, number),
            "_number": number,
            "databaseId": number if number <= ids.LARGEST_INT else None,
            "fullDatabaseId": str(number),
            "_repo": repo,
            **fields,
        }
        return self.register(node)

    def remove(self, node: Node) -> None:
        """An object goes, with everything below it."""
        node["_gone"] = True
        for child in children(node):
            self.remove(child)


def children(node: Node) -> Iterator[Node]:
    """Objects that go with this one. A review's comments belong to their threads."""
    for name in ("_comments", "_reviews", "_threads", "_events", "_replies"):
        yield from (
            () if name == "_comments" and node["__typename"] == "PullRequestReview" else node.get(name, ())
        )
