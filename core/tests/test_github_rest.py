import json
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest
from django.db import transaction

from core.errors import CollectorError, InvalidInput, NotFound, PermissionDenied, SourceError
from core.http.validators import StoredValidators
from core.metering import Meter
from core.open_pages import open_page
from core.operations.github_ops import Conflict, EmptyRepository, GitHub, PageLimit, RestClient, Unavailable
from core.tests.github_source import github_at
from core.tests.loopback import Request, Source, serving

pytestmark = pytest.mark.django_db(transaction=True)

Reply = Callable[[Request], None]


@contextmanager
def rest(answer: Reply, prefix: str = "") -> Generator[tuple[RestClient, Source]]:
    with (
        serving(answer) as source,
        github_at(f"{source.url}{prefix}", github_token="token-one"),
        GitHub(meter=Meter()) as github,
    ):
        yield github.rest, source


def saying(status: int, message: str) -> Reply:
    return lambda request: request.reply(status, json.dumps({"message": message}).encode())


PAGINATION = "In order to keep the API fast for everyone, pagination is limited for this resource."


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (404, "Not Found", NotFound),
        (410, "Issues are disabled for this repo", NotFound),
        (409, "Git Repository is empty.", EmptyRepository),
        (409, "README.md does not match 3b18e51", Conflict),
        (451, "Repository access blocked", Unavailable),
        (422, PAGINATION, PageLimit),
        (422, "Only the first 1000 search results are available", PageLimit),
        (422, "Validation Failed", InvalidInput),
        (403, "Resource not accessible by personal access token", PermissionDenied),
        (400, "Problems parsing JSON", InvalidInput),
    ],
)
def test_each_refusal_is_an_error_of_its_kind(
    status: int, message: str, expected: type[CollectorError]
) -> None:
    with (
        rest(saying(status, message)) as (api, source),
        pytest.raises(expected, match=message[:20]) as raised,
    ):
        api.get("repos/boostorg/asio/commits")

    assert type(raised.value) is expected
    assert len(source.asked) == 1


def test_a_validation_error_names_the_field() -> None:
    body = {
        "message": "Validation Failed",
        "errors": [{"resource": "Issue", "field": "title", "code": "missing_field"}],
    }
    with (
        rest(lambda request: request.reply(422, json.dumps(body).encode())) as (api, _),
        pytest.raises(InvalidInput, match="Issue title missing_field"),
    ):
        api.get("repos/boostorg/asio/issues")


def test_pages_are_followed_by_their_links_a_hundred_items_each() -> None:
    def answer(request: Request) -> None:
        number = request.number
        link = f'<{source.url}/api/v3/issues?page={number + 1}>; rel="next", <{source.url}/x>; rel="last"'
        request.reply(body=b"[%d]" % number, headers={"Link": link} if number < 3 else {})

    with rest(answer, prefix="/api/v3") as (api, source):
        found = [page.json() for page in api.pages("issues", {"state": "all"})]

    assert found == [[1], [2], [3]]
    assert source.paths == [
        "/api/v3/issues?per_page=100&state=all",
        "/api/v3/issues?page=2",
        "/api/v3/issues?page=3",
    ]


def test_pages_that_lead_back_are_an_error_and_no_endless_loop() -> None:
    def answer(request: Request) -> None:
        request.reply(body=b"[]", headers={"Link": f'<{source.url}/issues?page=2>; rel="next"'})

    with rest(answer) as (api, source), pytest.raises(SourceError, match="links back"):
        list(api.pages("issues"))

    assert len(source.asked) == 2


def test_a_link_to_another_host_is_refused() -> None:
    def answer(request: Request) -> None:
        request.reply(body=b"[]", headers={"Link": '<https://example.org/issues?page=2>; rel="next"'})

    with rest(answer) as (api, source), pytest.raises(SourceError, match="another host"):
        list(api.pages("issues"))

    assert len(source.asked) == 1


@pytest.mark.parametrize(
    ("since", "sent"),
    [
        ("1970-01-01T00:00:00Z", "/issues"),
        (None, "/issues"),
        ("2024-05-01T00:00:00Z", "/issues?since=2024-05-01T00%3A00%3A00Z"),
    ],
)
def test_a_since_that_means_always_is_not_sent(since: str | None, sent: str) -> None:
    with rest(Request.reply) as (api, source):
        api.get("issues", {"since": since})

    assert source.paths == [sent]


def test_a_repository_that_has_moved_is_followed() -> None:
    def answer(request: Request) -> None:
        if request.path == "/repos/boost/asio":
            request.reply(301, b"{}", headers={"Location": f"{source.url}/repositories/7"})
        else:
            request.reply(body=b'{"id": 7}')

    with rest(answer) as (api, source):
        answered = api.get("repos/boost/asio")

    assert answered.json() == {"id": 7}
    assert answered.url == f"{source.url}/repositories/7"
    assert source.asked[1][1]["Authorization"] == "Bearer token-one"


def test_an_answer_that_is_stored_is_asked_for_conditionally_and_only_with_its_own_token() -> None:
    def answer(request: Request) -> None:
        etag = f'"of {request.headers["Authorization"]}"'
        seen = request.headers["If-None-Match"] == etag
        request.reply(304 if seen else 200, b"" if seen else b"[]", headers={"ETag": etag})

    validators = StoredValidators()
    statuses: list[int] = []
    with serving(answer) as source:
        for token in ("token-one", "token-one", "token-two"):
            with github_at(source.url, github_token=token), GitHub(meter=Meter()) as github:
                answered = github.rest.get("issues", validators=validators)
            statuses.append(answered.status)
            with transaction.atomic(), open_page():
                validators.save(answered)

    assert statuses == [200, 304, 200]


@pytest.mark.parametrize(
    ("path", "resource"),
    [("search/issues", "search"), ("search/code", "code_search"), ("repos/boostorg/search/issues", "core")],
)
def test_searches_are_counted_apart(path: str, resource: str) -> None:
    def answer(request: Request) -> None:
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "3000"}
        request.reply(headers={**headers, "X-RateLimit-Resource": resource})

    with rest(answer) as (api, source):
        api.get(path)
        others = {"search/issues", "search/code", "repos/boostorg/search/issues"} - {path}
        for other in others:
            api.get(other)
    assert source.paths == [f"/{each}" for each in (path, *others)]
