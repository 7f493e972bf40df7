"""The accounts that GitHub knows for the people named in commits."""

from collections.abc import Collection, Sequence
from typing import cast

from core.operations.github_ops import GraphqlAnswer
from github_activity_tracker.client import holes
from github_activity_tracker.client import selections as select
from github_activity_tracker.client.connections import Connection, points
from github_activity_tracker.client.replies import CommitAccounts, Node

# Commits that one request looks up.
MOST_COMMITS = 100

_PERSON = "name email user { ...Account }"
AUTHORS = Connection("authors", _PERSON, first=100)


def document(count: int) -> str:
    """Return the query for so many commits; variables owner, name, and oid<n> for each."""
    declared = ", ".join(f"$oid{n}: GitObjectID!" for n in range(count))
    commits = " ".join(f"commit{n}: object(oid: $oid{n}) {{ ...People }}" for n in range(count))
    people = f"author {{ {_PERSON} }} committer {{ {_PERSON} }} {AUTHORS.text()}"
    return select.document(
        f"query($owner: String!, $name: String!, {declared})"
        f" {{ repository(owner: $owner, name: $name) {{ id {commits} }} }}"
        f" fragment People on Commit {{ __typename id oid {people} }}"
    )


def cost(count: int) -> int:
    """Return the points that so many commits cost."""
    return points(count * AUTHORS.requests())


def variables(owner: str, name: str, shas: Sequence[str]) -> dict[str, str]:
    """Return the variables of `document`."""
    return {"owner": owner, "name": name} | {f"oid{number}": sha for number, sha in enumerate(shas)}


def people_in(
    answer: GraphqlAnswer, shas: Sequence[str], repository: str, damaged: Collection[str | None] = ()
) -> dict[str, CommitAccounts | None]:
    """Return the people of each commit by its hash, None where GitHub has no such commit.

    Raises what GitHub says when it has no such repository. A commit that it failed to answer is left
    out, as are those with the node ids `damaged`.
    """
    commits = cast("Node | None", answer.data.get("repository"))
    if commits is None:
        raise holes.refusal(answer.errors, repository)
    people: dict[str, CommitAccounts | None] = {}
    for number, sha in enumerate(shas):
        errors = holes.below(answer.errors, ("repository", f"commit{number}"))
        if f"commit{number}" in commits and not holes.wrong_in_itself(errors, ()):
            commit = commits.get(f"commit{number}")
            if not commit or commit.get("id") not in damaged:
                people[sha] = _people(commit) if commit and "author" in commit else None
    return people


def nodes_in(answer: GraphqlAnswer) -> list[Node]:
    """Return the commits of an answer, whose authors may have to be read on."""
    commits = cast("Node", answer.data.get("repository") or {}).values()
    return [commit for commit in commits if isinstance(commit, dict) and "authors" in commit]


def _people(commit: Node) -> CommitAccounts:
    nodes = cast("list[Node | None]", commit["authors"]["nodes"] or [])
    return CommitAccounts(commit["author"], commit["committer"], [node for node in nodes if node])
