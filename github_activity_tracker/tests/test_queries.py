"""Everything that is sent is valid by GitHub's schema, within its limits, and costs what we say it costs."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, NoDeprecatedCustomRule, build_schema, parse, validate

from core.twins import World
from github_activity_tracker.client import Outline, commits, outlines, queries
from github_activity_tracker.client.queries import ITEM_TYPES
from github_activity_tracker.tests import published
from github_activity_tracker.tests.catalogue import QUERIES
from github_activity_tracker.tests.reading import reading
from github_activity_tracker.twin import GithubTwin
from github_activity_tracker.twin.costs import MOST_NODES, Cost

OURS = Path(__file__).parents[1] / "twin/schema.graphql"
THREADS = ("issue", "pull_request", "discussion")


@cache
def schema() -> GraphQLSchema:
    return build_schema(OURS.read_text(), assume_valid=True)


@pytest.mark.parametrize("name", QUERIES)
def test_what_is_sent_is_valid_by_the_published_schema(name: str) -> None:
    assert [error.message for error in validate(published.graphql_schema(), parse(QUERIES[name]))] == []


@pytest.mark.parametrize("name", QUERIES)
def test_nothing_that_is_asked_for_is_deprecated(name: str) -> None:
    assert [
        e.message
        for e in validate(published.graphql_schema(), parse(QUERIES[name]), [NoDeprecatedCustomRule])
    ] == []


@pytest.mark.django_db(transaction=True)
def test_what_a_query_costs_is_known_before_it_is_sent(
    settings_from: Callable[[dict[str, str]], None],
) -> None:
    with reading(GithubTwin(World(), size=40), settings_from, page_size=7) as read:
        read.collect("boostorg", "asio")
        read.sweep("boostorg", "asio")
        repo = next(repo for repo in read.twin.hub.repos if repo.name == "asio")
        assert repo.git is not None
        read.client.commit_accounts("boostorg", "asio", [repo.git.tip("master")] * 3)

        assert len({asked.query for asked in read.asked}) > 10
        for asked in read.asked:
            cost = Cost(schema(), parse(asked.query), dict(asked.variables))
            assert (asked.points, cost.troubles) == (cost.points, []), asked.query


def of(document: str, variables: dict[str, Any]) -> tuple[int, int]:
    """Points and nodes."""
    cost = Cost(schema(), parse(document), variables)
    assert cost.troubles == []
    return cost.points, cost.nodes


def test_the_largest_pages_stay_below_githubs_limit_of_nodes() -> None:
    costs = {kind: of(queries.page(kind), {"first": 100}) for kind in ITEM_TYPES}
    costs |= {f"{kind}s": of(queries.items_by_id(kind), {"ids": [""] * 100}) for kind in ITEM_TYPES}
    asked = [Outline("", "", kind) for kind in THREADS] * 33
    costs["outlines"] = of(outlines.document(asked), outlines.variables(asked, 1))
    costs["a list of outlines"] = of(outlines.document(asked[1:2]), outlines.variables(asked[1:2], 100))

    assert {name: nodes for name, (_, nodes) in costs.items() if nodes > MOST_NODES / 2} == {}


def test_what_a_day_costs_is_small() -> None:
    assert of(queries.repositories(100), {}) == (6, 100 * (20 + 50 + 4))
    assert of(queries.page("issue"), {"first": 50})[0] <= 2
    assert of(queries.page("pull_request"), {"first": 50})[0] <= 9
    assert of(queries.page("discussion"), {"first": 50})[0] <= 9
    assert of(commits.document(100), {})[0] == 1
