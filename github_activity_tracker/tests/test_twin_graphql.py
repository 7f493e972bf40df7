"""The twin's GraphQL API: pages, costs, limits, refusals, and what only some may see."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from core.twins import TwinClock, World
from github_activity_tracker.tests.twin_calls import Calls, calling
from github_activity_tracker.twin import GithubTwin, RepositorySpec, graphql_api
from github_activity_tracker.twin.hub import Repo

ASIO = {"owner": "boostorg", "name": "asio"}
SPECS = [
    RepositorySpec("boostorg", "asio", 25, 20, comments=2, inline_comments=3, odd=True),
    RepositorySpec("boostorg", "secret", 2, 0, private=True),
    RepositorySpec("boostorg", "blocked", 2, 0, blocked=True),
    RepositorySpec("boostorg", "nothing", commits=0),
]
TOO_MANY = (
    "issues(first: 100) { nodes { comments(first: 100) { nodes { reactions(first: 100) { totalCount } } } } }"
)
REPOSITORY = 'repository(owner: "boostorg", name: "asio")'


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


def in_asio(selection: str, variables: str = "") -> str:
    """A query for fields of that repository."""
    return f"query{f'({variables})' if variables else ''} {{ {REPOSITORY} {{ {selection} }} }}"


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ["UPDATED_AT", "CREATED_AT"])
@pytest.mark.parametrize("connection", ["issues", "pullRequests"])
def test_a_list_comes_page_by_page_in_the_order_that_was_asked_for(
    calls: Calls, connection: str, field: str, direction: str
) -> None:
    asked = f"{connection}(orderBy: {{field: {field}, direction: {direction}}})"
    nodes = calls.all_nodes(asked, "id createdAt updatedAt", **ASIO)
    times = [each["updatedAt" if field == "UPDATED_AT" else "createdAt"] for each in nodes]
    assert times == sorted(times, reverse=direction == "DESC")
    stored = asio(calls).issues if connection == "issues" else asio(calls).pull_requests
    assert sorted(each["id"] for each in nodes) == sorted(each["id"] for each in stored)


def test_a_cursor_stands_for_a_value_so_what_comes_or_goes_moves_no_page(own_calls: Calls) -> None:
    ask = "issues(first: 5, after: $after, orderBy: {field: CREATED_AT, direction: ASC})"
    query = in_asio(f"{ask} {{ nodes {{ number }} pageInfo {{ endCursor }} }}", "$after: String")
    first = own_calls.ask(query)["repository"]["issues"]
    behind = own_calls.ask(query, after=first["pageInfo"]["endCursor"])["repository"]["issues"]["nodes"]
    repo = asio(own_calls)
    for node in first["nodes"]:
        repo.issues.remove(repo.numbers[node["number"]])
    again = own_calls.ask(query, after=first["pageInfo"]["endCursor"])["repository"]["issues"]["nodes"]
    assert again == behind


def test_a_page_can_be_asked_for_from_the_end(calls: Calls) -> None:
    ask = in_asio("issues(last: 3) { nodes { number } pageInfo { hasPreviousPage startCursor } }")
    last = calls.ask(ask)["repository"]["issues"]
    assert last["pageInfo"]["hasPreviousPage"]
    cursor = last["pageInfo"]["startCursor"]
    before = calls.ask(ask.replace("last: 3", f'last: 3, before: "{cursor}"'))["repository"]["issues"]
    numbers = sorted(each["number"] for each in asio(calls).issues)
    assert [each["number"] for each in before["nodes"] + last["nodes"]] == numbers[-6:]


def test_since_is_a_filter_except_for_the_epoch_which_answers_nothing(calls: Calls) -> None:
    query = in_asio("issues(filterBy: { since: $since }) { totalCount }", "$since: DateTime!")

    def found(since: str) -> int:
        return calls.ask(query, since=since)["repository"]["issues"]["totalCount"]

    newest = sorted(each["updatedAt"] for each in asio(calls).issues)[-7]
    assert found(newest) >= 7
    assert found("1970-01-02T00:00:00Z") == len(asio(calls).issues)
    assert found("1970-01-01T00:00:00Z") == 0


# The example of GitHub's documentation: 50 + 1,000 + 10,000 + 1,000 + 10,000 + 10 nodes.
DOCUMENTED = """{ viewer { repositories(first: 50) { edges { repository: node { name
    pullRequests(first: 20) { edges { node { title comments(first: 10) { edges { node { body } } } } } }
    issues(first: 20) { totalCount edges { node { title comments(first: 10) { edges { node { body } } } } } }
    } } } } more: viewer { repositories(first: 10) { nodes { name } } } }"""


def test_nodes_and_points_are_counted_as_documented() -> None:
    query = graphql_api.read(DOCUMENTED, {})
    assert query.errors == []
    assert query.cost
    assert query.cost.nodes == 22_060
    assert query.points == round((1 + 50 + 50 * 20 + 50 + 50 * 20 + 1) / 100)


def test_a_query_of_little_costs_one_point_and_says_so(calls: Calls) -> None:
    asked = "{ rateLimit { cost nodeCount limit remaining used resetAt } viewer { login } }"
    answer = calls.post(asked)
    limit = answer.json()["data"]["rateLimit"]
    assert (limit["cost"], limit["nodeCount"], limit["limit"]) == (1, 0, 5000)
    assert limit["remaining"] + limit["used"] == 5000
    assert answer.headers["X-RateLimit-Resource"] == "graphql"
    assert int(answer.headers["X-RateLimit-Remaining"]) == limit["remaining"]
    assert datetime.fromisoformat(limit["resetAt"]) > datetime.now(UTC)


@pytest.mark.parametrize(
    ("asked", "kind", "message"),
    [
        ("issues { nodes { id } }", "MISSING_PAGINATION_BOUNDARIES", "provide a `first` or `last` value"),
        (
            "issues(first: 101) { nodes { id } }",
            "EXCESSIVE_PAGINATION",
            "Requesting 101 records on the `issues`",
        ),
        (
            TOO_MANY,
            "MAX_NODE_LIMIT_EXCEEDED",
            "up to 1,010,100 possible nodes which exceeds the maximum limit of 500,000",
        ),
        ('issues(first: 1, after: "x") { nodes { id } }', "INVALID_CURSOR_ARGUMENTS", "valid cursor"),
        ("issues(first: 1) { nodes { nothing } }", None, "Cannot query field 'nothing'"),
        (
            "issue(number: 99999) { id }",
            "NOT_FOUND",
            "Could not resolve to an Issue with the number of 99999.",
        ),
    ],
)
def test_a_query_that_asks_wrongly_is_told_why(
    calls: Calls, asked: str, kind: str | None, message: str
) -> None:
    errors = calls.errors(f"{{ {REPOSITORY} {{ {asked} }} }}")
    assert [each.get("type") for each in errors] == [kind]
    assert message in errors[0]["message"]


def test_the_number_alone_of_a_list_needs_no_size(calls: Calls) -> None:
    data = calls.ask(f"{{ {REPOSITORY} {{ issues {{ totalCount }} watchers {{ totalCount }} }} }}")
    assert data["repository"]["issues"]["totalCount"] == len(asio(calls).issues)


def test_what_is_missing_is_null_with_an_error_of_its_own_and_the_rest_is_there(calls: Calls) -> None:
    asked = " ".join(
        f'{name}: repository(owner: "boostorg", name: "{name}") {{ name isEmpty }}'
        for name in ("asio", "unknown", "secret", "blocked", "nothing")
    )
    answer = calls.post(f"{{ {asked} }}").json()
    assert answer["data"] == {
        "asio": {"name": "asio", "isEmpty": False},
        "unknown": None,
        "secret": None,
        "blocked": None,
        "nothing": {"name": "nothing", "isEmpty": True},
    }
    assert {(each["path"][0], each["type"]) for each in answer["errors"]} == {
        ("unknown", "NOT_FOUND"),
        ("secret", "NOT_FOUND"),
        ("blocked", "FORBIDDEN"),
    }


def test_nodes_are_found_by_either_format_of_id_and_those_that_are_gone_are_not(own_calls: Calls) -> None:
    issue = asio(own_calls).issues[0]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Issue { number } } }"
    wanted = [issue["id"], issue["_legacy"], "I_nothing"]
    answer = own_calls.post(query, ids=wanted).json()
    assert answer["data"]["nodes"] == [{"id": issue["id"], "number": issue["number"]}] * 2 + [None]
    assert [each["path"] for each in answer["errors"]] == [["nodes", 2]]
    own_calls.twin.hub.remove(issue)
    assert own_calls.post(query, ids=wanted).json()["data"]["nodes"] == [None, None, None]


def test_who_does_not_ask_for_todays_ids_gets_the_old_ones(calls: Calls) -> None:
    query = (
        f"{{ {REPOSITORY} {{ id issues(first: 1) {{ nodes {{ id author {{ ... on Node {{ id }} }} }} }} }} }}"
    )
    new = calls.post(query).json()["data"]["repository"]
    old = calls.post(query, next_ids=False).json()["data"]["repository"]
    assert new["id"].startswith("R_k")
    assert new["issues"]["nodes"][0]["id"].startswith("I_k")
    assert (
        old["issues"]["nodes"][0]["id"].startswith("MDU6SXNzdWU")
        or old["issues"]["nodes"][0]["id"][:2] == "MD"
    )
    assert old["id"] != new["id"]


def test_who_asks_by_an_old_name_gets_the_repository_of_today(own_calls: Calls) -> None:
    number = own_calls.ask(f"{{ {REPOSITORY} {{ databaseId }} }}")["repository"]["databaseId"]
    own_calls.twin.rename(asio(own_calls), "asio-ng")
    found = own_calls.ask(f"{{ {REPOSITORY} {{ databaseId nameWithOwner }} }}")["repository"]
    assert found == {"databaseId": number, "nameWithOwner": "boostorg/asio-ng"}
    strict = REPOSITORY.replace(")", ", followRenames: false)")
    assert own_calls.errors(f"{{ {strict} {{ id }} }}")[0]["type"] == "NOT_FOUND"


REVIEWS = (
    f"{{ {REPOSITORY} {{ pullRequests(first: 100) {{ nodes"
    " { reviews(first: 100) { nodes { id state submittedAt author { login } } } } } } }"
)


def test_a_pending_review_has_no_date_and_is_seen_by_its_author_only(calls: Calls) -> None:
    twin = calls.twin
    stranger = twin.personal_token("stranger", twin.hub.accounts.users[9])
    for token, mine in ((twin.reader, 1), (twin.writer, 1), (stranger, 0)):
        nodes = calls.post(REVIEWS, token=token.value).json()["data"]["repository"]["pullRequests"]["nodes"]
        reviews = [review for node in nodes for review in node["reviews"]["nodes"]]
        pending = [each for each in reviews if each["state"] == "PENDING"]
        assert len(pending) == mine
        assert all(each["submittedAt"] is None for each in pending)
        assert {each["author"]["login"] for each in pending} <= {token.account["login"]}


def test_ids_beyond_graphqls_int_are_told_in_full_only(calls: Calls) -> None:
    nodes = calls.all_nodes("issues(states: [OPEN, CLOSED])", "databaseId fullDatabaseId", **ASIO)
    assert {each["databaseId"] is None for each in nodes} == {True, False}
    assert all(each["databaseId"] in {None, int(each["fullDatabaseId"])} for each in nodes)


def test_who_has_used_up_the_hour_is_told_so_with_status_200_and_gets_a_new_one_after_it() -> None:
    # An hour of the twin passes in less than four seconds.
    twin = GithubTwin.of(
        World(), repositories=SPECS[:1], limits={"graphql": 3}, clock=TwinClock(multiple=1000)
    )
    same_user = twin.personal_token("second", twin.reader.account)
    with calling(twin) as calls:
        for _ in range(3):
            assert "data" in calls.post("{ viewer { login } }").json()
        for token in (twin.reader, same_user):
            answer = calls.post("{ viewer { login } }", token=token.value)
            assert answer.status_code == 200
            assert [each["type"] for each in answer.json()["errors"]] == ["RATE_LIMITED"]
            assert answer.headers["X-RateLimit-Remaining"] == "0"
        assert "data" in calls.post("{ viewer { login } }", token=twin.writer.value).json()
        assert calls.get("/rate_limit").json()["resources"]["core"]["remaining"] > 0
        wait_for(lambda: "data" in calls.post("{ viewer { login } }").json())


def test_who_asks_too_fast_is_told_how_long_to_wait() -> None:
    limits = {"graphql points": 5, "rest points": 7}
    twin = GithubTwin.of(World(), repositories=SPECS[:1], limits=limits, clock=TwinClock(multiple=60))
    with calling(twin) as calls:
        statuses = [calls.post("{ viewer { login } }").status_code for _ in range(6)]
        assert statuses == [200] * 5 + [403]
        answer = calls.post("{ viewer { login } }")
        assert "secondary rate limit" in answer.json()["message"]
        assert int(answer.headers["Retry-After"]) == 1
        assert calls.get("/user").status_code == 200
        assert calls.call("POST", "/repos/boostorg/asio/issues", json={}).status_code == 422  # 5 points
        assert [calls.get("/user").status_code for _ in range(2)] == [200, 403]
        wait_for(lambda: calls.post("{ viewer { login } }").status_code == 200)


def wait_for(done: Any) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(until, done).result(timeout=30)


def until(done: Any) -> None:
    while not done():
        continue


def test_more_than_a_hundred_at_a_time_are_too_many(own_calls: Calls) -> None:
    with ThreadPoolExecutor(130) as pool:
        with own_calls.twin.lock:
            waiting = [pool.submit(own_calls.post, "{ viewer { login } }") for _ in range(130)]
            while own_calls.twin.lock.waiting < 125:
                continue
        statuses = [each.result().status_code for each in waiting]
    assert {200, 403} == set(statuses)
    assert statuses.count(200) >= 100


def test_an_answer_that_is_too_much_work_ends_in_a_bad_gateway() -> None:
    twin = GithubTwin.of(World(), repositories=SPECS[:1], capacity=40)
    asked = in_asio("pullRequests(first: SIZE) { nodes { comments(first: 50) { nodes { id } } } }")
    with calling(twin) as calls:
        answer = calls.post(asked.replace("SIZE", "100"))
        assert answer.status_code == 502
        assert "Something went wrong" in answer.json()["errors"][0]["message"]
        assert "data" in calls.post(asked.replace("SIZE", "10")).json()


def test_only_those_with_a_token_are_heard(calls: Calls) -> None:
    assert calls.call("POST", calls.environment["GITHUB_GRAPHQL_URL"], token=None, json={}).status_code == 401
    assert calls.call("POST", calls.environment["GITHUB_GRAPHQL_URL"], json={}).status_code == 400


def test_a_commit_tells_the_accounts_that_claimed_its_addresses(calls: Calls) -> None:
    repo = asio(calls)
    assert repo.git
    rows = repo.git.commits()
    asked = " ".join(
        f'c{n}: object(oid: "{row["sha"]}") {{ ... on Commit {{ author {{ email user {{ login }} }}'
        " authors(first: 5) { nodes { email user { login } } } } }"
        for n, row in enumerate(rows)
    )
    found = calls.ask(f'{{ {REPOSITORY} {{ {asked} missing: object(oid: "{"0" * 40}") {{ oid }} }} }}')[
        "repository"
    ]
    assert found.pop("missing") is None
    accounts = calls.twin.hub.accounts
    claimed = 0
    for n, row in enumerate(rows):
        account = accounts.user_of(str(row["author_email"]))
        assert found[f"c{n}"]["author"]["user"] == (account and {"login": account["login"]})
        assert found[f"c{n}"]["authors"]["nodes"][0]["email"] == row["author_email"]
        claimed += account is not None
    assert 0 < claimed < len(rows)
