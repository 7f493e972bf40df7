"""Rows that a complete collection of the world has in its tables.

Left out are columns that no collection can owe: `url`, which a rename changes behind everybody's back, what
is derived from other columns (`child_counts`, `details`), and the project's own times. The column `removed`
stands for `removed_at`.
"""

from collections.abc import Iterator
from typing import Any

from github_activity_tracker.twin import ids
from github_activity_tracker.twin.hub import Hub, Repo
from github_activity_tracker.twin.items import is_visible
from github_activity_tracker.twin.people import Node
from github_activity_tracker.twin.rows import ROWS, Row

APP = "github_activity_tracker"
UNTRACKED = frozenset({"MentionedEvent", "SubscribedEvent", "UnsubscribedEvent"})
"""Events that tell nothing but who gets mail."""
_KINDS = {"User": "user", "Bot": "bot", "Organization": "organization", "Mannequin": "mannequin"}
_PEOPLE = (
    "subject",
    "author",
    "actor",
    "mergedBy",
    "resolvedBy",
    "assignee",
    "requestedReviewer",
    "deletedCommentAuthor",
)
_TABLES = ("Account", "Commit", "CommitFile", "GitRef", *dict.fromkeys(model for model, _ in ROWS.values()))


def truth(hub: Hub, viewer: Node) -> dict[str, list[Row]]:
    """Model label -> rows, as the token's user sees the world."""
    rows: dict[str, list[Row]] = {f"{APP}.{name}": [] for name in _TABLES}
    repos = [repo for repo in hub.repos if not (repo.is_target or repo.is_private or repo.is_blocked)]
    shown = [node for node in hub.nodes.values() if _is_shown(node, repos, viewer)]
    for node in shown:
        model, row_of = ROWS[_type(node)]
        rows[f"{APP}.{model}"].append(row_of(node))
    for repo in repos:
        for model, row in _of_git(repo):
            rows[f"{APP}.{model}"].append(row)
    people = {each["databaseId"]: each for each in _people(hub, shown, repos)}
    rows[f"{APP}.Account"] = [_account(each) for each in people.values()]
    return rows


def _type(node: Node) -> str:
    typename: str = node["__typename"]
    return "Event" if typename.endswith("Event") else typename


def _is_shown(node: Node, repos: list[Repo], viewer: Node) -> bool:
    typename = node["__typename"]
    if (
        _type(node) not in ROWS
        or typename in UNTRACKED
        or "_coming" in node
        or not any(node["_repo"] is repo for repo in repos)
    ):
        return False
    if typename == "PullRequestReview":
        return is_visible(node, viewer)
    return not (typename == "Release" and node["isDraft"])


def _people(hub: Hub, shown: list[Node], repos: list[Repo]) -> Iterator[Node]:
    """Everyone whom a collection meets."""
    for node in shown:
        for name in _PEOPLE:
            account = node.get(name)
            if account is not None and account["__typename"] in _KINDS:
                yield account
            elif name == "author" and name in node and account is None:
                yield hub.accounts.ghost
        yield from node.get("_assignees", ())
    for repo in repos:
        for email in _addresses(repo):
            if account := hub.accounts.user_of(email):
                yield account


def _addresses(repo: Repo) -> Iterator[str]:
    """Of authors, committers and co-authors."""
    for row in repo.git.commits() if repo.git else ():
        yield from (str(row["author_email"]), str(row["committer_email"]))
        trailers: Any = row["trailers"]
        for key, value in trailers:
            if key.lower() == "co-authored-by":
                yield value.partition("<")[2].rstrip("> ")


def _account(node: Node) -> Row:
    number = node["databaseId"]
    kind = "ghost" if number == ids.GHOST else _KINDS[node["__typename"]]
    return {"github_id": number, "kind": kind, "login": node["login"]}


def _of_git(repo: Repo) -> Iterator[tuple[str, Row]]:
    """Rows by the natural keys of their tables, which hold the repository's."""
    if repo.git is None:
        return
    for row in repo.git.commits():
        yield "Commit", {"repository__github_id": repo.id, **row}
    for row in repo.git.files():
        yield "CommitFile", {"commit__repository__github_id": repo.id, **row}
    for row in repo.git.refs():
        yield "GitRef", {"repository__github_id": repo.id, **row}
