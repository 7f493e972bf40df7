"""The leaves of the examples, with their kinds."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.kinds import Kind
from github_activity_tracker.parsing.leaves import leaves_of
from github_activity_tracker.sync.kinds import ACCOUNT, CHILDREN, LISTED, REPOSITORY

EXAMPLES = Path(__file__).parent / "examples"
KINDS: dict[str, Kind[Any, Any]] = {kind.name: kind for kind in (ACCOUNT, *LISTED, *CHILDREN)}
Node = dict[str, Any]


def example(name: str) -> Node:
    return json.loads((EXAMPLES / f"{name}.json").read_text())


def leaves(node: Node) -> list[tuple[Kind[Any, Any], Mapping[str, Any]]]:
    """Each leaf of a node with its kind; a repository is one as it is."""
    if node.get("__typename") == "Repository":
        return [(REPOSITORY, node)]
    return [(KINDS[name], payload) for name, payloads in leaves_of(node).items() for payload in payloads]


def records(*names: str) -> dict[str, Any]:
    """Id -> record, of all leaves of some examples."""
    found = [leaf for name in names for leaf in leaves(example(name))]
    return {kind.name_of(payload): kind.parse(payload) for kind, payload in found}
