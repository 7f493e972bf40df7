"""The twin's world: the same from one seed, changed in known ways, with a truth that fits the tables."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest

from core.twins import Faults, Twin, TwinRequest, World
from core.twins.snapshot import MISSING, differences_from_truth
from github_activity_tracker.tests.twin_calls import calling
from github_activity_tracker.twin import BoostorgTwin, GithubTwin, LlvmTwin, RepositorySpec

APP = "github_activity_tracker"
SIZE = 60
TWINS = [BoostorgTwin, LlvmTwin]
DICE = Random(1)  # noqa: S311 - reproducible, not secret
Truth = Mapping[str, Sequence[Mapping[str, Any]]]


def ids(truth: Truth) -> set[tuple[str, str]]:
    return {(label, row["node_id"]) for label, rows in truth.items() for row in rows if "node_id" in row}


def removed(truth: Truth) -> set[tuple[str, str]]:
    return {
        (label, row["node_id"]) for label, rows in truth.items() for row in rows if row.get("removed") is True
    }


@pytest.mark.parametrize("kind", TWINS)
def test_one_seed_is_one_world_and_another_seed_another(kind: type[Twin]) -> None:
    assert kind(World(), size=SIZE).truth() == kind(World(), size=SIZE).truth()
    assert kind(World(), size=SIZE).truth() != kind(World(2), size=SIZE).truth()


@pytest.mark.parametrize("kind", TWINS)
def test_what_it_becomes_does_not_depend_on_when_drift_comes(kind: type[Twin]) -> None:
    calm, driven = (kind(World(), size=SIZE) for _ in range(2))
    for drifts in (3, 0, 9):
        for _ in range(drifts):
            driven.drift(DICE)
        calm.mutate()
        driven.mutate()
    for twin in (calm, driven):
        twin.settle()
    assert calm.truth() == driven.truth()


@pytest.mark.parametrize("kind", TWINS)
def test_drift_brings_items_and_settling_brings_the_rest(kind: type[Twin]) -> None:
    twin = kind(World(), size=SIZE)
    before = ids(twin.truth())
    twin.drift(DICE)
    between = ids(twin.truth())
    twin.settle()
    after = ids(twin.truth())
    assert before < between < after
    for _ in range(5):
        twin.drift(DICE)
    assert ids(twin.truth()) == after


@pytest.mark.parametrize("kind", TWINS)
def test_nothing_goes_that_no_run_could_have_seen(kind: type[Twin]) -> None:
    twin = kind(World(), size=SIZE)
    for _ in range(6):
        seen = ids(twin.truth())
        before = removed(twin.truth())
        twin.drift(DICE)
        twin.mutate()
        assert removed(twin.truth()) - before <= seen
        assert removed(twin.truth()) > before


@pytest.mark.django_db
@pytest.mark.parametrize("kind", TWINS)
def test_its_truth_has_the_columns_and_keys_of_the_tables(kind: type[Twin]) -> None:
    twin = kind(World(), size=SIZE)
    twin.mutate()
    twin.settle()
    truth = twin.truth()
    found = list(differences_from_truth(truth))
    assert {each.what for each in found} == {MISSING}
    assert Counter(each.table for each in found) == {label: len(rows) for label, rows in truth.items()}
    for label, rows in truth.items():
        assert len({tuple(row) for row in rows}) == 1, label


def test_a_change_of_the_world_has_all_that_a_collector_has_to_notice() -> None:
    twin = BoostorgTwin(World(), size=SIZE)
    before = by_id(twin.truth())
    twin.mutate()
    after = by_id(twin.truth())
    changed = {key: (before[key], row) for key, row in after.items() if key in before and before[key] != row}
    columns = Counter(name for old, new in changed.values() for name in new if old[name] != new[name])
    for expected in (
        "body",
        "labels",
        "state",
        "merged_at",
        "removed",
        "reactions",
        "is_resolved",
        "answer_id",
    ):
        assert columns[expected], expected
    silent = [new for old, new in changed.values() if old.get("updated_at") == new.get("updated_at")]
    assert any(row["removed"] for row in silent)
    assert any(not row["removed"] for row in silent)
    kinds = {row["kind"] for (label, _), row in after.items() if label.endswith("TimelineEvent")}
    assert {"TransferredEvent", "CommentDeletedEvent", "UnlabeledEvent", "MergedEvent"} <= kinds


def by_id(truth: Truth) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (label, row["node_id"]): row
        for label, rows in truth.items()
        for row in rows
        if "subject_id" in row or "number" in row
    }


def test_git_moves_repositories_are_renamed_and_people_take_other_logins() -> None:
    twin = BoostorgTwin(World(), size=SIZE)
    tables = [twin.truth()]
    for _ in range(2):
        twin.mutate()
        tables.append(twin.truth())
    first, second, last = tables
    commits = [{row["sha"]: row["is_reachable"] for row in truth[f"{APP}.Commit"]} for truth in tables]
    assert commits[0].keys() < commits[1].keys() < commits[2].keys()
    assert any(commits[0][sha] and not commits[1][sha] for sha in commits[0]) or any(
        not reachable for sha, reachable in commits[1].items() if sha not in commits[0]
    )
    assert {row["name"] for row in first[f"{APP}.GitRef"]} != {row["name"] for row in second[f"{APP}.GitRef"]}
    names = [{row["github_id"]: row["name"] for row in truth[f"{APP}.Repository"]} for truth in tables]
    assert sum(names[1][key] != names[2][key] for key in names[1]) == 1
    logins = [{row["github_id"]: row["login"] for row in truth[f"{APP}.Account"]} for truth in tables]
    assert sum(logins[0][key] != logins[1][key] for key in logins[0]) == 1
    assert len(last[f"{APP}.Release"]) > len(first[f"{APP}.Release"])


def test_a_number_comes_back_with_another_id() -> None:
    twin = BoostorgTwin(World(), size=SIZE)
    for _ in range(2):
        twin.mutate()
    rows = twin.truth()[f"{APP}.Issue"]
    numbers = Counter((row["repository_id"], row["number"]) for row in rows)
    again = [key for key, count in numbers.items() if count > 1]
    assert again
    for repository, number in again:
        removals = [
            row["removed"] for row in rows if (row["repository_id"], row["number"]) == (repository, number)
        ]
        assert sorted(removals) == [False, True]


def test_a_world_to_order_holds_exactly_what_was_ordered() -> None:
    spec = RepositorySpec(
        "boostorg", "asio", issues=20, pull_requests=30, comments=3, inline_comments=4, commits=100, files=5
    )
    truth = GithubTwin.of(World(), repositories=[spec]).truth()
    counts = Counter(row["kind"] for row in truth[f"{APP}.Issue"])
    assert counts == {"issue": 20, "pull_request": 30}
    assert len(truth[f"{APP}.Comment"]) == 50 * 3
    assert len(truth[f"{APP}.ReviewComment"]) == 30 * 4
    assert len(truth[f"{APP}.Commit"]) == 100


QUERY = """query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { databaseId
    issues(first: 100) { totalCount nodes { id title body comments(first: 1) { totalCount } } }
    pullRequests(first: 100) { totalCount nodes { reviewThreads(first: 1) { totalCount } } }
    discussions(first: 1) { totalCount } releases(first: 1) { totalCount } stargazerCount } }"""


@pytest.mark.parametrize("kind", TWINS)
def test_the_truth_is_what_the_api_answers(kind: type[GithubTwin]) -> None:
    twin = kind(World(), size=SIZE)
    twin.mutate()
    truth = twin.truth()
    with calling(twin) as calls:
        for repository in truth[f"{APP}.Repository"]:
            key = repository["github_id"]
            rows = {
                label: [row for row in table if row.get("repository_id") == key and not row["removed"]]
                for label, table in truth.items()
            }
            found = calls.ask(QUERY, owner=repository["owner"], name=repository["name"])["repository"]
            issues = {row["node_id"]: row for row in rows[f"{APP}.Issue"] if row["kind"] == "issue"}
            pulls = [row for row in rows[f"{APP}.Issue"] if row["kind"] == "pull_request"]
            assert found["issues"]["totalCount"] == len(issues)
            assert {each["id"]: each["title"] for each in found["issues"]["nodes"]} == {
                key: row["title"] for key, row in issues.items()
            }
            assert found["pullRequests"]["totalCount"] == len(pulls)
            assert sum(each["reviewThreads"]["totalCount"] for each in found["pullRequests"]["nodes"]) == len(
                rows[f"{APP}.ReviewThread"]
            )
            assert found["discussions"]["totalCount"] == len(rows[f"{APP}.Discussion"])
            assert found["releases"]["totalCount"] == len(rows[f"{APP}.Release"])
            assert found["stargazerCount"] == repository["stars"]


def test_a_malformed_item_is_one_of_those_that_were_asked_for() -> None:
    twin = LlvmTwin(World(), size=SIZE, faults=Faults.none())
    asked = '{ repository(owner: "llvm", name: "llvm-project") { issues(first: 9) { nodes { id FIELDS } } } }'
    plain, dated = (
        TwinRequest(
            "POST",
            "/api/graphql",
            {},
            {"authorization": f"bearer {twin.reader.value}"},
            json.dumps({"query": asked.replace("FIELDS", fields)}).encode(),
            "/api/graphql",
        )
        for fields in ("number", "body createdAt")
    )
    response = twin.answer(plain)
    before = response.body
    assert twin.spoil(plain, response, DICE).body is before
    response = twin.answer(dated)
    assert isinstance(response.body, bytes)
    good = json.loads(response.body)["data"]["repository"]["issues"]["nodes"]
    spoiled = twin.spoil(dated, response, DICE).body
    assert isinstance(spoiled, bytes)
    bad = json.loads(spoiled)["data"]["repository"]["issues"]["nodes"]
    assert sum(one != other for one, other in zip(good, bad, strict=True)) == 1


def test_the_odd_cases_are_in_it() -> None:
    truth = BoostorgTwin(World(), size=SIZE).truth()
    rows = {label.removeprefix(f"{APP}."): table for label, table in truth.items()}
    ghosts = [row for row in rows["Issue"] if row["author_id"] == 10137]
    assert ghosts
    assert any(row["actor_id"] is None for row in rows["TimelineEvent"])
    assert {row["kind"] for row in rows["Account"]} == {"user", "bot", "organization", "mannequin", "ghost"}
    assert {row["state"] for row in rows["Review"]} >= {"PENDING", "APPROVED", "COMMENTED"}
    below = Counter(row["subject_id"] for row in rows["Comment"])
    assert max(below.values()) > 100
    assert max(Counter(row["thread_id"] for row in rows["ReviewComment"]).values()) > 100
    assert max(Counter(row["subject_id"] for row in rows["TimelineEvent"]).values()) > 100
    assert any(row["head_repository"] is None for row in rows["Issue"] if row["kind"] == "pull_request")
    assert any("release-managers" in row["requested_reviewers"] for row in rows["Issue"])
    assert any(row["github_id"] > 2**31 for row in rows["Comment"])
    assert any(row["is_empty"] for row in rows["Repository"])
    assert {row["minimized_reason"] for row in rows["Comment"]} >= {"spam", "off-topic"}
