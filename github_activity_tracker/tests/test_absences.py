"""One wrong answer buries nothing; what is really gone is found all the same, by a run an hour later."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from django.db.models import F

from core.absences import FEW
from core.models import DoubtedAbsence
from core.twins import TwinRequest, TwinResponse, World
from github_activity_tracker.models import Comment, Issue, Release
from github_activity_tracker.tests.stage import BOOST, Stage, errors, last_run
from github_activity_tracker.tests.test_runs import wrong
from github_activity_tracker.twin import BoostorgTwin, GithubTwin, RepositorySpec

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]

SPECS = (
    RepositorySpec("boostorg", "boost", 1, 1, layout="superproject", submodules=["asio"], commits=4),
    RepositorySpec("boostorg", "asio", 14, 2, comments=4, inline_comments=1, releases=6, commits=4),
)
QUICK = ("--skip-markdown-export",)


def an_hour_passes() -> None:
    DoubtedAbsence.objects.update(first_missed_at=F("first_missed_at") - dt.timedelta(hours=1))


def emptied(twin: GithubTwin, name: str) -> Callable[[], None]:
    """All lists of this name are empty in GraphQL's answers, and count nothing; call the result to end it."""
    answer = twin.answer

    def empty(value: object) -> None:
        if isinstance(value, list):
            for each in cast("list[object]", value):
                empty(each)
        if isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            if isinstance(fields.get(name), Mapping):
                nothing = {
                    "totalCount": 0,
                    "nodes": [],
                    "pageInfo": {"hasNextPage": False, "endCursor": None},
                }
                fields[name] = {key: nothing[key] for key in fields[name] if key in nothing}
            for each in fields.values():
                empty(each)

    def altered(request: TwinRequest) -> TwinResponse:
        response = answer(request)
        if request.path.endswith("/graphql") and isinstance(response.body, bytes):
            told = json.loads(response.body)
            empty(told.get("data"))
            response.body = json.dumps(told).encode()
        return response

    def end() -> None:
        twin.answer = answer

    twin.answer = altered
    return end


@pytest.fixture
def stage(stage_of: Callable[..., Stage], tmp_path: Path) -> Stage:  # noqa: ARG001 - where its workspace is
    return stage_of(BoostorgTwin.of(World(), repositories=SPECS), BOOST)


def test_a_list_of_releases_that_is_empty_removes_none_that_is_there(stage: Stage) -> None:
    assert stage.run(*QUICK) == 0
    live = Release.objects.filter(removed_at__isnull=True)
    before = live.count()
    assert before == SPECS[1].releases
    end = emptied(stage.twin, "releases")
    assert stage.run(*QUICK) == 69
    assert f"lacks {before} that are there" in errors()
    assert live.count() == before
    end()
    assert stage.run(*QUICK) == 0
    assert wrong(stage.twin) == []


def test_issues_that_a_list_lacks_are_asked_for_before_they_are_called_gone(stage: Stage) -> None:
    assert stage.run(*QUICK) == 0
    live = Issue.objects.filter(removed_at__isnull=True)
    before = live.count()
    emptied(stage.twin, "issues")
    stage.run("--full", *QUICK)
    assert live.count() == before


def test_comments_that_are_suddenly_missing_stay_until_a_run_an_hour_later_misses_them_too(
    stage: Stage,
) -> None:
    assert stage.run(*QUICK) == 0
    live = Comment.objects.filter(removed_at__isnull=True)
    before = live.count()
    assert before > 4 * FEW
    end = emptied(stage.twin, "comments")
    assert stage.run("--full", *QUICK) == 65
    assert (last_run().status, last_run().failure_category) == ("partial", "partial")
    assert "stored comments" in errors()
    kept = live.count()
    assert before - kept <= FEW
    end()
    assert stage.run(*QUICK) == 0  # reads those threads again, though nothing in them has changed
    assert not DoubtedAbsence.objects.exists()
    assert live.count() >= kept
    assert stage.run("--full", *QUICK) == 0
    assert live.count() == before

    emptied(stage.twin, "comments")
    assert stage.run("--full", *QUICK) == 65
    assert stage.run(*QUICK) == 65  # too early
    assert before - live.count() <= 2 * FEW
    an_hour_passes()
    assert stage.run(*QUICK) == 0
    assert live.count() == 0
