"""Parts that twins are made of: routes, arguments, refusals, limits, pages, arrivals and malformed items."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from core.twins import (
    ANY,
    Arguments,
    Refusal,
    Routes,
    SlidingWindow,
    Twin,
    TwinClock,
    TwinRequest,
    TwinResponse,
    Windows,
    World,
    as_json,
    as_text,
    cursor,
    cursor_value,
    cut,
    moment,
    whole,
)

NO_PARTS: dict[str, Any] = {}
ROUTES = Routes([
    ("GET", "/things", "list"),
    ("POST", "/things", "create"),
    ("GET", "/things/{id:int}", "thing"),
    ("GET", "/things/{name}.json", "export"),
    (ANY, "/things/{name}/{rest:path}", "below"),
])  # fmt: skip


class HandSetClock(TwinClock):
    """Tells the time it is set to; a twin's minute is a real second."""

    def __init__(self) -> None:
        super().__init__(multiple=60)
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(1_000_000 + self.seconds, UTC)


class NumbersTwin(Twin):
    """Lists numbers. One comes with a round, one while a client is paging."""

    name = "numbers"
    nonsense = ({"n": "none"}, {"n": ...})

    def __init__(self) -> None:
        super().__init__(World(1, people=2))
        self.numbers = [1, 2]
        self.expect_arrivals()

    def answer(self, request: TwinRequest) -> TwinResponse:
        del request
        return as_json({"items": [{"n": number} for number in self.numbers], "other": [{"n": 0}]})

    def environment(self, base_url: str) -> dict[str, str]:
        return {"NUMBERS_BASE_URL": base_url}

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        return {}

    def change(self) -> None:
        self.numbers.append(self.rounds * 10)

    def arrivals(self) -> Iterator[Callable[[], None]]:
        yield lambda: self.numbers.append(self.rounds * 10 + 5)

    def spoilable(self, request: TwinRequest, data: Any) -> list[dict[str, Any]]:
        return data["items"] if request.path == "/numbers" else []


def asked(path: str) -> TwinRequest:
    return TwinRequest("GET", path, {}, {}, b"", path)


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/things", ("list", NO_PARTS)),
        ("HEAD", "/things", ("list", NO_PARTS)),
        ("POST", "/things", ("create", NO_PARTS)),
        ("DELETE", "/things", None),
        ("GET", "/things/", None),
        ("GET", "/things/12", ("thing", {"id": 12})),
        ("GET", "/things/twelve", None),
        ("GET", "/things/a%20b.json", ("export", {"name": "a b"})),
        ("GET", "/things/axjson", None),
        ("DELETE", "/things/a/b/c", ("below", {"name": "a", "rest": "b/c"})),
        ("GET", "/things/a/", ("below", {"name": "a", "rest": ""})),
    ],
)
def test_a_route_is_found_by_method_and_path(
    method: str, path: str, found: tuple[str, dict[str, Any]] | None
) -> None:
    assert ROUTES.find(method, path) == found


def test_arguments_are_read_into_values_or_refused_in_the_words_of_the_source() -> None:
    given = {
        "limit": "7",
        "most": "101",
        "since": "2025-01-02T03:04:05 00:00",
        "day": "2025-01-02",
        "all": "True",
    }
    strict = Arguments(given, lambda name: Refusal(as_json({"invalid": name}, 400)))
    assert strict.read("limit", whole(1, 100), 50) == 7
    assert strict.read("missing", whole(1, 100), 50) == 50
    assert strict.read("since", moment, None) == datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (strict.flag("all"), strict.flag("limit"), strict.flag("missing")) == (True, False, False)
    for name, convert in (("most", whole(1, 100)), ("limit", whole(8)), ("day", whole()), ("day", moment)):
        with pytest.raises(Refusal) as caught:
            strict.read(name, convert, None)
        assert (caught.value.response.status, caught.value.response.body) == (
            400,
            json.dumps({"invalid": name}, separators=(",", ":")).encode(),
        )


def test_a_source_that_is_not_strict_takes_the_default_for_what_makes_no_sense() -> None:
    assert Arguments({"limit": "-1", "page": ""}).read("limit", whole(), 30) == 30


def test_answers_are_utf_8_and_may_have_a_content_type_of_their_own() -> None:
    answer = as_json({"name": "Zoë"}, 201, {"Content-Type": "application/vnd.x+json", "Via": "x"})
    assert answer == TwinResponse(
        201, '{"name":"Zoë"}'.encode(), {"Content-Type": "application/vnd.x+json", "Via": "x"}
    )
    assert as_text("ä", 404) == TwinResponse(404, "ä".encode(), {"Content-Type": "text/plain; charset=utf-8"})


def test_a_fixed_window_begins_with_the_first_call_after_the_last_ones_end() -> None:
    clock = HandSetClock()
    windows = Windows(clock)
    assert [windows.window("a", 2, 60).spend() for _ in range(3)] == [True, True, False]
    assert windows.window("b", 2, 60).remaining == 2
    clock.seconds = 30
    assert windows.wait(windows.window("a", 2, 60)) == pytest.approx(0.5)
    clock.seconds = 60
    window = windows.window("a", 2, 60)
    assert (window.spend(5), window.remaining, window.used) == (True, 0, 5)
    assert window.ends == 1_000_120


def test_a_sliding_window_forgets_each_call_by_itself() -> None:
    clock = HandSetClock()
    sliding = SlidingWindow(clock, 60)
    assert sliding.wait("a", 2) is None
    clock.seconds = 30
    assert sliding.wait("a", 2) is None
    assert sliding.wait("a", 2) == pytest.approx(0.5)
    assert sliding.wait("b", 2, cost=3) == pytest.approx(1.0)
    clock.seconds = 60
    assert sliding.wait("a", 2) is None
    assert sliding.wait("a", 2) == pytest.approx(0.5)


def test_pages_say_where_the_next_one_begins_and_cursors_stand_for_it() -> None:
    assert cut([1, 2, 3, 4], 2) == ([1, 2], 3)
    assert cut([1, 2, 3, 4], 2, 2) == ([3, 4], None)
    assert cut([1, 2], 2, 5) == ([], None)
    assert cursor_value(cursor("user", "a:b"), "user") == "a:b"
    for bad in ("!", cursor("team", 1), cursor("user", "")):
        with pytest.raises(ValueError):  # noqa: PT011 - base64 has words of its own
            cursor_value(bad, "user")


def test_what_arrives_while_a_client_pages_is_there_before_the_next_round() -> None:
    driven, left = NumbersTwin(), NumbersTwin()
    for _ in range(3):
        driven.drift(Random(1))  # noqa: S311 - dice of a test
    assert (driven.numbers, left.numbers) == ([1, 2, 5], [1, 2])
    for twin in (driven, left):
        twin.mutate()
        twin.settle()
        assert twin.numbers == [1, 2, 5, 10, 15]


def test_one_item_of_a_list_is_spoiled_and_nothing_where_there_is_no_item() -> None:
    twin = NumbersTwin()
    spoiled = [
        json.loads(twin.spoil(asked("/numbers"), twin.answer(asked("/numbers")), Random(seed)).body)  # type: ignore[arg-type] - bytes  # noqa: S311
        for seed in range(20)
    ]
    assert all(each["other"] == [{"n": 0}] and len(each["items"]) == 2 for each in spoiled)
    bad = [item for each in spoiled for item in each["items"] if item not in ({"n": 1}, {"n": 2})]
    assert len(bad) == 20
    assert {str(item) for item in bad} == {"{'n': 'none'}", "{}"}
    for path, answer in (
        ("/other", twin.answer(asked("/"))),
        ("/numbers", as_text("{")),
        ("/numbers", as_json({}, 500)),
    ):
        assert twin.spoil(asked(path), answer, Random(1)).body == answer.body  # noqa: S311
