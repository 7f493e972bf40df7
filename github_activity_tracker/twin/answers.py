"""Answers to GraphQL requests: limits first, then the query."""

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
    """Answer 200 to every query that was read, whatever is wrong with it; data and errors are in the body.

    Raises Refusal for what was not even read.
    """
    if request.method != "POST":
        raise problem(HTTPStatus.NOT_FOUND, "Not Found")
    caller = twin.gate.caller(request)
    twin.gate.pace(caller, "graphql", writes=False)
    if caller.token is None:
        raise problem(HTTPStatus.UNAUTHORIZED, "This endpoint requires you to be authenticated.")
    asked = _asked(request)
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


def _asked(request: TwinRequest) -> dict[str, Any]:
    try:
        asked = json.loads(request.body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        raise problem(HTTPStatus.BAD_REQUEST, "Problems parsing JSON")
    return asked


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
