"""The client's replies: items with what is below them, and what GitHub did not answer of them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from core.errors import CollectorError

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """An item, or something below one, that GitHub did not answer; asking again may help.

    `external_id` is the node id of the item, for something below it that has shown no id its place.
    `subject_id` is the item's node id, None where not even that could be had.
    """

    kind: str
    external_id: str
    subject_id: str | None
    message: str

    def body(self) -> bytes:
        """Return what quarantine keeps of it."""
        return json.dumps(asdict(self), sort_keys=True).encode()


@dataclass(frozen=True, slots=True)
class ItemReply:
    """The next items of a list with all that is below them.

    `cursor` is where the next reply starts and `total` how many items the repository has. What is wrong
    with an item or below it is in `problems`.
    """

    nodes: list[Node]
    problems: list[Problem]
    cursor: str | None
    more: bool
    total: int

    @property
    def complete(self) -> set[str]:
        """The ids of items of which everything was read: what is stored below them and not here is gone."""
        damaged = {problem.subject_id for problem in self.problems}
        return {node["id"] for node in self.nodes} - damaged


@dataclass(frozen=True, slots=True)
class Items:
    """Items asked for by id.

    `asked` leads from each id that was asked for to the item that GitHub has under it: for what was moved
    the new item, which has an id of its own. `gone` are the asked ids that GitHub says it has no longer;
    ids without any answer are in neither, but in `problems`.
    """

    asked: dict[str, Node]
    problems: list[Problem]
    gone: list[str]

    @property
    def nodes(self) -> list[Node]:
        """The items, each once, although it may have been asked for by its old and its new id."""
        return list({node["id"]: node for node in self.asked.values()}.values())

    @property
    def complete(self) -> set[str]:
        """The ids of the items of which everything was read, as of an ItemReply."""
        damaged = {problem.subject_id for problem in self.problems}
        return {node["id"] for node in self.nodes} - damaged


@dataclass(frozen=True, slots=True)
class Probed:
    """A repository as it was asked for and as it is; `problem` says why there is no `node`."""

    owner: str
    name: str
    node: Node | None
    problem: CollectorError | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """Where to go on outlining a repository's items of one kind: from the beginning without a cursor."""

    owner: str
    name: str
    kind: str
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class OutlineReply:
    """Outlines of the items that were created next, oldest first; `problem` says why there are none.

    `strange` are the ids of items among them whose outline GitHub did not give, or not whole: they are not
    in `nodes`, and only reading them tells what they are. Without the id, such an item is in neither.
    `cursor_refused`: the problem is the cursor, and the list can be had from its start.
    """

    asked: Outline
    nodes: list[Node]
    cursor: str | None
    more: bool
    total: int
    problem: str | None = None
    strange: list[str] = field(default_factory=list[str])
    cursor_refused: bool = False


@dataclass(frozen=True, slots=True)
class CommitAccounts:
    """The people of a commit as GitHub shows them: `{"name", "email", "user": account or None}` each.

    `authors` are the author and the co-authors.
    """

    author: Mapping[str, Any] | None
    committer: Mapping[str, Any] | None
    authors: list[Mapping[str, Any]]
