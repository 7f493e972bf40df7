"""The edge of Slack's Web API: tokens, arguments, scopes, limits, errors, downloads.

https://docs.slack.dev/apis/web-api: everything answers 200 with `ok`, but for 429.
"""

import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from core.twins import TwinRequest, TwinResponse
from cppa_slack_tracker.twin import files
from cppa_slack_tracker.twin.calls import Call
from cppa_slack_tracker.twin.methods import FEW, METHODS
from cppa_slack_tracker.twin.paging import RefusedError
from cppa_slack_tracker.twin.workspaces import Workspace

if TYPE_CHECKING:
    from cppa_slack_tracker.twin.twins import SlackTwin

ROOT = "/api/"
_LOGIN = (
    b"<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body><form></form></body></html>\n"
)
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


def as_json(data: dict[str, Any], status: int = 200, **headers: str) -> TwinResponse:
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return TwinResponse(status, body, {"Content-Type": "application/json; charset=utf-8", **headers})


def refused(code: str, **more: Any) -> TwinResponse:
    return as_json({"ok": False, "error": code, **more})


def rate_limited(retry_after: int | None) -> TwinResponse:
    """How Slack says that the minute's calls are used up. retry_after: real seconds."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return as_json({"ok": False, "error": "ratelimited"}, 429, **headers)


def answer(twin: "SlackTwin", request: TwinRequest) -> TwinResponse:
    if request.path.startswith(ROOT):
        return _method(twin, request, request.path.removeprefix(ROOT))
    if request.path.startswith(f"{files.ROOT}/"):
        return _download(twin, request)
    return TwinResponse(404, b"not found\n", {"Content-Type": "text/plain"})


def _method(twin: "SlackTwin", request: TwinRequest, name: str) -> TwinResponse:
    if name not in METHODS:
        return refused("unknown_method", req_method=name)
    try:
        args = _arguments(request)
        space = _space(twin, request, args)
    except RefusedError as refusal:
        return refused(refusal.code, **refusal.more)
    handler, allowed = METHODS[name]
    if twin.restricted:
        allowed = FEW.get(name, allowed)
    wait = twin.limits.spend(space.id, name, allowed)
    if wait is not None:
        return rate_limited(wait)
    call = Call(
        space, args, request.origin, twin.clock, hidden_before=twin.hidden_before, restricted=twin.restricted
    )
    try:
        twin.check(name, args)
        response = as_json({"ok": True, **handler(call)})
    except RefusedError as refusal:
        response = refused(refusal.code, **refusal.more)
    response.headers["X-OAuth-Scopes"] = ",".join(sorted(space.scopes))
    return response


def _arguments(request: TwinRequest) -> dict[str, str]:
    """Of the URL and of the body, a form or JSON. Raises RefusedError for another body."""
    args = dict(request.query)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not request.body or kind == _FORM:
        return args | dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    if kind != _JSON:
        raise RefusedError("invalid_post_type")
    try:
        said = json.loads(request.body)
    except ValueError as error:
        raise RefusedError("invalid_json") from error
    if not isinstance(said, dict):
        raise RefusedError("json_not_object")
    return args | {name: _text(value) for name, value in said.items() if value is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _space(twin: "SlackTwin", request: TwinRequest, args: dict[str, str]) -> Workspace:
    """The workspace that the token is for. Raises RefusedError without a good one."""
    token = _bearer(request) or args.get("token", "")
    if not token:
        raise RefusedError("not_authed")
    space = _owner(twin, token)
    if space is None:
        raise RefusedError("invalid_auth")
    if space.refusal:
        raise RefusedError(space.refusal)
    return space


def _bearer(request: TwinRequest) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _owner(twin: "SlackTwin", token: str) -> Workspace | None:
    return next((space for space in twin.spaces if hmac.compare_digest(space.token, token)), None)


def _download(twin: "SlackTwin", request: TwinRequest) -> TwinResponse:
    """A file's bytes; without a token that may read it, the page on which people sign in."""
    space = _owner(twin, _bearer(request))
    login = TwinResponse(200, _LOGIN, {"Content-Type": "text/html; charset=utf-8"})
    if space is None or space.refusal or "files:read" not in space.scopes:
        return login
    found = request.path.removeprefix(f"{files.ROOT}/{space.id}-").partition("/")[0]
    channel, post = space.files.get(found, (None, None))
    if not (channel and post) or found in space.deleted_files or post.kind not in files.FOUND:
        return TwinResponse(404, _LOGIN, {"Content-Type": "text/html; charset=utf-8"})
    kind = "text/plain" if post.kind.value == "snippet" else "image/png"
    return TwinResponse(200, files.content(post), {"Content-Type": kind})
