"""The REST API under /api/v3: its addresses, and the headers of every answer.

https://docs.github.com/en/rest
"""

import hashlib
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from core.twins import Refusal, Routes, TwinRequest, TwinResponse
from github_activity_tracker.twin.gate import Caller, problem
from github_activity_tracker.twin.rest import files, installations, reading, search, writing
from github_activity_tracker.twin.rest.calls import Call
from github_activity_tracker.twin.tokens import sent

if TYPE_CHECKING:
    from github_activity_tracker.twin.twins import GithubTwin

ROOT = "/api/v3"
Handler = Callable[[Call], TwinResponse]
_ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "", reading.root),
    ("GET", "/", reading.root),
    ("GET", "/user", reading.own_user),
    ("GET", "/users/{login}", reading.user),
    ("GET", "/rate_limit", reading.rate_limit),
    ("GET", "/orgs/{login}/repos", reading.repositories_of),
    ("GET", "/users/{login}/repos", reading.repositories_of),
    ("GET", "/search/issues", search.issues),
    ("GET", "/search/code", search.code),
    ("GET", "/app", installations.app),
    ("POST", "/app/installations/{installation:int}/access_tokens", installations.create_token),
]
_OF_A_REPOSITORY: list[tuple[str, str, Handler]] = [
    ("GET", "", reading.repository),
    ("GET", "/issues", reading.issues),
    ("POST", "/issues", writing.create_issue),
    ("GET", "/issues/comments", reading.comments),
    ("GET", "/issues/comments/{item:int}", reading.comment),
    ("GET", "/issues/{number:int}", reading.issue),
    ("PATCH", "/issues/{number:int}", writing.edit_issue),
    ("GET", "/issues/{number:int}/comments", reading.comments_of),
    ("POST", "/issues/{number:int}/comments", writing.create_comment),
    ("GET", "/pulls", reading.pull_requests),
    ("POST", "/pulls", writing.create_pull_request),
    ("GET", "/pulls/{number:int}", reading.pull_request),
    ("GET", "/pulls/{number:int}/reviews", reading.reviews),
    ("GET", "/pulls/{number:int}/comments", reading.review_comments_of),
    ("GET", "/releases", reading.releases),
    ("GET", "/releases/latest", reading.release),
    ("GET", "/releases/tags/{tag:path}", reading.release),
    ("GET", "/releases/{item:int}", reading.release),
    ("GET", "/commits", reading.commit_list),
    ("GET", "/commits/{ref:path}", reading.commit),
    ("GET", "/contents", files.read),
    ("GET", "/contents/{path:path}", files.read),
    ("PUT", "/contents/{path:path}", files.write),
    ("GET", "/git/ref/{ref:path}", files.ref),
    ("GET", "/git/refs/{ref:path}", files.ref),
    ("POST", "/git/refs", files.create_ref),
]
_ALL = Routes([
    *_ROUTES,
    *((method, start + path, handler)
      for start in ("/repos/{owner}/{name}", "/repositories/{id:int}")
      for method, path, handler in _OF_A_REPOSITORY),
])  # fmt: skip
_OF_APPS = {installations.create_token, installations.app}
_FREE = {reading.rate_limit, *_OF_APPS}
_RESOURCES: dict[Handler, str] = {search.issues: "search", search.code: "code_search"}


def answer(twin: "GithubTwin", request: TwinRequest) -> TwinResponse:
    """Answer within the limits, by 304 when the caller has it already. Raises Refusal before that."""
    found = _ALL.find(request.method, request.path.removeprefix(ROOT))
    if found is None:
        raise problem(HTTPStatus.NOT_FOUND, "Not Found")
    handler, parts = found
    # Handlers for Apps judge the App's own token.
    caller = Caller(None) if handler in _OF_APPS else twin.gate.caller(request)
    reads = request.method in {"GET", "HEAD"}
    twin.gate.pace(caller, "rest", writes=not reads)
    resource = _RESOURCES.get(handler, "core")
    if handler not in _FREE:
        twin.gate.spend(caller, resource)
    response = _handled(twin, request, caller, handler, parts)
    if reads and response.status == HTTPStatus.OK and isinstance(response.body, bytes):
        response = _unless_known(twin, request, caller, response, resource)
    response.headers |= twin.limits.headers(caller.budget, resource) | {
        "X-GitHub-Media-Type": "github.v3; format=json"
    }
    return response


def _handled(
    twin: "GithubTwin", request: TwinRequest, caller: Caller, handler: Handler, parts: dict[str, Any]
) -> TwinResponse:
    try:
        body: Any = json.loads(request.body) if request.body else {}
    except ValueError:
        return problem(HTTPStatus.BAD_REQUEST, "Problems parsing JSON").response
    call = Call(twin, request, caller, parts, request.origin + ROOT, body if isinstance(body, dict) else {})
    try:
        return handler(call)
    except Refusal as refusal:
        return refusal.response


def _unless_known(
    twin: "GithubTwin", request: TwinRequest, caller: Caller, response: TwinResponse, resource: str
) -> TwinResponse:
    """Add an ETag, which differs from token to token; an answer that the caller has costs nothing."""
    body = response.body if isinstance(response.body, bytes) else b""
    digest = hashlib.sha256(body + (sent(request.headers) or "").encode()).hexdigest()
    response.headers |= {
        "ETag": f'W/"{digest}"',
        "Cache-Control": "private, max-age=60, s-maxage=60",
        "Vary": "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With",
    }
    asked = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if f'"{digest}"' not in asked:
        return response
    if caller.token is not None:  # free with a token only
        twin.limits.give_back(caller.budget, resource)
    return TwinResponse(HTTPStatus.NOT_MODIFIED, b"", response.headers)
