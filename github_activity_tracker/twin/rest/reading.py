"""GET: repositories, issues, pull requests, comments, commits, releases, accounts."""

from http import HTTPStatus
from typing import Any

from core.twins import TwinResponse
from github_activity_tracker.twin import commits
from github_activity_tracker.twin.gate import as_json, problem
from github_activity_tracker.twin.hub import Repo
from github_activity_tracker.twin.items import is_visible
from github_activity_tracker.twin.people import Node
from github_activity_tracker.twin.rest import shapes
from github_activity_tracker.twin.rest.calls import Call, not_found
from github_activity_tracker.twin.rest.item_shapes import ItemShapes

EPOCH = "1970-01-01T00:00:00Z"


def _items(call: Call) -> ItemShapes:
    return ItemShapes(call.base, call.hub)


def root(call: Call) -> TwinResponse:
    return as_json({"current_user_url": f"{call.base}/user", "rate_limit_url": f"{call.base}/rate_limit"})


def own_user(call: Call) -> TwinResponse:
    if call.caller.token is None:
        raise problem(HTTPStatus.UNAUTHORIZED, "Requires authentication")
    if call.caller.token.installation:
        raise problem(HTTPStatus.FORBIDDEN, "Resource not accessible by integration")
    return as_json(shapes.person(call.base, call.caller.token.account, is_self=True))


def user(call: Call) -> TwinResponse:
    login = call.parts["login"].removesuffix("[bot]").lower()
    found = call.hub.accounts.by_login.get(login)
    if found is None:
        raise not_found()
    return as_json(shapes.person(call.base, found))


def rate_limit(call: Call) -> TwinResponse:
    """Costs nothing."""
    limits = call.twin.limits
    resources = {}
    for name in ("core", "search", "graphql", "code_search"):
        bucket = limits.bucket(call.caller.budget, name)
        resources[name] = {
            "limit": bucket.limit,
            "used": bucket.used,
            "remaining": bucket.remaining,
            "reset": limits.reset(bucket),
        }
    return as_json({"resources": resources, "rate": resources["core"]})


def repository(call: Call) -> TwinResponse:
    return as_json(shapes.repository(call.base, call.repo()))


def repositories_of(call: Call) -> TwinResponse:
    login = call.parts["login"].lower()
    found = [repo for repo in call.hub.repos if repo.owner["login"].lower() == login and not repo.is_private]
    if login not in call.hub.accounts.by_login:
        raise not_found()
    return call.page(found, lambda repo: shapes.small_repository(call.base, repo))


def issues(call: Call) -> TwinResponse:
    """Pull requests are among them."""
    repo, query = call.repo(), call.query
    found = _in_state([*repo.issues, *repo.pull_requests], query.get("state", "open"))
    if labels := query.get("labels"):
        wanted = set(labels.split(","))
        found = [each for each in found if wanted <= {label["name"] for label in each["_labels"]}]
    return call.page(_sorted(_since(found, query), query), _items(call).issue)


def pull_requests(call: Call) -> TwinResponse:
    query = call.query
    found = _in_state(call.repo().pull_requests, query.get("state", "open"))
    if base := query.get("base"):
        found = [each for each in found if each["baseRefName"] == base]
    if head := query.get("head"):
        found = [each for each in found if head in {each["headRefName"], _label(each)}]
    return call.page(_sorted(found, query), _items(call).pull_request)


def _label(pull_request: Node) -> str:
    return f"{pull_request['author']['login']}:{pull_request['headRefName']}"


def _in_state(items: list[Node], state: str) -> list[Node]:
    return [each for each in items if state == "all" or each["closed"] == (state == "closed")]


def _since(items: list[Node], query: dict[str, str]) -> list[Node]:
    """Seen on the real one: `since` the epoch answers nothing at all."""
    since = query.get("since", "")
    if since and since <= EPOCH:
        return []
    return [each for each in items if each["updatedAt"] >= since]


def _sorted(items: list[Node], query: dict[str, str]) -> list[Node]:
    """Newest first unless said."""
    name = {"updated": "updatedAt", "created": "createdAt"}.get(query.get("sort", "created"), "createdAt")
    descending = query.get("direction", "desc") == "desc"
    return sorted(items, key=lambda each: (each[name], each["_number"]), reverse=descending)


def numbered(call: Call, *typenames: str) -> Node:
    """The item of the address; a transferred one leads to where it is now, a deleted one is gone."""
    repo, number = call.repo(), call.parts["number"]
    node = repo.numbers.get(number)
    if node is None or node["__typename"] not in typenames or "_coming" in node:
        raise not_found()
    if "_gone" not in node:
        return node
    if moved := repo.moved.get(number):
        raise call.moved(f"{call.base}/repositories/{moved['_repo'].id}/issues/{moved['number']}")
    raise problem(HTTPStatus.GONE, "This issue was deleted")


def issue(call: Call) -> TwinResponse:
    return as_json(_items(call).issue(numbered(call, "Issue", "PullRequest")))


def pull_request(call: Call) -> TwinResponse:
    return as_json(_items(call).whole_pull_request(numbered(call, "PullRequest")))


def comments_of(call: Call) -> TwinResponse:
    found = _since(numbered(call, "Issue", "PullRequest")["_comments"], call.query)
    return call.page(found, _items(call).comment)


def comments(call: Call) -> TwinResponse:
    """Of all issues and pull requests."""
    repo = call.repo()
    found = [comment for item in (*repo.issues, *repo.pull_requests) for comment in item["_comments"]]
    query = {"direction": "asc"} | call.query
    return call.page(_sorted(_since(found, query), query), _items(call).comment)


def comment(call: Call) -> TwinResponse:
    return as_json(_items(call).comment(_by_number(call, "IssueComment")))


def _by_number(call: Call, typename: str) -> Node:
    repo, number = call.repo(), call.parts["item"]
    for node in call.hub.nodes.values():
        found = node["__typename"] == typename and node["_number"] == number and node["_repo"] is repo
        if found and "_gone" not in node and "_coming" not in node:
            return node
    raise not_found()


def reviews(call: Call) -> TwinResponse:
    viewer = call.caller.token.account if call.caller.token else {}
    found = numbered(call, "PullRequest")["_reviews"]
    return call.page([each for each in found if is_visible(each, viewer)], _items(call).review)


def review_comments_of(call: Call) -> TwinResponse:
    threads = numbered(call, "PullRequest")["_threads"]
    found = [each for thread in threads for each in thread["_comments"]]
    return call.page(_sorted(found, {"direction": "asc"}), _items(call).review_comment)


def releases(call: Call) -> TwinResponse:
    """Newest first; drafts for those who may push."""
    shown = [each for each in call.repo().releases if call.can_write or not each["isDraft"]]
    return call.page(shown[::-1], _items(call).release)


def release(call: Call) -> TwinResponse:
    shown = [each for each in call.repo().releases if call.can_write or not each["isDraft"]]
    match call.parts:
        case {"tag": tag}:
            found = [each for each in shown if each["tagName"] == tag]
        case {"item": number}:
            found = [each for each in shown if each["_number"] == number]
        case _:
            found = [each for each in shown if not each["isDraft"] and not each["isPrerelease"]]
    if not found:
        raise not_found()
    return as_json(_items(call).release(found[-1]))


def commit_list(call: Call) -> TwinResponse:
    """From a branch or hash backwards in time."""
    repo = call.repo()
    rows = _rows(repo)
    tip = _tip(repo, call.query.get("sha") or repo.node["_default_branch"])
    found: dict[str, Any] = {}
    waiting = [tip]
    while waiting:
        sha = waiting.pop()
        if sha not in found and sha in rows:
            found[sha] = rows[sha]
            waiting += rows[sha]["parents"]
    newest = sorted(
        found.values(), key=lambda row: (str(row["committed_at"] or ""), row["sha"]), reverse=True
    )
    return call.page(newest, lambda row: shapes.commit(call.base, call.hub, repo, row))


def commit(call: Call) -> TwinResponse:
    repo = call.repo()
    rows = _rows(repo)
    row = rows.get(_tip(repo, call.parts["ref"]))
    if row is None:
        raise problem(422, f"No commit found for SHA: {call.parts['ref']}")
    return as_json(shapes.commit(call.base, call.hub, repo, row))


def _rows(repo: Repo) -> dict[str, dict[str, Any]]:
    rows = commits.rows(repo)
    if not rows:
        raise problem(HTTPStatus.CONFLICT, "Git Repository is empty.")
    return rows


def _tip(repo: Repo, ref: str) -> str:
    found = commits.ref(repo, ref)
    return found["target"]["oid"] if found else ref
