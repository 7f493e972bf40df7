"""The answer to a GraphQL request: limits first, then the query."""

import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from core.twins import TwinRequest, TwinResponse
from github_activity_tracker.twin import graphql_api
from github_activity_tracker.twin.context import Context
from github_activity_tracker.twin.gate import Caller, as_json, problem
from github_activity_tracker.twin.hub import iso
from github_activity_tracker.twin.tokens import Token

if TYPE_CHECKING:
    from github_activity_tracker.twin.twins import GithubTwin

TIMEOUT = (
    "Something went wrong while executing your query. This may be the result of a timeout, or it could be a"
    " GitHub bug. Please include `TWIN:0:0:0` when reporting this issue."
)
NEXT_IDS = "x-github-next-global-id"


def graphql(twin: "GithubTwin", request: TwinRequest) -> TwinResponse:
    """Always 200 for a query that was read, whatever is wrong with it; data and errors stand in the body."""
    caller = _admitted(twin, request)
    if isinstance(caller, TwinResponse) or caller.token is None:
        return caller if isinstance(caller, TwinResponse) else _ANONYMOUS
    asked = _asked(request)
    if asked is None:
        return problem(HTTPStatus.BAD_REQUEST, "Problems parsing JSON")
    query = graphql_api.read(asked["query"], asked.get("variables") or {}, asked.get("operationName"))
    if not twin.limits.spend(caller.budget, "graphql", query.points):
        return _told(twin, caller, {"errors": [_exhausted(caller)]})
    outcome = graphql_api.execute(query, _context(twin, request, caller.token, query))
    if outcome.is_timeout:
        return as_json({"data": None, "errors": [{"message": TIMEOUT}]}, HTTPStatus.BAD_GATEWAY)
    return _told(twin, caller, outcome.body)


def _exhausted(caller: Caller) -> dict[str, str]:
    """Both kinds are seen on the real one: here installations are told the one, people the other."""
    message = f"API rate limit already exceeded for {caller.name}."
    if caller.token and caller.token.installation:
        return {"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": message}
    return {"type": "RATE_LIMITED", "message": message}


def _admitted(twin: "GithubTwin", request: TwinRequest) -> Caller | TwinResponse:
    """Who asks, or why they are not heard."""
    if request.method != "POST":
        return problem(HTTPStatus.NOT_FOUND, "Not Found")
    caller = twin.gate.caller(request)
    if isinstance(caller, TwinResponse):
        return caller
    return twin.gate.pace(caller, "graphql", writes=False) or caller


_ANONYMOUS = problem(HTTPStatus.UNAUTHORIZED, "This endpoint requires you to be authenticated.")


def _asked(request: TwinRequest) -> dict[str, Any] | None:
    try:
        asked = json.loads(request.body)
    except ValueError:
        return None
    return asked if isinstance(asked, dict) and isinstance(asked.get("query"), str) else None


def _context(twin: "GithubTwin", request: TwinRequest, token: Token, query: graphql_api.Query) -> Context:
    bucket = twin.limits.bucket(token.budget, "graphql")
    rate_limit = {
        "cost": query.points,
        "limit": bucket.limit,
        "remaining": bucket.remaining,
        "used": bucket.used,
        "resetAt": iso(datetime.fromtimestamp(twin.limits.reset(bucket), UTC)),
        "nodeCount": query.cost.nodes if query.cost else 0,
    }
    next_ids = request.headers.get(NEXT_IDS) == "1"
    return Context(twin.hub, token.account, next_ids, rate_limit, twin.capacity)


def _told(twin: "GithubTwin", caller: Caller, body: dict[str, Any]) -> TwinResponse:
    return as_json(body, HTTPStatus.OK, twin.limits.headers(caller.budget, "graphql"))
