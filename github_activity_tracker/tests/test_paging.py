"""Lists of GitHub that do not say whether they go on: an error or a problem of the item, never their end."""

from collections.abc import Callable, Generator, Mapping
from typing import Any, cast

import pytest

from core.conf import AppSettings
from core.errors import SourceError
from core.metering import Meter
from core.operations.github_ops import GitHub, GraphqlAnswer, GraphqlClient
from core.twins import World, serve
from github_activity_tracker.client import GithubActivityClient, Outline
from github_activity_tracker.twin import GithubTwin, RepositorySpec

pytestmark = pytest.mark.django_db(transaction=True)
Apply = Callable[[dict[str, str]], None]
BEAST = "boostorg", "beast"
CALM = RepositorySpec("boostorg", "beast", issues=3, comments=2, commits=1)
GARBAGE: list[object] = [
    None,
    [],
    {},
    {"hasNextPage": "no", "endCursor": None},
    {"hasNextPage": True, "endCursor": 7},
]


class Spoiling(GraphqlClient):
    """Sends through another client, and spoils the `pageInfo` of lists of a name, as often as `times`."""

    def __init__(self, inner: GraphqlClient, name: str, info: object, times: int) -> None:
        self.inner, self.name, self.info, self.times = inner, name, info, times

    def execute(self, query: str, variables: Mapping[str, Any], *, points: int = 1) -> GraphqlAnswer:
        answer = self.inner.execute(query, variables, points=points)
        if self.times:
            self.times -= 1
            self._spoil(answer.data)
        return answer

    def _spoil(self, place: object) -> None:
        if isinstance(place, dict):
            fields = cast("dict[str, Any]", place)
            for name, value in fields.items():
                if name == self.name and isinstance(value, dict):
                    cast("dict[str, Any]", value)["pageInfo"] = self.info
                self._spoil(value)
        elif isinstance(place, list):
            for each in cast("list[object]", place):
                self._spoil(each)


@pytest.fixture
def graphql(settings_from: Apply) -> Generator[GraphqlClient]:
    """A client of a served twin."""
    with serve([GithubTwin.of(World(), repositories=[CALM])]) as served:
        settings_from(served.environment())
        AppSettings.forget()
        with GitHub(meter=Meter()) as github:
            yield github.graphql


@pytest.mark.parametrize("info", GARBAGE, ids=str)
def test_a_list_of_items_that_does_not_say_so_is_an_error(info: object, graphql: GraphqlClient) -> None:
    client = GithubActivityClient(Spoiling(graphql, "issues", info, times=10))
    with pytest.raises(SourceError, match="does not say"):
        list(client.issues(*BEAST))
    (outline,) = client.outlines([Outline(*BEAST, "issue")])

    assert "does not say" in str(outline.problem)
    assert outline.nodes == []


@pytest.mark.parametrize("info", GARBAGE, ids=str)
def test_a_list_below_an_item_is_read_again_and_then_the_item_is_named(
    info: object, graphql: GraphqlClient
) -> None:
    (whole,) = GithubActivityClient(graphql).issues(*BEAST)
    (once,) = GithubActivityClient(Spoiling(graphql, "comments", info, times=1)).issues(*BEAST)
    (always,) = GithubActivityClient(Spoiling(graphql, "comments", info, times=99)).issues(*BEAST)

    assert whole.problems == once.problems == []
    comments = [node["comments"]["nodes"] for node in whole.nodes]
    assert any(comments)
    assert [node["comments"]["nodes"] for node in once.nodes] == comments
    assert {problem.subject_id for problem in always.problems} == {node["id"] for node in whole.nodes}
