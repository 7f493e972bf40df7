import json
import logging
import time
from threading import Thread

import pytest
from django.db import connection

from core.errors import AuthError, ConfigurationError, RateLimited
from core.http import Credential
from core.metering import Meter
from core.operations.github_ops import GitHub, Use, check_source
from core.operations.github_ops.git import git_credential
from core.redaction import redact
from core.tests.github_source import Books, github_at, keeping
from core.tests.loopback import Request, serving

pytestmark = pytest.mark.django_db(transaction=True)

QUERY = "query { ok }"


def ask(github: GitHub, times: int = 1) -> None:
    for _ in range(times):
        github.graphql.execute(QUERY, {})


@pytest.mark.parametrize(
    ("use", "variable"), [(Use.SCRAPING, "GITHUB_TOKENS_SCRAPING"), (Use.PUSH, "GITHUB_TOKEN_WRITE")]
)
def test_a_missing_token_is_named_with_what_it_is_for(use: Use, variable: str) -> None:
    with github_at("http://127.0.0.1:9"), pytest.raises(ConfigurationError, match=variable) as raised:
        GitHub(meter=Meter(), use=use)

    assert "https://github.com/settings/tokens" in str(raised.value)
    assert ("reading" in str(raised.value)) == (use is Use.SCRAPING)


@pytest.mark.parametrize(
    ("use", "values", "expected"),
    [
        (Use.SCRAPING, {"github_tokens_scraping": "first-token", "github_token": "any-token"}, "first-token"),
        (Use.SCRAPING, {"github_token": "any-token"}, "any-token"),
        (Use.WRITE, {"github_token_write": "write-token", "github_token": "any-token"}, "write-token"),
        (Use.CREATE_PR, {"github_token": "any-token"}, "any-token"),
    ],
)
def test_each_use_has_its_token(use: Use, values: dict[str, str], expected: str) -> None:
    books = Books({"first-token": 1, "any-token": 1, "write-token": 1})
    with keeping(books, **values), GitHub(meter=Meter(), use=use) as github:
        ask(github)

    assert books.asked == [(expected, "/graphql")]


def test_one_token_costs_no_request_to_learn_whose_it_is() -> None:
    books, meter = Books({"token-one": 1}), Meter()
    with keeping(books, github_token="token-one"), GitHub(meter=meter) as github:
        ask(github, times=3)

    assert len(books.asked) == meter.snapshot().requests == 3


def test_whose_tokens_they_are_is_asked_once_and_kept() -> None:
    books = Books({"token-one": 1, "token-two": 2})
    for _ in range(2):
        with (
            keeping(books, github_tokens_scraping="token-one, token-two"),
            GitHub(meter=Meter()) as github,
        ):
            ask(github)

    assert [path for _, path in books.asked] == ["/user", "/user", "/graphql", "/graphql"]


def test_calls_go_to_the_user_with_most_points_left() -> None:
    books = Books({"token-one": 1, "token-two": 2}, left={(1, "graphql"): 3, (2, "graphql"): 4_000})
    with keeping(books, github_tokens_scraping="token-one,token-two"), GitHub(meter=Meter()) as github:
        ask(github, times=20)

    assert books.refused == 0
    assert books.tokens.count("token-two") >= 17


def test_all_users_are_used_up_before_a_run_ends_and_none_is_asked_past_its_limit() -> None:
    books = Books({"token-one": 1, "token-two": 2}, left={(1, "graphql"): 6, (2, "graphql"): 7})
    with (
        keeping(books, github_tokens_scraping="token-one,token-two"),
        GitHub(meter=Meter(), max_wait=5) as github,
    ):
        ask(github, times=13)
        with pytest.raises(RateLimited):
            ask(github)

    assert books.refused == 0
    assert len(books.tokens) == 13


def test_tokens_of_one_user_share_what_is_left() -> None:
    books = Books({"token-one": 1, "token-two": 1}, left={(1, "graphql"): 5})
    with (
        keeping(books, github_tokens_scraping="token-one,token-two"),
        GitHub(meter=Meter(), max_wait=5) as github,
    ):
        ask(github, times=5)
        with pytest.raises(RateLimited):
            ask(github)

    assert books.refused == 0


def test_graphql_and_rest_have_limits_of_their_own() -> None:
    books = Books({"token-one": 1}, left={(1, "graphql"): 1})
    with keeping(books, github_token="token-one"), GitHub(meter=Meter(), max_wait=5) as github:
        ask(github)
        with pytest.raises(RateLimited):
            ask(github)
        assert github.rest.get("repos/boostorg/asio").status == 200


def test_a_token_that_expires_leaves_with_a_warning_and_the_run_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    books = Books({"token-one": 1, "token-two": 2}, left={(2, "graphql"): 100})
    with (
        keeping(books, github_tokens_scraping="token-one,token-two"),
        GitHub(meter=Meter()) as github,
        caplog.at_level(logging.WARNING),
    ):
        ask(github)
        del books.users["token-one"]
        ask(github, times=20)

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "expired or revoked; 1 left" in caplog.text
    assert "token-one" not in caplog.text
    assert books.tokens.count("token-one") <= 2 + 10
    assert books.tokens[-1] == "token-two"


def test_a_token_that_was_revoked_before_the_run_is_left_out() -> None:
    books = Books({"token-two": 2})
    with keeping(books, github_tokens_scraping="token-one,token-two"), GitHub(meter=Meter()) as github:
        ask(github, times=2)

    assert books.tokens == ["token-two", "token-two"]


@pytest.mark.parametrize("tokens", ["token-one", "token-one,token-two"])
def test_without_any_token_that_is_accepted_the_run_ends_and_says_what_to_change(tokens: str) -> None:
    books = Books({})
    with (
        keeping(books, github_tokens_scraping=tokens),
        GitHub(meter=Meter()) as github,
        pytest.raises(AuthError, match="GITHUB_TOKENS_SCRAPING"),
    ):
        ask(github)

    assert len(books.asked) == len(tokens.split(","))


def test_a_secondary_limit_lets_the_other_token_go_on_at_once() -> None:
    seen: list[str] = []

    def answer(request: Request) -> None:
        if request.path == "/user":
            return request.reply(body=b'{"id": %d}' % request.number)
        seen.append(str(request.headers["Authorization"]))
        if len(set(seen)) == 1:
            return request.reply(403, b'{"message": "You have exceeded a secondary rate limit"}')
        return request.reply(body=b'{"data": {}}')

    meter = Meter()
    with (
        serving(answer) as source,
        github_at(source.url, github_tokens_scraping="token-one,token-two"),
        GitHub(meter=meter) as github,
    ):
        ask(github)
        ask(github)

    assert len(seen) == 3
    assert seen[1] == seen[2] != seen[0]
    assert meter.snapshot().seconds_waited < 1


def test_a_secondary_limit_holds_for_the_other_api_too() -> None:
    def answer(request: Request) -> None:
        if request.path == "/graphql":
            body = b'{"message": "You have exceeded a secondary rate limit"}'
            return request.reply(403, body, headers={"Retry-After": "300"})
        return request.reply(body=b"[]")

    with (
        serving(answer) as source,
        github_at(source.url, github_token="token-one"),
        GitHub(meter=Meter()) as github,
    ):
        github.rest.get("repos/boostorg/asio")
        with pytest.raises(RateLimited):
            ask(github)
        with pytest.raises(RateLimited) as raised:
            github.rest.get("repos/boostorg/asio")

    assert 290 < (raised.value.retry_after or 0) <= 300
    assert len(source.asked) == 2


def test_git_gets_the_token_in_its_own_form_and_both_forms_are_redacted() -> None:
    with (
        github_at("http://127.0.0.1:9", github_token_write="write-token"),
        GitHub(meter=Meter(), use=Use.PUSH) as github,
    ):
        header = github.git_credential().headers["Authorization"]

    assert header.startswith("Basic ")
    assert header.removeprefix("Basic ") not in redact(header)
    assert "write-token" not in redact("the token is write-token")


def test_git_goes_on_with_the_next_token_when_one_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    good = git_credential("token-two")
    tried: list[Credential] = []

    def fetch(credential: Credential) -> str:
        tried.append(credential)
        if credential != good:
            raise AuthError("git: 401")
        return "fetched"

    books = Books({"token-one": 1, "token-two": 2})
    with keeping(books, github_tokens_scraping="token-one,token-two"), GitHub(meter=Meter()) as github:
        assert github.with_git_credential(fetch) == "fetched"
        assert github.git_credential() == good
        assert github.with_git_credential(fetch) == "fetched"

    assert tried == [git_credential("token-one"), good, good]
    assert "GitHub refuses a token for reading" in caplog.text


def test_git_ends_with_the_last_token_that_is_refused() -> None:
    def fetch(_: Credential) -> None:
        raise AuthError("git: 401")

    with (
        github_at("http://127.0.0.1:9", github_token_write="write-token"),
        GitHub(meter=Meter(), use=Use.PUSH) as github,
        pytest.raises(AuthError, match="GitHub refuses the token for pushing"),
    ):
        github.with_git_credential(fetch)


def test_calls_are_paced_at_the_published_rate_although_thousands_are_left() -> None:
    books, meter = Books({"token-one": 1}), Meter()
    with keeping(books, github_token="token-one"), GitHub(meter=meter) as github:
        for _ in range(80):
            github.rest.get("repos/boostorg/asio")
        unhindered = meter.snapshot().seconds_waited
        for _ in range(40):
            github.rest.get("repos/boostorg/asio")

    assert unhindered == 0
    assert meter.snapshot().seconds_waited > 1
    assert books.refused == 0


def test_threads_that_share_a_client_take_turns() -> None:
    at_once: list[int] = []
    running = 0

    def answer(request: Request) -> None:
        nonlocal running
        running += 1
        at_once.append(running)
        time.sleep(0.02)
        running -= 1
        request.reply(body=b'{"data": {}}')

    with (
        serving(answer) as source,
        github_at(source.url, github_token="token-one"),
        GitHub(meter=Meter()) as github,
    ):
        threads = [Thread(target=in_thread, args=(github,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert at_once == [1] * 8


def in_thread(github: GitHub) -> None:
    ask(github, times=2)
    connection.close()


def test_the_doctor_tells_what_each_token_has_left() -> None:
    def answer(request: Request) -> None:
        resources = {"core": {"remaining": 4_990}, "graphql": {"remaining": 12}}
        headers = {"X-OAuth-Scopes": "public_repo"} if request.number == 1 else {}
        request.reply(body=json.dumps({"id": 7, "resources": resources}).encode(), headers=headers)

    with serving(answer) as source, github_at(source.url, github_token="token-one"):
        told = check_source()

    assert source.paths == ["/rate_limit"]
    assert told == f"{source.url}: calls left this hour 4,990 (core) and 12 (graphql), scopes public_repo"


def test_the_doctor_fails_where_no_token_is_accepted() -> None:
    with keeping(Books({}), github_token="token-one"), pytest.raises(AuthError, match="GITHUB_T"):
        check_source()
