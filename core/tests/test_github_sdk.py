import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import github
import pytest

from core.errors import AuthError, InvalidInput, NotFound, PermissionDenied, RateLimited
from core.http import ServerError
from core.metering import Meter
from core.operations.github_ops import Conflict, GitHub, Use
from core.tests.github_source import github_at
from core.tests.loopback import Request, Source, serving

pytestmark = pytest.mark.django_db(transaction=True)

REPOSITORY = {"id": 7, "name": "asio", "full_name": "boostorg/asio"}


class Repository:
    """A repository under /api/v3, and what was sent to it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Any]] = []

    def __call__(self, request: Request) -> None:
        url = f"http://{request.headers['Host']}/api/v3/repos/boostorg/asio"
        content = json.loads(request.content) if request.content else None
        self.sent.append((request.command, request.path.removeprefix("/api/v3"), content))
        path = request.path.removeprefix("/api/v3/repos/boostorg/asio")
        answers: dict[str, tuple[int, Any]] = {
            "GET ": (200, {**REPOSITORY, "url": url}),
            "POST /issues": (201, {"number": 3, "url": f"{url}/issues/3"}),
            "POST /pulls": (201, {"number": 4, "url": f"{url}/pulls/4"}),
            "GET /issues/3": (200, {"number": 3, "url": f"{url}/issues/3"}),
            "POST /issues/3/comments": (201, {"id": 5, "body": "hello"}),
            "PUT /contents/a%20b.md": (201, {"content": {"path": "a b.md"}, "commit": {"sha": "c0ffee"}}),
        }
        status, body = answers.get(f"{request.command} {path}", (404, {"message": "Not Found"}))
        request.reply(status, json.dumps(body).encode())


@contextmanager
def sdk(
    answer: Callable[[Request], None], meter: Meter | None = None
) -> Generator[tuple[github.Github, Source]]:
    with (
        serving(answer) as source,
        github_at(f"{source.url}/api/v3", github_token="token-one", github_token_write="write-token"),
        GitHub(meter=meter or Meter(), max_wait=5) as api,
    ):
        yield api.sdk(Use.WRITE), source


def test_files_issues_pull_requests_and_comments_are_written_with_the_token_for_writing() -> None:
    repository, meter = Repository(), Meter()
    with sdk(repository, meter) as (api, source):
        asio = api.get_repo("boostorg/asio")
        asio.create_file("a b.md", "why", "text", branch="main")
        issue = asio.create_issue("title", "body")
        asio.create_pull("main", "topic", title="title", body="body")
        issue.create_comment("hello")

    assert [f"{method} {path}" for method, path, _ in repository.sent] == [
        "GET /repos/boostorg/asio",
        "PUT /repos/boostorg/asio/contents/a%20b.md",
        "POST /repos/boostorg/asio/issues",
        "POST /repos/boostorg/asio/pulls",
        "POST /repos/boostorg/asio/issues/3/comments",
    ]
    assert repository.sent[2][2]["title"] == "title"
    assert {headers["Authorization"] for _, headers in source.asked} == {"Bearer write-token"}
    assert meter.snapshot().requests == 5


def test_a_search_is_paged() -> None:
    def answer(request: Request) -> None:
        base = f"http://{request.headers['Host']}/api/v3"
        items = [{"number": request.number, "url": f"{base}/repos/boostorg/asio/issues/{request.number}"}]
        link = {"Link": f'<{base}/search/issues?q=x&page=2>; rel="next"'} if request.number == 1 else {}
        body = {"total_count": 2, "incomplete_results": False, "items": items}
        request.reply(body=json.dumps(body).encode(), headers=link)

    with sdk(answer) as (api, source):
        found = [issue.number for issue in api.search_issues("repo:boostorg/asio")]

    assert found == [1, 2]
    assert all(path.startswith("/api/v3/search/issues") for path in source.paths)


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (401, "Bad credentials", AuthError),
        (403, "Resource not accessible by personal access token", PermissionDenied),
        (404, "Not Found", NotFound),
        (409, "README.md does not match 3b18e51", Conflict),
        (422, "Validation Failed", InvalidInput),
        (501, "Not Implemented", ServerError),
    ],
)
def test_its_errors_are_the_projects_own(status: int, message: str, expected: type[Exception]) -> None:
    body = json.dumps({"message": message}).encode()
    with sdk(lambda request: request.reply(status, body)) as (api, source), pytest.raises(expected):
        api.get_repo("boostorg/asio")

    assert len(source.asked) == 1


def test_a_write_that_may_have_happened_is_not_repeated() -> None:
    def answer(request: Request) -> None:
        repository(request) if request.command == "GET" else request.reply(502, b"")

    repository = Repository()
    with sdk(answer) as (api, source):
        asio = api.get_repo("boostorg/asio")
        with pytest.raises(ServerError):
            asio.create_issue("title")

    assert len(source.asked) == 2


def test_a_write_that_a_limit_refused_is_repeated() -> None:
    def answer(request: Request) -> None:
        limited = request.command == "POST" and request.number == 2
        request.reply(429, headers={"Retry-After": "1"}) if limited else repository(request)

    repository = Repository()
    with sdk(answer) as (api, source):
        assert api.get_repo("boostorg/asio").create_issue("title").number == 3

    assert [path.rpartition("/")[2] for path in source.paths] == ["asio", "issues", "issues"]


def test_a_limit_that_lasts_too_long_is_raised() -> None:
    with (
        sdk(lambda request: request.reply(429, headers={"Retry-After": "300"})) as (api, source),
        pytest.raises(RateLimited),
    ):
        api.get_repo("boostorg/asio")

    assert len(source.asked) == 1


def test_whether_something_is_there_is_still_an_answer() -> None:
    def answer(request: Request) -> None:
        is_member = request.path.endswith("/ann")
        if "/collaborators/" in request.path:
            return request.reply(204 if is_member else 404, b"")
        return request.reply(
            body=json.dumps({**REPOSITORY, "url": f"http://{request.headers['Host']}/api/v3/r"}).encode()
        )

    with sdk(answer) as (api, _):
        asio = api.get_repo("boostorg/asio")

        assert asio.has_in_collaborators("ann")
        assert not asio.has_in_collaborators("bob")


def test_two_clients_do_not_share_what_they_are_connected_with() -> None:
    with sdk(Repository()) as (first, one), sdk(Repository()) as (second, two):
        first.get_repo("boostorg/asio")
        second.get_repo("boostorg/asio")

    assert (len(one.asked), len(two.asked)) == (1, 1)


def test_the_body_of_a_redirect_is_not_read() -> None:
    # It says that it is longer than it is: whoever reads it waits for the rest.
    moved = {"Location": "/api/v3/repositories/7", "Content-Length": "1000"}

    def answer(request: Request) -> None:
        if request.path.startswith("/api/v3/repositories"):
            request.reply(body=json.dumps(REPOSITORY).encode())
        else:
            request.head(301, "application/json", moved)

    meter = Meter()
    with sdk(answer, meter) as (api, source):
        assert api.get_repo("boostorg/asio").id == 7
        assert len(source.asked) == meter.snapshot().requests == 2
