import json

import pytest

from core.errors import CollectorError, InvalidInput, NetworkError, RateLimited, SourceError
from core.http import Answer, Failure, ServerError
from core.metering import Meter
from core.tests.loopback import Request, Time, answering, client, serving


def test_json_is_posted_and_the_whole_answer_returned() -> None:
    def answer(request: Request) -> None:
        assert request.headers["Content-Type"] == "application/json"
        request.reply(201, request.content)

    with serving(answer) as source:
        answered = client(source.url).post("/items", {"title": "\u00fc"}, accept={201})

    assert answered.json() == {"title": "\u00fc"}
    assert answered.status == 201


@pytest.mark.parametrize(("repeatable", "times"), [(False, 1), (True, 5)])
def test_only_what_is_repeatable_is_repeated_when_the_source_may_have_acted(
    repeatable: bool, times: int
) -> None:
    with serving(answering(503)) as source, pytest.raises(ServerError):
        client(source.url).post("/items", {}, repeatable=repeatable)

    assert len(source.asked) == times


def test_an_answer_that_never_came_is_not_asked_for_again() -> None:
    with serving(Request.hang_up) as source, pytest.raises(NetworkError):
        client(source.url).post("/items", {})

    assert len(source.asked) == 1


def test_what_was_refused_by_a_limit_is_repeated() -> None:
    time = Time()

    def answer(request: Request) -> None:
        request.reply(429, headers={"Retry-After": "3"}) if request.number == 1 else request.reply()

    with serving(answer) as source:
        client(source.url, time=time).post("/items", {})

    assert len(source.asked) == 2
    assert time.slept == 3


def test_what_was_never_sent_is_repeated() -> None:
    time = Time()
    with serving(Request.reply) as source:
        pass
    with pytest.raises(NetworkError):
        client(source.url, time=time, attempts=3).post("/items", {})

    assert time.slept == 1 + 2


def is_bad_gateway(error: CollectorError) -> bool:
    return isinstance(error, ServerError) and error.status == 502


def test_errors_that_the_caller_deals_with_are_raised_at_once() -> None:
    with serving(answering(502)) as source, pytest.raises(ServerError):
        client(source.url).post("/items", {}, repeatable=True, final=is_bad_gateway)

    assert len(source.asked) == 1


def test_a_failure_that_the_body_tells_of_is_treated_as_its_kind() -> None:
    time = Time()

    def check(answer: Answer) -> Failure | None:
        limited = RateLimited("not now", retry_after=4)
        return None if answer.json() == {"ok": 2} else Failure(limited, tries=3, wait=4)

    with serving(lambda request: request.reply(body=json.dumps({"ok": request.number}).encode())) as source:
        answered = client(source.url, time=time).post("/items", {}, repeatable=True, check=check)

    assert answered.json() == {"ok": 2}
    assert time.slept == 4


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_method_is_followed_with_the_body(status: int) -> None:
    def answer(request: Request) -> None:
        if request.number == 1:
            return request.reply(status, headers={"Location": "/elsewhere"})
        assert request.command == "POST"
        return request.reply(body=request.content)

    with serving(answer) as source:
        assert client(source.url).post("/items", {"a": 1}).json() == {"a": 1}


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_would_turn_it_into_a_get_is_an_error(status: int) -> None:
    with (
        serving(lambda request: request.reply(status, headers={"Location": "/elsewhere"})) as source,
        pytest.raises(SourceError),
    ):
        client(source.url).post("/items", {"a": 1})

    assert len(source.asked) == 1


def test_a_refusal_tells_what_is_wrong_with_the_content() -> None:
    body = b'{"message": "Validation Failed"}'
    with serving(answering(422, body)) as source, pytest.raises(InvalidInput, match="Validation Failed"):
        client(source.url).post("/items", {})


def test_every_attempt_is_counted() -> None:
    meter = Meter()
    with serving(answering(503)) as source, pytest.raises(ServerError):
        client(source.url, meter=meter, attempts=3).post("/items", {}, repeatable=True)

    assert meter.snapshot().requests == len(source.asked) == 3
