"""The REST API under /api/v3: which address leads where, and what every answer has.

https://docs.github.com/en/rest
"""

import hashlib
import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from core.twins import TwinRequest, TwinResponse
from github_activity_tracker.twin.gate import Caller, problem
from github_activity_tracker.twin.rest import files, installations, reading, search, writing
from github_activity_tracker.twin.rest.calls import Call, Refusal, not_found
from github_activity_tracker.twin.tokens import sent

if TYPE_CHECKING:
    from github_activity_tracker.twin.twins import GithubTwin

ROOT = "/api/v3"
Handler = Callable[[Call], TwinResponse]
_REPO = r"(?:/repos/(?P<owner>[^/]+)/(?P<name>[^/]+)|/repositories/(?P<id>\d+))"
_ITEM = r"/(?P<number>\d+)"
_ONE = r"/(?P<item>\d+)"
_ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", r"/?", reading.root),
    ("GET", r"/user", reading.own_user),
    ("GET", r"/users/(?P<login>[^/]+)", reading.user),
    ("GET", r"/rate_limit", reading.rate_limit),
    ("GET", r"/(?:orgs|users)/(?P<login>[^/]+)/repos", reading.repositories_of),
    ("GET", r"/search/issues", search.issues),
    ("GET", r"/search/code", search.code),
    ("GET", r"/app", installations.app),
    ("POST", r"/app/installations/(?P<installation>\d+)/access_tokens", installations.create_token),
    ("GET", _REPO, reading.repository),
    ("GET", _REPO + r"/issues", reading.issues),
    ("POST", _REPO + r"/issues", writing.create_issue),
    ("GET", _REPO + r"/issues/comments", reading.comments),
    ("GET", _REPO + r"/issues/comments" + _ONE, reading.comment),
    ("GET", _REPO + r"/issues" + _ITEM, reading.issue),
    ("PATCH", _REPO + r"/issues" + _ITEM, writing.edit_issue),
    ("GET", _REPO + r"/issues" + _ITEM + r"/comments", reading.comments_of),
    ("POST", _REPO + r"/issues" + _ITEM + r"/comments", writing.create_comment),
    ("GET", _REPO + r"/pulls", reading.pull_requests),
    ("POST", _REPO + r"/pulls", writing.create_pull_request),
    ("GET", _REPO + r"/pulls" + _ITEM, reading.pull_request),
    ("GET", _REPO + r"/pulls" + _ITEM + r"/reviews", reading.reviews),
    ("GET", _REPO + r"/pulls" + _ITEM + r"/comments", reading.review_comments_of),
    ("GET", _REPO + r"/releases", reading.releases),
    ("GET", _REPO + r"/releases/latest", reading.release),
    ("GET", _REPO + r"/releases/tags/(?P<tag>.+)", reading.release),
    ("GET", _REPO + r"/releases" + _ONE, reading.release),
    ("GET", _REPO + r"/commits", reading.commit_list),
    ("GET", _REPO + r"/commits/(?P<ref>.+)", reading.commit),
    ("GET", _REPO + r"/contents/?(?P<path>.*)", files.read),
    ("PUT", _REPO + r"/contents/(?P<path>.+)", files.write),
    ("GET", _REPO + r"/git/refs?/(?P<ref>.+)", files.ref),
    ("POST", _REPO + r"/git/refs", files.create_ref),
]
_COMPILED = [(method, re.compile(pattern), handler) for method, pattern, handler in _ROUTES]
_FREE = {reading.rate_limit, installations.create_token, installations.app}


def answer(twin: "GithubTwin", request: TwinRequest) -> TwinResponse:
    """Limits first, then the answer, 304 when the caller has it already."""
    found = _route(request)
    if found is None:
        return problem(HTTPStatus.NOT_FOUND, "Not Found")
    handler, parts = found
    if handler in {installations.create_token, installations.app}:
        caller: Caller | TwinResponse = Caller(None)  # they judge the App's own token
    else:
        caller = twin.gate.caller(request)
    if isinstance(caller, TwinResponse):
        return caller
    reads = request.method in {"GET", "HEAD"}
    if refusal := twin.gate.pace(caller, "rest", writes=not reads):
        return refusal
    resource = "search" if handler is search.issues else "code_search" if handler is search.code else "core"
    if handler not in _FREE and not twin.limits.spend(caller.budget, resource):
        return twin.gate.exhausted(caller, resource)
    response = _handled(twin, request, caller, handler, parts)
    if reads and response.status == HTTPStatus.OK and isinstance(response.body, bytes):
        response = _unless_known(twin, request, caller, response, resource)
    response.headers |= twin.limits.headers(caller.budget, resource) | {
        "X-GitHub-Media-Type": "github.v3; format=json"
    }
    return response


def _route(request: TwinRequest) -> tuple[Handler, dict[str, str]] | None:
    method = "GET" if request.method == "HEAD" else request.method
    path = unquote(request.path.removeprefix(ROOT))
    for known, pattern, handler in _COMPILED:
        if known == method and (match := pattern.fullmatch(path)):
            return handler, {name: value for name, value in match.groupdict().items() if value is not None}
    return None


def _handled(
    twin: "GithubTwin", request: TwinRequest, caller: Caller, handler: Handler, parts: dict[str, str]
) -> TwinResponse:
    body: Any = {}
    if request.body:
        try:
            body = json.loads(request.body)
        except ValueError:
            return problem(HTTPStatus.BAD_REQUEST, "Problems parsing JSON")
    call = Call(twin, request, caller, parts, request.origin + ROOT, body if isinstance(body, dict) else {})
    try:
        return handler(call)
    except Refusal as refusal:
        return refusal.response


def _unless_known(
    twin: "GithubTwin", request: TwinRequest, caller: Caller, response: TwinResponse, resource: str
) -> TwinResponse:
    """With an ETag, which differs from token to token; an answer that the caller has costs nothing."""
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


__all__ = ["ROOT", "answer", "not_found"]
