from email.utils import formatdate

import pytest
from requests.structures import CaseInsensitiveDict

from core.errors import PermissionDenied, RateLimited
from core.http.limits import Announcement, announced
from core.metering import Meter
from core.tests.loopback import Request, Time, client, serving

NOW = 1_700_000_000.0


def test_retry_after_in_seconds_is_waited_for_and_counted() -> None:
    time, meter = Time(), Meter()

    def answer(request: Request) -> None:
        request.reply(429, headers={"Retry-After": "7"}) if request.number == 1 else request.reply()

    with serving(answer) as source:
        client(source.url, time=time, meter=meter).get("/page")

    assert time.slept == meter.snapshot().seconds_waited == 7.0


def test_retry_after_as_a_date_is_read_by_the_clock_of_the_source() -> None:
    time = Time(now=NOW - 5_000)  # a local clock that is wrong

    def answer(request: Request) -> None:
        if request.number > 1:
            return request.reply()
        request.send_response_only(429)
        request.send_header("Date", formatdate(NOW, usegmt=True))
        request.send_header("Retry-After", formatdate(NOW + 9, usegmt=True))
        request.send_header("Content-Length", "0")
        return request.end_headers()

    with serving(answer) as source:
        client(source.url, time=time).get("/page")

    assert time.slept == 9.0


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"X-RateLimit-Reset": "1700000060"}, None),
        ({"X-RateLimit-Remaining": "soon"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000060"}, Announcement(0, 60.0)),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, Announcement(0, 30.0)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1600000000"}, Announcement(0, 0.0)),
        ({"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "12"}, Announcement(12, None, 5000)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "1.5"}, Announcement(0, 1.5)),
        (
            {"RateLimit-Limit": "100", "RateLimit-Remaining": "3", "RateLimit-Reset": "42"},
            Announcement(3, 42.0, 100),
        ),
        ({"RateLimit": "limit=100, remaining=0, reset=50"}, Announcement(0, 50.0)),
        ({"RateLimit": '"default";r=0;t=20'}, Announcement(0, 20.0)),
    ],
)
def test_announcements_are_read_in_every_form_in_use(
    headers: dict[str, str], expected: Announcement | None
) -> None:
    assert announced(CaseInsensitiveDict(headers), NOW) == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "4"},
        {"RateLimit-Remaining": "0", "RateLimit-Reset": "4"},
        {"RateLimit": '"default";r=0;t=4'},
    ],
)
@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_announced_in_headers_is_waited_for(status: int, headers: dict[str, str]) -> None:
    time = Time()

    def answer(request: Request) -> None:
        request.reply(status, headers=headers) if request.number == 1 else request.reply()

    with serving(answer) as source:
        client(source.url, time=time).get("/page")

    assert time.slept == 4.0


def test_a_403_that_is_a_documented_secondary_limit_waits_a_minute() -> None:
    time = Time()
    body = b'{"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}'

    def answer(request: Request) -> None:
        request.reply(403, body) if request.number == 1 else request.reply()

    with serving(answer) as source:
        client(source.url, time=time).get("/page")

    assert time.slept == 60.0


def test_a_403_with_calls_left_is_a_matter_of_permission() -> None:
    with (
        serving(lambda request: request.reply(403, headers={"X-RateLimit-Remaining": "9"})) as source,
        pytest.raises(PermissionDenied),
    ):
        client(source.url).get("/page")

    assert len(source.asked) == 1


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_wait_longer_than_a_run_may_wait_is_raised_at_once(status: int) -> None:
    time = Time()
    with (
        serving(lambda request: request.reply(status, headers={"Retry-After": "121"})) as source,
        pytest.raises(RateLimited) as raised,
    ):
        client(source.url, time=time, max_wait=120).get("/page")

    assert raised.value.retry_after == 121.0
    assert time.slept == 0.0


def test_a_wait_past_the_deadline_is_raised_at_once() -> None:
    time = Time()
    with (
        serving(lambda request: request.reply(429, headers={"Retry-After": "30"})) as source,
        pytest.raises(RateLimited) as raised,
    ):
        client(source.url, time=time, deadline=time.now + 29).get("/page")

    assert raised.value.retry_after == 30.0
    assert time.slept == 0.0
