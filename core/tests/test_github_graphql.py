import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from core.errors import (
    CollectorError,
    NetworkError,
    NotFound,
    RateLimited,
    SourceError,
    SourceTimeout,
    classify_failure,
)
from core.metering import Meter
from core.operations.github_ops import AdaptivePage, CursorRefused, GraphqlAnswer, GraphqlClient, TooMuchAsked
from core.tests.loopback import Request, Source, Time, client, serving

TIMED_OUT = "Something went wrong while executing your query. This may be the result of a timeout"


def saying(
    request: Request, data: object, errors: Sequence[Mapping[str, Any]] = (), status: int = 200
) -> None:
    request.reply(status, json.dumps({"data": data, **({"errors": list(errors)} if errors else {})}).encode())


@contextmanager
def graphql(
    answer: Callable[[Request], None], *, meter: Meter | None = None, time: Time | None = None
) -> Generator[tuple[GraphqlClient, Source]]:
    with serving(answer) as source:
        http = client(source.url, meter=meter, time=time, read_timeout=0.3)
        yield GraphqlClient(f"{source.url}/graphql", http), source


def test_a_query_is_posted_with_its_variables_and_its_cost_is_read() -> None:
    sent: list[dict[str, Any]] = []

    def answer(request: Request) -> None:
        sent.append(json.loads(request.content))
        saying(request, {"viewer": {"login": "ann"}, "rateLimit": {"cost": 3}})

    meter = Meter()
    with graphql(answer, meter=meter) as (api, source):
        answered = api.execute("query($n: Int!) { viewer { login } }", {"n": 1})

    assert sent == [{"query": "query($n: Int!) { viewer { login } }", "variables": {"n": 1}}]
    assert answered == GraphqlAnswer({"viewer": {"login": "ann"}, "rateLimit": {"cost": 3}}, (), 3)
    assert source.paths == ["/graphql"]
    assert meter.snapshot().requests == 1


def test_a_missing_node_is_told_beside_the_others() -> None:
    error = {"type": "NOT_FOUND", "path": ["b"], "message": "Could not resolve to a Repository"}
    with graphql(lambda request: saying(request, {"a": {"id": 1}, "b": None}, [error])) as (api, _):
        answered = api.execute("query", {})

    assert answered.data == {"a": {"id": 1}, "b": None}
    assert [(error.type, error.path) for error in answered.errors] == [("NOT_FOUND", ("b",))]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("NOT_FOUND", NotFound),
        ("", SourceError),
        ("undefinedField", SourceError),
        ("INVALID_CURSOR_ARGUMENTS", CursorRefused),
    ],
)
def test_an_answer_without_any_data_raises(kind: str, expected: type[Exception]) -> None:
    error = {"type": kind, "message": "no such field"}
    with (
        graphql(lambda request: saying(request, None, [error])) as (api, source),
        pytest.raises(expected, match="no such field"),
    ):
        api.execute("query", {})

    assert len(source.asked) == 1


def test_a_rate_limit_that_is_told_with_status_200_is_waited_for() -> None:
    time = Time()
    limits = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "40"}

    def answer(request: Request) -> None:
        if request.number == 1:
            body = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
            return request.reply(200, json.dumps(body).encode(), headers=limits)
        return saying(request, {"ok": 1})

    with graphql(answer, time=time) as (api, _):
        assert api.execute("query", {}).data == {"ok": 1}

    assert time.slept == 40


def test_a_rate_limit_that_lasts_longer_than_the_run_may_wait_is_raised() -> None:
    body = json.dumps({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}).encode()
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "3000"}
    with (
        graphql(lambda request: request.reply(200, body, headers=headers)) as (api, _),
        pytest.raises(RateLimited) as raised,
    ):
        api.execute("query", {})

    assert raised.value.retry_after == 3000


def too_slow_above(size: int, refuse: Callable[[Request], None]) -> Callable[[Request], None]:
    def answer(request: Request) -> None:
        asked = json.loads(request.content)["variables"]["first"]
        refuse(request) if asked > size else saying(request, {"size": asked})

    return answer


def paged(api: GraphqlClient, page: AdaptivePage) -> int:
    return api.with_page_size(page, lambda size: api.execute("query", {"first": size})).data["size"]


def silent(request: Request) -> None:
    request.connection.settimeout(5)
    assert request.connection.recv(1) == b""  # until the client gives up


def bad_gateway(request: Request) -> None:
    request.reply(502, b"<html>", "text/html")


def gateway_timeout(request: Request) -> None:
    request.reply(504, b"<html>", "text/html")


def timed_out(request: Request) -> None:
    saying(request, None, [{"message": TIMED_OUT}])


def timed_out_in_part(request: Request) -> None:
    saying(request, {"a": None}, [{"message": TIMED_OUT, "path": ["a"]}])


def out_of_resources(request: Request) -> None:
    saying(request, None, [{"type": "RESOURCE_LIMITS_EXCEEDED", "message": "too much"}])


@pytest.mark.parametrize(
    "refuse", [bad_gateway, gateway_timeout, silent, timed_out, timed_out_in_part, out_of_resources]
)
def test_pages_that_take_too_long_are_halved_at_once(refuse: Callable[[Request], None]) -> None:
    time, page = Time(), AdaptivePage("pull requests", maximum=100)
    with graphql(too_slow_above(30, refuse), time=time) as (api, source):
        assert paged(api, page) == 25

    assert len(source.asked) == 3
    assert time.slept == 0


def test_pages_grow_back_after_three_answers_in_a_row() -> None:
    page = AdaptivePage("pull requests", maximum=40, size=10)
    with graphql(too_slow_above(40, silent)) as (api, _):
        sizes = [paged(api, page) for _ in range(8)]

    assert sizes == [10, 10, 10, 20, 20, 20, 40, 40]


def is_about_nothing(request: Request) -> bool:
    return not json.loads(request.content)["variables"]


@pytest.mark.parametrize("refuse", [bad_gateway, timed_out])
def test_an_item_that_is_too_much_on_its_own_is_named(refuse: Callable[[Request], None]) -> None:
    def answer(request: Request) -> None:
        saying(request, {"__typename": "Query"}) if is_about_nothing(request) else refuse(request)

    page = AdaptivePage("boostorg/asio#1", maximum=2)
    with (
        graphql(answer) as (api, source),
        pytest.raises(SourceTimeout, match="boostorg/asio#1: one item alone"),
    ):
        paged(api, page)

    # Once with two, patiently with one, and once to see that GitHub answers at all.
    assert len(source.asked) == 1 + 5 + 1


def test_a_github_that_refuses_everything_is_no_item_that_is_too_much() -> None:
    page = AdaptivePage("boostorg/asio#1", maximum=2)
    with graphql(bad_gateway) as (api, _), pytest.raises(SourceError, match="502") as raised:
        paged(api, page)
    assert classify_failure(raised.value) == "source"


def test_without_pages_a_timeout_is_retried_as_it_is() -> None:
    def answer(request: Request) -> None:
        refusal = [{"message": TIMED_OUT}]
        saying(request, None, refusal) if request.number == 1 else saying(request, {"ok": 1})

    with graphql(answer) as (api, source):
        assert api.execute("query", {}).data == {"ok": 1}
    assert len(source.asked) == 2


def test_a_query_that_asks_for_too_many_nodes_is_not_repeated() -> None:
    error = {"type": "MAX_NODE_LIMIT_EXCEEDED", "message": "By the time this query traverses to ..."}
    with (
        graphql(lambda request: saying(request, None, [error])) as (api, source),
        pytest.raises(TooMuchAsked),
    ):
        api.execute("query", {})

    assert len(source.asked) == 1


def test_pages_stay_as_large_when_github_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise requests.ConnectTimeout("no answer to SYN")

    page = AdaptivePage("pull requests", maximum=100)
    with graphql(lambda request: saying(request, {"size": 1})) as (api, source):
        monkeypatch.setattr(HTTPAdapter, "send", unreachable)
        with pytest.raises(NetworkError, match="cannot be reached"):
            paged(api, page)

    assert (page.size, source.asked) == (100, [])


@pytest.mark.parametrize("status", [408, 500, 503])
def test_pages_stay_as_large_when_github_has_other_troubles(status: int) -> None:
    page = AdaptivePage("pull requests", maximum=100)
    with (
        graphql(lambda request: request.reply(status, b"")) as (api, _),
        pytest.raises(CollectorError, match=str(status)),
    ):
        paged(api, page)

    assert page.size == 100
