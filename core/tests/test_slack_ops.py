"""The Slack client over a real socket: retries, waits, errors, cursors, and where the token goes."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest

from core.errors import (
    AuthError,
    CollectorError,
    ConfigurationError,
    InvalidInput,
    NetworkError,
    PermissionDenied,
    RateLimited,
    SourceError,
    SourceTimeout,
    StopRequested,
)
from core.metering import Meter
from core.open_pages import open_page
from core.operations.slack_ops import (
    CALLS_PER_MINUTE,
    CursorRefused,
    SlackClient,
    SlackContents,
    SlackDenied,
    SlackSettings,
    SlackUnknown,
)
from core.redaction import redact
from core.tests.loopback import Request, Time, serving
from core.tests.odd_json import ODD_VALUES

# The budget shared by processes is in the database, over a connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "xoxb-111111111111-222222222222-abcdefabcdefabcdefabcdef"
Answer = Callable[[Request], None]


def client(url: str, *, time: Time | None = None, meter: Meter | None = None, **options: Any) -> SlackClient:
    time = time or Time()
    options = {"clock": time.clock, "sleep": time.sleep, "random": lambda: 1.0, "pace": 1000.0, **options}
    return SlackClient(url, TOKEN, "T1", meter=meter or Meter(), **options)


def said(body: Mapping[str, Any], status: int = 200, **headers: str) -> Answer:
    return lambda request: request.reply(status, json.dumps(body).encode(), headers=headers)


def html(status: int) -> Answer:
    return lambda request: request.reply(status, b"<html>log in</html>", "text/html")


def reset(request: Request) -> None:
    request.reset()


def cut_short(request: Request) -> None:
    request.head(200, "application/json", {"Content-Length": "999"})
    request.hang_up()


def one_after_another(*answers: Answer) -> Answer:
    """Each request gets the next answer, and the last one from then on."""
    return lambda request: answers[min(request.number, len(answers)) - 1](request)


TEAM = said({"ok": True, "team": {"id": "T1"}})
HISTORY = said({"ok": True, "messages": [{"ts": "1"}], "has_more": False})


def test_pages_are_followed_by_their_cursor_with_the_same_arguments() -> None:
    asked: list[dict[str, list[str]]] = []

    def answer(request: Request) -> None:
        asked.append(parse_qs(request.content.decode()))
        cursor = "" if request.number > 1 else "next"
        body: dict[str, Any] = {"ok": True, "messages": [{"ts": str(request.number)}]}
        body["response_metadata"] = {"next_cursor": cursor}
        request.reply(body=json.dumps(body).encode())

    with serving(answer) as source:
        pages = list(client(source.url).history("C1", latest="9.000000", inclusive=True))
        assert source.paths == ["/conversations.history"] * 2
        assert all(headers["Authorization"] == f"Bearer {TOKEN}" for _, headers in source.asked)
    assert [(page.items[0]["ts"], page.more) for page in pages] == [("1", True), ("2", False)]
    assert "cursor" not in asked[0]
    assert asked[1]["cursor"] == ["next"]
    assert asked[0]["latest"] == asked[1]["latest"] == ["9.000000"]


def test_retry_after_is_waited_for_and_every_attempt_counted() -> None:
    time, meter = Time(), Meter()
    limited = said({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": "7"})
    # A method that is not paced, so that the wait is the answer's alone.
    with serving(one_after_another(limited, TEAM)) as source:
        assert client(source.url, time=time, meter=meter).team() == {"id": "T1"}
    assert time.slept == pytest.approx(7.0)
    assert meter.snapshot().requests == 2
    assert meter.snapshot().seconds_waited == pytest.approx(7.0)


def test_a_wait_that_the_run_cannot_afford_ends_it_as_a_limit() -> None:
    limited = said({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": "3600"})
    with serving(limited) as source, pytest.raises(RateLimited) as caught:
        client(source.url).team()
    assert caught.value.retry_after == 3600


def test_a_stop_is_noticed_while_waiting() -> None:
    limited = said({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": "30"})
    with serving(limited) as source, pytest.raises(StopRequested):
        client(source.url, stop=lambda: True).team()


@pytest.mark.parametrize(
    "broken",
    [
        said({"ok": False, "error": "internal_error"}),
        said({"ok": False, "error": "service_unavailable"}, 503),
        html(502),
        reset,
        cut_short,
    ],
    ids=["internal_error", "503", "502", "reset", "cut short"],
)
def test_what_passes_is_tried_again(broken: Answer) -> None:
    meter = Meter()
    with serving(one_after_another(broken, TEAM)) as source:
        assert client(source.url, meter=meter).team() == {"id": "T1"}
    assert meter.snapshot().requests == 2


@pytest.mark.parametrize(
    ("answer", "family", "words"),
    [
        (said({"ok": False, "error": "invalid_auth"}), AuthError, "invalid_auth"),
        (said({"ok": False, "error": "account_inactive"}), AuthError, "deactivated"),
        (said({"ok": False, "error": "not_in_channel"}), SlackDenied, "invite the bot"),
        (said({"ok": False, "error": "channel_not_found"}), SlackUnknown, "channel_not_found"),
        (said({"ok": False, "error": "invalid_cursor"}), CursorRefused, "invalid_cursor"),
        (said({"ok": False, "error": "of_the_future"}), InvalidInput, "of_the_future"),
        (said({"ok": False, "error": "fatal_error"}), SourceError, "fatal_error"),
        (said({"ok": True}), SourceError, "no list of messages"),
        (said({"ok": True, "messages": {}}), SourceError, "no list of messages"),
        (said({"ok": True, "messages": [], "has_more": True}), SourceError, "not where"),
        (html(200), SourceError, "SLACK_API_BASE_URL"),
        (said({"message": "no"}, 401), AuthError, "401"),
        (said({"message": "no"}, 403), PermissionDenied, "403"),
        (html(503), SourceError, "run again later"),
        (reset, NetworkError, "cannot be reached"),
    ],
)
def test_each_refusal_becomes_the_error_that_says_what_to_do(
    answer: Answer, family: type[CollectorError], words: str
) -> None:
    with serving(answer) as source, pytest.raises(family, match=words) as caught:
        list(client(source.url, attempts=2).history("C1"))
    assert TOKEN not in str(caught.value)


def test_a_missing_scope_is_named() -> None:
    body = {"ok": False, "error": "missing_scope", "needed": "groups:history", "provided": "channels:history"}
    with serving(said(body)) as source, pytest.raises(SlackDenied, match="lacks the scope groups:history"):
        list(client(source.url).history("G1"))


def test_nobody_there_is_a_network_error_and_no_request() -> None:
    meter = Meter()
    with serving(HISTORY) as source:
        url = source.url
    with pytest.raises(NetworkError):
        client(url, attempts=2, meter=meter).team()
    assert meter.snapshot().requests == 0


def test_an_answer_that_does_not_come_is_a_timeout() -> None:
    def silent(request: Request) -> None:
        request.rfile.read(1)

    with serving(silent) as source, pytest.raises(SourceTimeout):
        client(source.url, read_timeout=0.05, attempts=1).team()


def test_a_cursor_that_comes_twice_ends_the_listing() -> None:
    again = said({"ok": True, "members": [], "response_metadata": {"next_cursor": "same"}})
    with serving(again) as source, pytest.raises(SourceError, match="circles"):
        list(client(source.url).users())


def test_the_network_is_not_asked_while_a_page_is_open() -> None:
    with serving(HISTORY) as source, open_page(), pytest.raises(RuntimeError, match="page transaction"):
        client(source.url).team()


def test_calls_are_spread_over_the_minute_of_their_method() -> None:
    class AskedToWaitError(Exception):
        pass

    def sleep(seconds: float) -> None:
        raise AskedToWaitError(seconds)

    # One call in 12 seconds of the real time that the budget counts: no machine takes as long for one.
    with serving(HISTORY) as source:
        asking = client(source.url, sleep=sleep, pace=0.1)
        list(asking.history("C1"))
        with pytest.raises(AskedToWaitError) as caught:
            list(asking.history("C1"))
        asking.close()
    assert 0 < caught.value.args[0] <= 600 / 47
    assert CALLS_PER_MINUTE["conversations.history"] == 50


def test_the_token_is_redacted_and_the_sdk_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with (
        serving(reset) as source,
        caplog.at_level(logging.DEBUG),
        pytest.raises(NetworkError),
    ):
        client(source.url, attempts=2).team()
    assert TOKEN not in redact(f"the token {TOKEN}")
    assert "slack_ops" not in " ".join(record.name for record in caplog.records)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., SlackSettings]:
    def settings(**variables: str) -> SlackSettings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return SlackSettings.load()

    return settings


def test_each_workspace_has_its_token(environment: Callable[..., SlackSettings]) -> None:
    chosen = environment(
        SLACK_TEAM_ID="T1AAA",
        SLACK_BOT_TOKEN="xoxb-one",
        SLACK_TEAM_IDS="T2BBB, T1AAA",
        SLACK_BOT_TOKEN_T2BBB="xoxb-two",
    )
    assert chosen.team_ids == ["T2BBB", "T1AAA"]
    assert (chosen.token_of("T1AAA"), chosen.token_of("T2BBB")) == ("xoxb-one", "xoxb-two")
    assert "xoxb-two" not in redact("xoxb-two")


def test_a_token_that_is_missing_is_named(environment: Callable[..., SlackSettings]) -> None:
    with pytest.raises(ConfigurationError, match="SLACK_BOT_TOKEN_T3CCC is not set"):
        environment(SLACK_TEAM_IDS="T3CCC").token_of("T3CCC")
    with pytest.raises(ConfigurationError, match="SLACK_BOT_TOKEN is not set"):
        environment(SLACK_TEAM_ID="T3CCC", SLACK_BOT_TOKEN="").token_of("T3CCC")
    with pytest.raises(ConfigurationError, match="'general' is not the id"):
        assert environment(SLACK_TEAM_IDS="general").team_ids


def test_a_file_is_fetched_with_the_token_from_its_host_only() -> None:
    def answer(request: Request) -> None:
        if request.path == "/page":
            return request.reply(200, b"<!DOCTYPE html>", "text/html; charset=utf-8")
        return request.reply(200, b"\x00" * 2000, "application/octet-stream")

    with serving(answer) as source:
        base, hosts = f"{source.url}/api", ["files.slack.com"]
        contents = SlackContents(base, TOKEN, hosts, max_bytes=3000, meter=Meter())
        assert contents.content(f"{source.url}/file", "image/png") == b"\x00" * 2000
        assert source.asked[0][1]["Authorization"] == f"Bearer {TOKEN}"
        with pytest.raises(PermissionDenied, match="web page"):
            contents.content(f"{source.url}/page", "image/png")
        assert contents.content(f"{source.url}/page", "text/html", 15).startswith(b"<!DOCTYPE")
        with pytest.raises(PermissionDenied, match="web page"):
            contents.content(f"{source.url}/page", "text/html", 4000)
        for elsewhere in (
            "https://evil.example/x",
            "https://files.slack.com.evil.example/x",
            "https://x@evil.example",
        ):
            with pytest.raises(InvalidInput, match="not on a host of Slack's"):
                contents.content(elsewhere, "image/png")
        small = SlackContents(base, TOKEN, [], max_bytes=100, meter=Meter())
        with pytest.raises(SourceError, match="more than 100 bytes"):
            small.content(f"{source.url}/file", "image/png")


@pytest.mark.parametrize("body", [b"[1]", b'"x"', b"7", b"null", b"", b"{", b"[" * 100_000], ids=str)
def test_an_answer_that_is_no_object_is_the_sources_error(body: bytes) -> None:
    with (
        serving(lambda request: request.reply(200, body)) as slack,
        pytest.raises(SourceError, match=r"auth\.test"),
    ):
        client(slack.url, attempts=1).identity()


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
def test_a_refusal_with_a_value_that_nothing_can_hold_is_still_that_refusal(value: bytes) -> None:
    body = b'{"ok": false, "error": "invalid_auth", "odd": ' + value + b"}"
    for status in (200, 401):
        with (
            serving(lambda request, status=status: request.reply(status, body)) as slack,
            pytest.raises(AuthError),
        ):
            client(slack.url, attempts=1).identity()


@pytest.mark.parametrize("url", ["https://[", "https://[::1", "//[x"])
def test_a_file_whose_address_is_no_url_is_refused_like_one_on_another_host(url: str) -> None:
    contents = SlackContents("https://slack.com/api", TOKEN, ["files.slack.com"], max_bytes=1, meter=Meter())
    with pytest.raises(InvalidInput):
        contents.content(url, "text/plain")
