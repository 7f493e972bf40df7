"""Repositories that GitHub does not know, does not answer, or answers wrongly: each stops only itself."""

import datetime as dt
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from core.models import Checkpoint
from core.twins import TwinRequest, TwinResponse, World
from github_activity_tracker.models import Repository
from github_activity_tracker.tests.stage import BOOST, BOOSTORG, Stage, errors, last_run, refuse
from github_activity_tracker.twin import BoostorgTwin, RepositorySpec

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]

GRAPHQL = "/api/graphql"
SUPERPROJECT, *LIBRARIES = BOOSTORG


@pytest.fixture
def boost(stage_of: Callable[..., Stage]) -> Stage:
    """Boost, whose .gitmodules names a repository that GitHub does not know."""
    superproject = replace(SUPERPROJECT, submodules=[*SUPERPROJECT.submodules, "gone"])
    return stage_of(BoostorgTwin.of(World(), repositories=[superproject, *LIBRARIES]), BOOST)


def asked_for(stage: Stage) -> list[str]:
    """The names of repositories that GitHub is asked for from now on."""
    seen: list[str] = []
    answer = stage.twin.answer

    def listening(request: TwinRequest) -> TwinResponse:
        response = answer(request)
        if request.path == GRAPHQL:
            variables = json.loads(request.body)["variables"]
            seen.extend(value for key, value in variables.items() if key.startswith("name"))
        return response

    stage.twin.answer = listening
    return seen


def shown() -> str:
    out = io.StringIO()
    call_command("collectors", stdout=out)
    return out.getvalue()


def test_a_name_that_github_does_not_know_is_told_once_and_listed(boost: Stage) -> None:
    assert boost.run() == 64
    assert last_run().status == "partial"
    assert "boostorg/gone" in errors()
    assert set(Repository.objects.values_list("name", flat=True)) == {"boost", "asio", "beast", "json"}

    assert boost.run() == 0
    assert last_run().status == "ok"
    assert "boostorg/gone: unavailable" in shown()
    assert "complete as of" in shown()


def test_a_name_that_github_does_not_know_is_asked_for_again_after_a_week(boost: Stage) -> None:
    assert boost.run() == 64
    asked = asked_for(boost)
    assert boost.run() == 0
    assert "gone" not in asked
    week_ago = (timezone.now() - dt.timedelta(days=7)).date().isoformat()
    Checkpoint.objects.filter(stream__startswith="unknown ").update(token=week_ago)

    assert boost.run() == 0
    assert "gone" in asked
    asked.clear()
    assert boost.run() == 0
    assert "gone" not in asked


def test_a_name_that_github_comes_to_know_is_collected_and_listed_no_more(boost: Stage) -> None:
    assert boost.run() == 64
    boost.twin.add(RepositorySpec("boostorg", "gone", 2, 0, commits=3))
    assert boost.run("--full") == 0
    assert Repository.objects.filter(name="gone", unavailable="").exists()
    assert "unavailable" not in shown()
    asked = asked_for(boost)
    assert boost.run() == 0
    assert "gone" in asked


def test_a_name_that_is_asked_for_on_the_command_line_is_refused_each_time(boost: Stage) -> None:
    for _ in range(2):
        assert boost.run("--repo", "gone") == 64
        assert "boostorg/gone" in errors()


def test_a_quota_that_is_used_up_decides_the_exit_code_beside_an_unknown_name(boost: Stage) -> None:
    exhausted = json.dumps({"message": "API rate limit exceeded"}).encode()
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "3000"}
    asked = asked_for(boost)

    def used_up(request: TwinRequest) -> TwinResponse | None:
        is_over = request.path == GRAPHQL and "gone" in asked
        return TwinResponse(403, exhausted, headers) if is_over else None

    refuse(boost, used_up)
    assert boost.run() == 75
    assert {error["category"] for error in last_run().errors} == {"not_found", "rate_limit"}


# What GitHub's probe gets wrong


def spoil_probe(stage: Stage, spoil: Callable[[dict[str, Any], str], None], name: str) -> None:
    """From now on, the answer about the repository `name` is changed: `spoil` gets the data and its alias."""
    answer = stage.twin.answer

    def spoiled(request: TwinRequest) -> TwinResponse:
        response = answer(request)
        if request.path == GRAPHQL and isinstance(response.body, bytes):
            variables = json.loads(request.body)["variables"]
            said = json.loads(response.body)
            for key, value in variables.items():
                alias = f"repository{key.removeprefix('name')}"
                if key.startswith("name") and value == name and alias in (said.get("data") or {}):
                    spoil(said["data"], alias)
            response.body = json.dumps(said).encode()
        return response

    stage.twin.answer = spoiled


def without_a_date(data: dict[str, Any], alias: str) -> None:
    data[alias]["createdAt"] = None


def left_out(data: dict[str, Any], alias: str) -> None:
    del data[alias]


def a_list(data: dict[str, Any], alias: str) -> None:
    data[alias] = ["x"]


def with_a_text_for_a_page(data: dict[str, Any], alias: str) -> None:
    if "languages" in data[alias]:  # the probe; what follows asks for other fields
        data[alias]["languages"]["pageInfo"] = "more"


def with_a_text_for_issues(data: dict[str, Any], alias: str) -> None:
    data[alias]["issues"] = "many"


def without_an_end(data: dict[str, Any], alias: str) -> None:
    del data[alias]["__typename"]
    data[alias]["languages"]["pageInfo"] = {"hasNextPage": True}


SPOILT = [without_a_date, left_out, a_list, with_a_text_for_issues, without_an_end]


@pytest.fixture
def whole(stage_of: Callable[..., Stage]) -> Stage:
    """Boost, of which GitHub knows everything."""
    return stage_of(BoostorgTwin.of(World(), repositories=BOOSTORG), BOOST)


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_library_that_github_answers_wrongly_stops_only_itself(
    whole: Stage, spoil: Callable[[dict[str, Any], str], None]
) -> None:
    spoil_probe(whole, spoil, "asio")
    assert whole.run() == 69
    assert set(Repository.objects.values_list("name", flat=True)) == {"boost", "beast", "json"}
    assert [error["item"] for error in last_run().errors] == ["boostorg/asio"]


@pytest.mark.parametrize("name", ["asio", "boost"])
def test_a_list_of_a_repository_that_does_not_say_whether_it_goes_on_is_read_again(
    whole: Stage, name: str
) -> None:
    spoil_probe(whole, with_a_text_for_a_page, name)
    assert whole.run() == 0
    assert set(Repository.objects.values_list("name", flat=True)) == {"boost", "asio", "beast", "json"}


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_superproject_that_github_answers_wrongly_stops_no_library_that_its_mirror_names(
    whole: Stage, spoil: Callable[[dict[str, Any], str], None]
) -> None:
    assert whole.run() == 0
    whole.push("json")
    spoil_probe(whole, spoil, "boost")

    assert whole.run() == 69

    assert [error["item"] for error in last_run().errors] == ["boostorg/boost"]
    json_ = Repository.objects.get(name="json")
    heads = set(whole.repo("json").git.head_refs().values())
    assert heads <= set(json_.commits.values_list("sha", flat=True))


def test_a_superproject_that_was_never_mirrored_and_is_answered_wrongly_is_one_failure(whole: Stage) -> None:
    spoil_probe(whole, without_a_date, "boost")
    assert whole.run() == 69
    assert [error["item"] for error in last_run().errors] == ["boostorg/boost"]
