"""The twin's REST API: shapes as published, pages, ETags, refusals, writes by GitHub's usual client."""

import re
from collections.abc import Generator, Iterator
from typing import Any
from urllib.parse import urlsplit

import github
import pytest
import requests

from core.tests.openapi import Description
from core.twins import World
from github_activity_tracker.tests import published
from github_activity_tracker.tests.twin_calls import Calls, calling
from github_activity_tracker.twin import BoostorgTwin, GithubTwin, RepositorySpec
from github_activity_tracker.twin.hub import Repo

ASIO = "/repos/boostorg/asio"
# The real one answers null here, whatever the description says.
OF_DELETED_FORK = re.compile(r"answer(\[\d+\])?\.head\.repo is null")
SPECS = [
    RepositorySpec("boostorg", "asio", 12, 10, comments=2, inline_comments=2, releases=4, odd=True),
    RepositorySpec("boostorg", "secret", 2, 0, private=True),
    RepositorySpec("boostorg", "blocked", 2, 0, blocked=True),
    RepositorySpec("boostorg", "nothing", commits=0),
]


@pytest.fixture(scope="module")
def calls() -> Generator[Calls]:
    with calling(GithubTwin.of(World(), repositories=SPECS)) as made:
        yield made


@pytest.fixture
def own_calls() -> Generator[Calls]:
    """A twin that a test may change."""
    with calling(GithubTwin.of(World(), repositories=SPECS)) as made:
        yield made


def asio(calls: Calls) -> Repo:
    repo = calls.twin.hub.find("boostorg", "asio")
    assert repo
    return repo


def addresses(calls: Calls) -> Iterator[str]:
    """One call of everything that is read."""
    repo = asio(calls)
    issue, pull = repo.issues[-1]["number"], repo.pull_requests[-1]["number"]
    commented = next(each for each in repo.issues if each["_comments"])
    comment = commented["_comments"][0]["_number"]
    assert repo.git
    tip = repo.git.tip()
    yield from (
        "/user",
        "/users/ghost",
        "/users/dependabot[bot]",
        "/rate_limit",
        "/orgs/boostorg/repos",
        ASIO,
    )
    yield from (f"{ASIO}/issues?state=all&per_page=100", f"{ASIO}/issues/{issue}", f"{ASIO}/issues/{pull}")
    yield from (f"{ASIO}/issues/{commented['number']}/comments", f"{ASIO}/issues/comments")
    yield from (f"{ASIO}/issues/comments/{comment}", f"{ASIO}/pulls?state=all&per_page=100")
    for each in repo.pull_requests:
        yield from (
            f"{ASIO}/pulls/{each['number']}{what}" for what in ("", "/reviews", "/comments?per_page=100")
        )
    yield from (f"{ASIO}/commits?per_page=100", f"{ASIO}/commits/{tip}", f"{ASIO}/commits/develop")
    yield from (
        f"{ASIO}/releases",
        f"{ASIO}/releases/latest",
        f"{ASIO}/releases/{repo.releases[0]['_number']}",
    )
    yield f"{ASIO}/releases/tags/{repo.releases[0]['tagName']}"
    yield from (f"{ASIO}/contents/doc", f"{ASIO}/contents/.mailmap", f"{ASIO}/git/ref/heads/develop")
    yield from ("/search/issues?q=repo:boostorg/asio+is:issue", "/search/code?q=Boost+org:boostorg")


def test_every_answer_is_what_the_published_description_says(calls: Calls) -> None:
    description = Description(published.openapi())
    for address in addresses(calls):
        answer = calls.get(address)
        assert answer.status_code == 200, (address, answer.text)
        path = urlsplit(address).path
        found = description.violations("GET", path, 200, answer.json())
        assert (address, [each for each in found if not OF_DELETED_FORK.fullmatch(each)]) == (address, [])


@pytest.mark.parametrize(
    ("address", "status", "described"),
    [
        ("/repos/boostorg/secret", 404, True),
        ("/repos/boostorg/unknown", 404, True),
        ("/repos/boostorg/nothing/commits", 409, True),
        (f"{ASIO}/issues?page=101", 422, False),
        ("/search/issues?q=", 422, True),
        ("/search/issues?q=boost&per_page=100&page=11", 422, True),
        ("/repos/boostorg/blocked", 451, False),
        (f"{ASIO}/issues/99999", 404, True),
        ("/nowhere", 404, False),
    ],
)
def test_what_cannot_be_answered_is_refused_as_github_does(
    calls: Calls, address: str, status: int, described: bool
) -> None:
    answer = calls.get(address)
    assert answer.status_code == status
    assert answer.json()["message"]
    if described:
        path = urlsplit(address).path
        assert Description(published.openapi()).violations("GET", path, status, answer.json()) == []


def test_a_list_is_followed_by_its_links_to_the_end(calls: Calls) -> None:
    repo = asio(calls)
    found = [each["number"] for each in calls.pages(f"{ASIO}/issues", state="all", per_page=5)]
    assert sorted(found) == sorted(each["number"] for each in (*repo.issues, *repo.pull_requests))
    first = calls.get(f"{ASIO}/issues?state=all&per_page=5").links
    assert set(first) == {"next", "last"}
    last = calls.get(first["last"]["url"])
    assert set(last.links) == {"prev", "first"}
    assert 0 < len(last.json()) <= 5


def test_since_is_a_filter_except_for_the_epoch_which_answers_nothing(calls: Calls) -> None:
    newest = sorted(each["updatedAt"] for each in (*asio(calls).issues, *asio(calls).pull_requests))[-4:]
    assert len(calls.get(f"{ASIO}/issues?state=all&since={newest[0]}").json()) >= 4
    assert calls.get(f"{ASIO}/issues?state=all&since=1970-01-01T00:00:00Z").json() == []


def test_an_etag_is_good_for_its_token_only_and_what_is_known_costs_nothing(calls: Calls) -> None:
    twin = calls.twin
    other = twin.personal_token("other", twin.hub.accounts.users[3])
    first = calls.get(ASIO)
    assert first.headers["X-RateLimit-Resource"] == "core"
    known = {"If-None-Match": first.headers["ETag"]}
    again = calls.get(ASIO, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["X-RateLimit-Remaining"] == first.headers["X-RateLimit-Remaining"]
    assert calls.get(ASIO, token=other.value, headers=known).status_code == 200


def test_tokens_that_are_bad_or_revoked_are_refused(own_calls: Calls) -> None:
    assert own_calls.get(ASIO, token="ghp_" + "x" * 36).status_code == 401
    own_calls.twin.take(own_calls.twin.reader)
    answer = own_calls.get(ASIO)
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")
    assert own_calls.post("{ viewer { login } }").status_code == 401
    assert own_calls.get(ASIO, token=None).headers["X-RateLimit-Limit"] == "60"


def test_who_asks_by_an_old_name_is_led_to_the_new_one(own_calls: Calls) -> None:
    own_calls.twin.rename(asio(own_calls), "asio-ng")
    answer = own_calls.get(f"{ASIO}/issues?state=all")
    assert answer.status_code == 301
    number = own_calls.get("/repos/boostorg/asio-ng").json()["id"]
    assert answer.headers["Location"].endswith(f"/api/v3/repositories/{number}/issues?state=all")
    assert (
        own_calls.get(answer.headers["Location"]).json()
        == own_calls.get("/repos/boostorg/asio-ng/issues?state=all").json()
    )
    assert own_calls.call("POST", f"{ASIO}/issues", json={}).status_code == 307


def test_an_issue_that_was_transferred_leads_on_and_one_that_was_deleted_is_gone() -> None:
    twin = BoostorgTwin(World(), size=60)
    twin.mutate()
    with calling(twin) as calls:
        moved = [(repo, number) for repo in twin.hub.repos for number in repo.moved]
        repo, number = moved[0]
        answer = calls.get(f"/repos/{repo.full_name}/issues/{number}")
        assert answer.status_code == 301
        assert calls.get(answer.headers["Location"]).json()["title"] == repo.moved[number]["title"]
        deleted = [
            (repo, number)
            for repo in twin.hub.repos
            for number, node in repo.numbers.items()
            if "_gone" in node and number not in repo.moved
        ]
        repo, number = deleted[0]
        assert calls.get(f"/repos/{repo.full_name}/issues/{number}").status_code == 410


def sdk(calls: Calls, token: str) -> github.Github:
    base = calls.environment["GITHUB_API_BASE_URL"]
    return github.Github(auth=github.Auth.Token(token), base_url=base, retry=None, seconds_between_writes=0)


def test_pygithub_creates_what_the_project_creates(own_calls: Calls) -> None:
    twin = own_calls.twin
    target = sdk(own_calls, twin.writer.value).get_repo(twin.target.full_name)
    made = target.create_file("a/b.md", "first", "one", branch="main")
    held = target.get_contents("a/b.md", ref="main")
    assert not isinstance(held, list)
    changed = target.update_file("a/b.md", "second", "two", held.sha, branch="main")
    assert twin.git.content(twin.target.owner["login"], twin.target.name, "main") == {"a/b.md": b"two"}
    assert target.get_git_ref("heads/main").object.sha == changed["commit"].sha != made["commit"].sha
    with pytest.raises(github.GithubException) as refused:
        target.update_file("a/b.md", "third", "three", held.sha, branch="main")
    assert refused.value.status == 409
    target.create_git_ref("refs/heads/topic", changed["commit"].sha)
    issue = target.create_issue("title", "body")
    issue.create_comment("a comment")
    issue.edit(state="closed")
    assert [each.body for each in target.get_issue(issue.number).get_comments()] == ["a comment"]
    assert target.get_issue(issue.number).state == "closed"
    pull = target.create_pull(base="main", head="topic", title="A change")
    assert target.get_pull(pull.number).title == "A change"
    with pytest.raises(github.GithubException) as refused:
        target.create_pull(base="main", head="topic", title="The same again")
    assert refused.value.status == 422


def test_a_token_that_only_reads_writes_nothing(own_calls: Calls) -> None:
    twin = own_calls.twin
    target = sdk(own_calls, twin.reader.value).get_repo(twin.target.full_name)
    for write in (lambda: target.create_file("a", "b", "c"), lambda: target.create_issue("title")):
        with pytest.raises(github.GithubException) as refused:
            write()
        assert refused.value.status == 403


def test_what_is_written_is_answered_as_the_published_description_says(own_calls: Calls) -> None:
    description = Description(published.openapi())
    full = f"/repos/{own_calls.twin.target.full_name}"
    writes: list[tuple[str, str, dict[str, Any]]] = [
        ("PUT", f"{full}/contents/x.md", {"message": "m", "content": "eA==", "branch": "main"}),
        ("POST", f"{full}/issues", {"title": "t"}),
        ("POST", f"{full}/issues/1/comments", {"body": "b"}),
        ("PATCH", f"{full}/issues/1", {"state": "closed"}),
        ("POST", f"{full}/pulls", {"title": "t", "head": "h", "base": "main"}),
        ("POST", f"{full}/issues", {}),
    ]
    for method, path, body in writes:
        answer = own_calls.call(method, path, token=own_calls.twin.writer.value, json=body)
        found = description.violations(method, path, answer.status_code, answer.json())
        assert (method, path, found) == (method, path, [])
        assert answer.status_code == (422 if not body else 200 if method == "PATCH" else 201)


def test_an_app_gets_tokens_that_have_a_budget_of_their_own(own_calls: Calls) -> None:
    twin = own_calls.twin
    own_calls.get(ASIO)
    app = github.Auth.AppAuth(twin.app.client_id, twin.app.private_key)
    base = own_calls.environment["GITHUB_API_BASE_URL"]
    installed = github.Github(
        auth=app.get_installation_auth(twin.app.installation), base_url=base, retry=None
    )
    assert installed.get_repo("boostorg/asio").id == asio(own_calls).id
    assert installed.get_rate_limit().rate.remaining == 4999
    auth = installed.requester.auth
    assert auth
    twin.limits.spend(f"installation {twin.app.installation}", "graphql", 5000)
    refused = own_calls.errors("{ viewer { login } }", token=auth.token)
    assert [(each["type"], each["code"]) for each in refused] == [("RATE_LIMIT", "graphql_rate_limit")]
    forged = github.Auth.AppAuth(twin.app.client_id, type(twin.app)().private_key)
    answer = requests.post(
        f"{base}/app/installations/{twin.app.installation}/access_tokens",
        headers={"Authorization": f"Bearer {forged.token}"},
        timeout=60,
    )
    assert answer.status_code == 401


def test_the_checker_sees_what_is_wrong() -> None:
    thing = {
        "type": "object",
        "required": ["id", "at"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "integer"},
            "at": {"type": "string", "format": "date-time"},
            "kind": {"type": "string", "enum": ["a"]},
            "many": {"type": "array", "items": {"$ref": "#/components/schemas/one"}},
        },
    }
    content = {"content": {"application/json": {"schema": thing}}}
    document = {
        "paths": {"/things/{id}": {"get": {"responses": {"200": content}}}},
        "components": {"schemas": {"one": {"oneOf": [{"type": "string"}, {"type": "boolean"}]}}},
    }
    check = Description(document).violations
    good = {"id": 1, "at": "2025-01-01T00:00:00Z", "kind": "a", "many": ["x", True]}
    assert check("GET", "/things/1", 200, good) == []
    bad = {"id": "1", "at": "now", "kind": "b", "many": [1], "more": None}
    found = "\n".join(check("GET", "/things/1", 200, bad))
    for name in ("id", "at", "kind", "many", "more"):
        assert re.search(rf"\b{name}\b", found), name
    assert check("GET", "/things/1", 200, {"id": None}) != []
    with pytest.raises(KeyError):
        check("GET", "/other", 200, {})
