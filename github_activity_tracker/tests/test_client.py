"""What the client asks for and hands on: long lists, outlines, the people of commits."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from core.twins import World
from github_activity_tracker.client import Outline
from github_activity_tracker.parsing.leaves import leaves_of
from github_activity_tracker.parsing.outlines import parse_outline
from github_activity_tracker.sync.kinds import CHILDREN
from github_activity_tracker.tests.reading import Reading, reading
from github_activity_tracker.twin import GithubTwin, RepositorySpec

pytestmark = pytest.mark.django_db(transaction=True)
Apply = Callable[[dict[str, str]], None]
BUSY = RepositorySpec(
    "boostorg", "asio", issues=2, pull_requests=3, comments=130, inline_comments=70, commits=40
)
CALM = RepositorySpec("boostorg", "beast", issues=12, pull_requests=4, discussions=3, comments=2, commits=5)


def twin() -> GithubTwin:
    return GithubTwin.of(World(), repositories=[BUSY, CALM])


def children_of(read: Reading, owner: str, name: str) -> dict[str, set[str]]:
    """Item -> ids of all below it, as the items themselves tell."""
    client = read.client
    pages = [
        *client.items("issue", owner, name),
        *client.items("pull_request", owner, name),
        *client.items("discussion", owner, name),
    ]
    return {
        node["id"]: {
            str(payload["id"])
            for name, payloads in leaves_of(node).items()
            for payload in payloads
            if name in {kind.name for kind in CHILDREN}
        }
        for page in pages
        for node in page.nodes
    }


def test_outlines_tell_of_every_child_of_several_repositories_at_once(settings_from: Apply) -> None:
    with reading(twin(), settings_from) as read:
        asked = [
            Outline(owner, name, kind)
            for owner, name in (("boostorg", "asio"), ("boostorg", "beast"))
            for kind in ("issue", "pull_request", "discussion")
        ]
        pages = read.client.outlines(asked)

        assert [page.asked for page in pages] == asked
        assert [page.problem for page in pages] == [None] * 6
        assert [page.total for page in pages] == [2, 3, 0, 12, 4, 3]
        told = {outline.node_id: outline for page in pages for outline in map(parse_outline, page.nodes)}
        expected = children_of(read, "boostorg", "asio") | children_of(read, "boostorg", "beast")
        assert {name: {child.node_id for child in each.children} for name, each in told.items()} == expected
        assert all(each.counts for each in told.values())


def test_outlines_go_on_where_they_ended(settings_from: Apply) -> None:
    with reading(twin(), settings_from) as read:
        asked = [Outline("boostorg", "beast", "issue")] * 20  # five items of each
        (page, *_) = read.client.outlines(asked)
        names = [node["id"] for node in page.nodes]
        while page.more:
            (page,) = read.client.outlines([Outline("boostorg", "beast", "issue", page.cursor)])
            names += [node["id"] for node in page.nodes]

        issues = next(repo for repo in read.twin.hub.repos if repo.name == "beast").issues
        assert names == [node["id"] for node in issues]


def test_a_repository_that_is_gone_costs_only_its_own_outlines(settings_from: Apply) -> None:
    with reading(twin(), settings_from) as read:
        gone, here = read.client.outlines(
            [Outline("boostorg", "nothing", "issue"), Outline("boostorg", "beast", "issue")]
        )

        assert "NOT_FOUND" in str(gone.problem)
        assert (gone.nodes, gone.more) == ([], True)
        assert (len(here.nodes), here.problem) == (12, None)


def test_lists_of_hundreds_are_read_to_their_ends_in_few_requests(settings_from: Apply) -> None:
    with reading(twin(), settings_from) as read:
        (page,) = read.client.items("pull_request", "boostorg", "asio")

        assert page.problems == []
        for node in page.nodes:
            assert len(node["comments"]["nodes"]) == 130
            assert sum(len(thread["comments"]["nodes"]) for thread in node["reviewThreads"]["nodes"]) == 70
        # The page, and two rounds for what is longer than a first page of it.
        assert read.requests() <= 4


def test_since_the_beginning_of_time_is_never_sent(settings_from: Apply) -> None:
    with reading(twin(), settings_from) as read:
        (everything,) = read.client.items(
            "issue", "boostorg", "beast", since=datetime(1970, 1, 1, tzinfo=UTC)
        )
        newest = datetime.fromisoformat(everything.nodes[-1]["updatedAt"])
        (late,) = read.client.items("issue", "boostorg", "beast", since=newest)

        assert len(everything.nodes) == 12
        assert [node["id"] for node in late.nodes] == [everything.nodes[-1]["id"]]
        assert [asked.variables.get("since") for asked in read.asked] == [None, newest.isoformat()]


def test_the_people_of_commits_have_their_accounts(settings_from: Apply) -> None:
    with reading(twin(), settings_from) as read:
        repo = next(repo for repo in read.twin.hub.repos if repo.name == "asio")
        assert repo.git is not None
        commits: dict[str, Any] = {str(row["sha"]): row for row in repo.git.commits() if row["is_reachable"]}
        unknown = "f" * 40

        found = read.client.commit_accounts("boostorg", "asio", [*commits, unknown])

        assert found.keys() == {*commits, unknown}
        assert found[unknown] is None
        users = 0
        for sha, row in commits.items():
            people = found[sha]
            assert people is not None
            for person, email in (
                (people.author, row["author_email"]),
                (people.committer, row["committer_email"]),
            ):
                account = read.twin.hub.accounts.user_of(email)
                assert person is not None
                assert (person["user"] or {}).get("databaseId") == (account and account["databaseId"])
                users += account is not None
        assert users
        assert read.requests() == -(-len(found) // 100)
