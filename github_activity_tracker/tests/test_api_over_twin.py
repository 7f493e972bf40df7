"""GitHub's API layer against the twin, which knows GitHub's rules from its documentation."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

from core.errors import NotFound, RateLimited
from core.http.validators import StoredValidators
from core.metering import Meter
from core.open_pages import open_page
from core.operations.github_ops import AdaptivePage, EmptyRepository, GitHub, GraphqlAnswer, Unavailable, Use
from core.tests.github_source import github_at
from core.twins import TwinClock, TwinRequest, TwinResponse, World, serve
from github_activity_tracker.twin.hub import RepositorySpec
from github_activity_tracker.twin.twins import GithubTwin

pytestmark = pytest.mark.django_db(transaction=True)

ASIO = RepositorySpec("boostorg", "asio", issues=30, pull_requests=5, commits=3)
ISSUES = """
query($first: Int!) {
  rateLimit { cost }
  repository(owner: "boostorg", name: "asio") { issues(first: $first) { nodes { number title } } }
}
"""


class Refusing:
    """Notes which answers of the twin were refusals."""

    def __init__(self, twin: GithubTwin) -> None:
        self.statuses: list[int] = []
        answer = twin.answer

        def noting(request: TwinRequest) -> TwinResponse:
            response = answer(request)
            limited = response.status in {403, 429} or (
                isinstance(response.body, bytes) and b"RATE_LIMITED" in response.body
            )
            self.statuses.append(403 if limited else response.status)
            return response

        twin.answer = noting

    @property
    def count(self) -> int:
        return self.statuses.count(403)


@contextmanager
def running(
    change: Callable[[GithubTwin], Mapping[str, str]] = lambda _: {}, **options: Any
) -> Generator[GithubTwin]:
    """A twin with boostorg/asio, and settings that lead there; `change` may add some."""
    repositories = options.pop("repositories", [ASIO])
    twin = GithubTwin.of(World(seed=1), repositories=repositories, **options)
    with serve([twin]) as served:
        values = served.environment() | dict(change(twin))
        url = values.pop("GITHUB_API_BASE_URL")
        with github_at(url, **{name.lower(): value for name, value in values.items()}):
            yield twin


def issues(github: GitHub, first: int = 5) -> GraphqlAnswer:
    return github.graphql.execute(ISSUES, {"first": first})


def read_by(*accounts: int) -> Callable[[GithubTwin], Mapping[str, str]]:
    """Tokens for reading, each of one of the twin's users."""

    def tokens(twin: GithubTwin) -> Mapping[str, str]:
        users = twin.hub.accounts.users
        made = [
            twin.personal_token(f"number {number}", users[account]) for number, account in enumerate(accounts)
        ]
        return {"GITHUB_TOKENS_SCRAPING": ",".join(token.value for token in made)}

    return tokens


def test_a_query_costs_what_the_twin_says() -> None:
    with running(), GitHub(meter=Meter()) as github:
        answered = issues(github)

    assert len(answered.data["repository"]["issues"]["nodes"]) == 5
    assert answered.cost == 1


def test_users_are_used_up_evenly_and_to_the_end_without_hitting_a_limit() -> None:
    with (
        running(read_by(2, 3, 3), limits={"graphql": 12}) as twin,
        GitHub(meter=Meter(), max_wait=1) as github,
    ):
        refused = Refusing(twin)
        for _ in range(24):
            issues(github)
        with pytest.raises(RateLimited):
            issues(github)

    assert refused.statuses.count(200) == 24 + 3  # who the three tokens belong to is asked once
    assert refused.count == 0


def test_an_app_reads_and_its_token_is_renewed_when_it_has_expired() -> None:
    clock = TwinClock(multiple=3_600)  # its hour is over after a second
    with running(GithubTwin.app_environment, clock=clock) as twin, GitHub(meter=Meter()) as github:
        issues(github)
        time.sleep(1.1)
        issues(github)

        assert twin.app.issued > 1


def test_pages_shrink_to_what_can_be_answered() -> None:
    page = AdaptivePage("boostorg/asio issues", maximum=30)
    with running(capacity=12), GitHub(meter=Meter()) as github:
        answered = github.graphql.with_page_size(page, lambda size: issues(github, size))

    assert page.size == len(answered.data["repository"]["issues"]["nodes"]) < 12


def test_the_odd_repositories_are_told_apart() -> None:
    repositories = [
        RepositorySpec("boostorg", "empty", commits=0),
        RepositorySpec("boostorg", "blocked", blocked=True, commits=1),
        RepositorySpec("boostorg", "hidden", private=True, commits=1),
        ASIO,
    ]
    with running(repositories=repositories) as twin, GitHub(meter=Meter()) as github:
        for path, error in (
            ("empty/commits", EmptyRepository),
            ("blocked", Unavailable),
            ("hidden", NotFound),
            ("nothing", NotFound),
        ):
            with pytest.raises(error):
                github.rest.get(f"repos/boostorg/{path}")
        repo = next(each for each in twin.hub.repos if each.name == "asio")
        twin.rename(repo, "asio-new")
        assert github.rest.get("repos/boostorg/asio").json()["name"] == "asio-new"


def test_all_pages_come_and_what_has_not_changed_is_free() -> None:
    validators = StoredValidators()
    with running() as twin, GitHub(meter=Meter()) as github:
        pages = list(github.rest.pages("repos/boostorg/asio/issues", {"per_page": 10, "state": "all"}))
        assert [len(page.json()) for page in pages] == [10, 10, 10, 5]
        first = github.rest.get("repos/boostorg/asio", validators=validators)
        with transaction.atomic(), open_page():
            validators.save(first)
        used = twin.limits.bucket(twin.reader.budget, "core").used

        assert github.rest.get("repos/boostorg/asio", validators=validators).not_modified
        assert twin.limits.bucket(twin.reader.budget, "core").used == used


def test_pygithub_searches_and_writes() -> None:
    with running() as twin, GitHub(meter=Meter()) as github:
        target = github.sdk(Use.WRITE).get_repo(twin.target.full_name)
        written = target.create_file("notes/a b.md", "Add a note", "text\n")
        found = list(github.sdk().search_issues("repo:boostorg/asio is:issue"))
        issue = github.sdk(Use.WRITE).get_repo("boostorg/asio").create_issue("A title", "A body")
        comment = issue.create_comment("A comment")

    assert getattr(written["content"], "path", None) == "notes/a b.md"
    assert len(found) == 30
    assert comment.body == "A comment"
