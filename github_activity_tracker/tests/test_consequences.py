"""What fails for one reason is told once and ends with that reason's exit code."""

import resource
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from core.twins import TwinRequest, TwinResponse, World
from github_activity_tracker.models import Commit, Issue
from github_activity_tracker.tests.stage import BOOST, BOOSTORG, Stage, last_run, refuse
from github_activity_tracker.twin import BoostorgTwin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]


@pytest.fixture
def boost(stage_of: Callable[..., Stage]) -> Stage:
    return stage_of(BoostorgTwin.of(World(), repositories=BOOSTORG), BOOST)


def failures() -> list[tuple[str, str]]:
    return [(error["item"], error["category"]) for error in last_run().errors]


@contextmanager
def no_file_longer_than(size: int) -> Generator[None]:
    """Writing more fails as on a full disk, and harms nobody."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_export_that_finds_no_room_is_the_only_failure(boost: Stage) -> None:
    boost.repo("asio").issues[0]["body"] = "x" * 200_000
    assert boost.run("--skip-markdown-export", "--skip-remote-push") == 0
    with no_file_longer_than(100_000):
        assert boost.run("--skip-github-sync") == 70
    assert failures() == [("markdown export", "resource")]
    assert not boost.published()

    assert boost.run("--skip-github-sync") == 0
    assert len(boost.published()) == Issue.objects.count()


def test_a_token_that_git_alone_refuses_ends_with_77_and_reads_all_that_is_not_git(boost: Stage) -> None:
    boost.twin.git.readers.discard(boost.twin.reader.value)
    without_credentials: list[str] = []

    def listen(request: TwinRequest) -> TwinResponse | None:
        if request.path.startswith("/api/") and not request.headers.get("authorization"):
            without_credentials.append(request.path)
        return None

    refuse(boost, listen)
    assert boost.run("--repo", "asio", "--repo", "json", "--skip-remote-push") == 77

    assert without_credentials == []
    assert failures() == [("boostorg/asio commits", "auth"), ("boostorg/json commits", "auth")]
    assert Issue.objects.count() == 13
    assert not Commit.objects.exists()
    boost.twin.git.readers.add(boost.twin.reader.value)
    assert boost.run() == 0


def test_a_token_that_nobody_takes_ends_with_77(boost: Stage) -> None:
    boost.twin.take(boost.twin.reader)
    assert boost.run() == 77
    assert {category for _, category in failures()} == {"auth"}
