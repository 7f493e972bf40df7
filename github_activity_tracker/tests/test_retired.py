"""A repository whose name passed to another one: all below it goes with it, and comes back with it."""

from collections.abc import Callable

import pytest
from django.db import connection

from core.changes import mark
from core.registry import Document, GoneDocument
from core.twins import World
from github_activity_tracker.documents import GithubDocuments
from github_activity_tracker.models import Commit, Discussion, Issue, Release, Repository
from github_activity_tracker.tests.stage import BOOST, BOOSTORG, Stage
from github_activity_tracker.twin import BoostorgTwin, RepositorySpec

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]


@pytest.fixture
def boost(stage_of: Callable[..., Stage]) -> Stage:
    return stage_of(BoostorgTwin.of(World(), repositories=BOOSTORG), BOOST)


def documents(since: int | None = None) -> tuple[set[str], set[str]]:
    """Ids of the documents that there are, and of those that are gone."""
    found = list(GithubDocuments().documents(since=since))
    here = {each.doc_id for each in found if isinstance(each, Document)}
    return here, {each.doc_id for each in found if isinstance(each, GoneDocument)}


def counted() -> dict[str, int]:
    """Repository -> commits in the statistics."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT repository, sum(commits) FROM github_commit_statistics GROUP BY 1")
        return {name: int(number) for name, number in cursor.fetchall()}


def below(repository: int) -> set[str]:
    """Ids of the documents of a repository."""
    rows = [model.objects.filter(repository=repository) for model in (Issue, Discussion, Release)]
    return {f"github:{pk}" for each in rows for pk in each.values_list("pk", flat=True)}


def pass_on(boost: Stage) -> tuple[int, set[str]]:
    """Gives the name of a collected repository to a new one; the id of the former, and its documents."""
    assert boost.run() == 0
    former = boost.repo("asio").id
    boost.twin.rename(boost.repo("asio"), "asio-attic")
    boost.twin.add(RepositorySpec("boostorg", "asio", 1, 0, commits=3))
    return former, below(former)


def test_what_is_below_it_is_gone_for_search_and_statistics_and_the_export(boost: Stage) -> None:
    former, its_documents = pass_on(boost)
    assert its_documents <= documents()[0]
    its_commits = Commit.objects.filter(repository=former).count()
    before = counted()["boostorg/asio"]
    assert before
    began = mark()

    assert boost.run() == 0

    assert Repository.objects.get(pk=former).removed_at
    here, gone = documents(began)
    assert (here & its_documents, its_documents <= gone) == (set(), True)
    assert not documents()[0] & its_documents
    assert counted()["boostorg/asio"] == 3 < before
    assert len([path for path in boost.published() if path.startswith("boost.asio/")]) == 1
    # Nothing of it is lost.
    assert Commit.objects.filter(repository=former).count() == its_commits
    ended = mark()
    assert boost.run() == 0
    assert documents(ended) == (set(), set())


def test_what_is_below_it_comes_back_when_it_does(boost: Stage) -> None:
    former, its_documents = pass_on(boost)
    published = boost.published()
    before = counted()["boostorg/asio"]
    assert boost.run() == 0
    ended = mark()

    assert boost.run("--repo", "asio-attic") == 0

    assert not Repository.objects.get(pk=former).removed_at
    here, gone = documents(ended)
    assert (its_documents <= here, gone & its_documents) == (True, set())
    assert counted()["boostorg/asio-attic"] == before
    again = {path for path in boost.published() if path.startswith("boost.asio-attic/")}
    assert len(again) == len([path for path in published if path.startswith("boost.asio/")])
    ended = mark()
    assert boost.run() == 0
    assert documents(ended) == (set(), set())


def test_the_archive_retires_the_former_one_alone(boost: Stage) -> None:
    former, _ = pass_on(boost)
    assert boost.run() == 0
    here = documents()[0]
    for model in (Repository, Issue, Release, Commit):
        model.objects.all().delete()

    assert boost.run("--from-archive") == 0

    assert list(Repository.objects.filter(removed_at__isnull=False).values_list("pk", flat=True)) == [former]
    assert documents()[0] == here
