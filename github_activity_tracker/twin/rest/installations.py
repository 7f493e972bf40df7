"""A GitHub App: it signs for itself, and gets a token for an hour for each of its installations."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import jwt

from core.twins import TwinResponse
from github_activity_tracker.twin.gate import as_json, problem
from github_activity_tracker.twin.hub import iso
from github_activity_tracker.twin.rest.calls import Call, not_found
from github_activity_tracker.twin.tokens import Token, sent, token_value

LIFETIME = timedelta(hours=1)
LONGEST = 600
"""Seconds that an App's own token may be good for."""


def app(call: Call) -> TwinResponse:
    _signed(call)
    return as_json({"id": int(call.twin.app.client_id), "slug": "twin-app", "name": "Twin App"})


def create_token(call: Call) -> TwinResponse:
    """A token for the installation."""
    _signed(call)
    twin, number = call.twin, call.parts["installation"]
    if number != twin.app.installation:
        raise not_found()
    twin.app.issued += 1
    rng = twin.world.rng("installation token", number, twin.app.issued)
    account = twin.hub.accounts.bots[-1]
    token = Token(token_value(rng, "ghs_"), account, can_write=True, installation=number)
    token.ends = twin.clock.now() + LIFETIME
    real = timedelta(seconds=twin.clock.real_seconds(LIFETIME.total_seconds()))
    body = {
        "token": twin.give(token).value,
        "expires_at": iso(datetime.now(UTC) + real),  # by the client's clock
        "permissions": {"contents": "write", "issues": "write", "metadata": "read", "pull_requests": "write"},
        "repository_selection": "all",
    }
    return as_json(body, HTTPStatus.CREATED)


def _signed(call: Call) -> None:
    """Refuses what the App has not signed, or not for a time that GitHub allows."""
    try:
        claims = jwt.decode(
            sent(call.request.headers) or "",
            call.twin.app.public_key,
            algorithms=["RS256"],
            issuer=call.twin.app.client_id,
            options={"require": ["exp", "iat", "iss"]},
        )
    except jwt.InvalidTokenError:
        text = "A JSON web token could not be decoded"
        raise problem(HTTPStatus.UNAUTHORIZED, text) from None
    if claims["exp"] - claims["iat"] > LONGEST:
        text = "'Expiration time' claim ('exp') is too far in the future"
        raise problem(HTTPStatus.UNAUTHORIZED, text)
