"""The edge of Slack's Web API: tokens, arguments, scopes, limits, errors, downloads.

https://docs.slack.dev/apis/web-api: everything answers 200 with `ok`, but for 429.
"""

import hmac
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from core.twins import ANY, Arguments, Refusal, Routes, TwinRequest, TwinResponse, as_text
from cppa_slack_tracker.twin import files
from cppa_slack_tracker.twin.calls import Call
from cppa_slack_tracker.twin.methods import FEW, METHODS
from cppa_slack_tracker.twin.paging import RefusedError, as_json, invalid
from cppa_slack_tracker.twin.workspaces import Workspace

if TYPE_CHECKING:
    from cppa_slack_tracker.twin.twins import SlackTwin

ROOT = "/api"
_LOGIN = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body><form></form></body></html>\n"
_HTML = "text/html; charset=utf-8"
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


def rate_limited(retry_after: int | None) -> TwinResponse:
    """Answer as Slack does when the minute's calls are used up. retry_after: real seconds."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return as_json({"ok": False, "error": "ratelimited"}, 429, headers)


def answer(twin: "SlackTwin", request: TwinRequest) -> TwinResponse:
    found = _ROUTES.find(request.method, request.path)
    if found is None:
        return as_text("not found\n", 404, "text/plain")
    handler, parts = found
    try:
        return handler(twin, request, **parts)
    except Refusal as refusal:
        return refusal.response


def _method(twin: "SlackTwin", request: TwinRequest, name: str) -> TwinResponse:
    if name not in METHODS:
        raise RefusedError("unknown_method", req_method=name)
    args = _arguments(request)
    space = _space(twin, request, args)
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
    except Refusal as refusal:
        response = refusal.response
    response.headers["X-OAuth-Scopes"] = ",".join(sorted(space.scopes))
    return response


def _arguments(request: TwinRequest) -> Arguments:
    """Arguments of the URL and of the body, a form or JSON. Raises RefusedError for another body."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not request.body or kind == _FORM:
        said: Any = dict(parse_qsl(request.body.decode()))
    elif kind != _JSON:
        raise RefusedError("invalid_post_type")
    else:
        try:
            said = json.loads(request.body)
        except ValueError as error:
            raise RefusedError("invalid_json") from error
    if not isinstance(said, dict):
        raise RefusedError("json_not_object")
    texts = {name: _text(value) for name, value in said.items() if value is not None}
    given = {name: text for name, text in (dict(request.query) | texts).items() if text}
    return Arguments(given, invalid)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _space(twin: "SlackTwin", request: TwinRequest, args: Arguments) -> Workspace:
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


def _download(twin: "SlackTwin", request: TwinRequest, team: str, file: str, name: str = "") -> TwinResponse:
    """Serve a file; without a token that may read it, the page on which people sign in."""
    del name
    space = _owner(twin, _bearer(request))
    if space is None or space.refusal or "files:read" not in space.scopes:
        return as_text(_LOGIN, 200, _HTML)
    channel, post = space.files.get(file, (None, None))
    is_there = team == space.id and file not in space.deleted_files
    if not (channel and post and is_there) or post.kind not in files.FOUND:
        return as_text(_LOGIN, 404, _HTML)
    kind = "text/plain" if post.kind.value == "snippet" else "image/png"
    return TwinResponse(200, files.content(post), {"Content-Type": kind})


_ROUTES = Routes[Callable[..., TwinResponse]]([
    (ANY, f"{ROOT}/{{name:path}}", _method),
    (ANY, f"{files.ROOT}/{{team}}-{{file}}", _download),
    (ANY, f"{files.ROOT}/{{team}}-{{file}}/{{name:path}}", _download),
])  # fmt: skip
