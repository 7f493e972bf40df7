"""Calls of the twin's Web API without HTTP."""

import json
from typing import Any

from core.twins import TwinRequest
from cppa_slack_tracker.twin import SlackTwin
from cppa_slack_tracker.twin.channels import Channel
from cppa_slack_tracker.twin.posts import Kind

SLOW = 0.001
"""Of a clock: a minute is over when the test is long over."""


def ask(twin: SlackTwin, method: str, token: str | None = "", **args: Any) -> dict[str, Any]:
    """Without HTTP; the token of the first workspace unless another, or None, is given."""
    headers = {"host": "twin"}
    if token is not None:
        headers["authorization"] = f"Bearer {token or twin.space.token}"
    query = {name: str(value) for name, value in args.items()}
    answer = twin.answer(TwinRequest("GET", f"/api/{method}", query, headers, b"", f"/api/{method}"))
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body) | {"headers": answer.headers, "status": answer.status}


def pages(twin: SlackTwin, method: str, **args: Any) -> list[dict[str, Any]]:
    found = [ask(twin, method, **args)]
    while cursor := found[-1].get("response_metadata", {}).get("next_cursor"):
        found.append(ask(twin, method, **args, cursor=cursor))
    return found


def odd(twin: SlackTwin) -> Channel:
    return twin.space.channel("boost")


def the(channel: Channel, kind: Kind) -> int:
    return next(ts for ts in sorted(channel.posts) if channel.posts[ts].kind is kind)
