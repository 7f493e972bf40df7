"""Calls of a twin without a server in between: what it answers, as JSON."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from core.twins import TwinRequest
from discord_activity_tracker.twin import DiscordTwin
from discord_activity_tracker.twin.api import ROOT

Payload = dict[str, Any]


def call(
    twin: DiscordTwin, path: str, *, token: str | None = None, **query: Any
) -> tuple[int, Any, dict[str, str]]:
    """Status, body and headers of a GET. path: below the API's root."""
    target = f"{ROOT}{path}" + (f"?{urlencode(query)}" if query else "")
    headers = {"authorization": f"Bot {token or twin.token}", "host": "127.0.0.1:9"}
    texts = {name: str(value) for name, value in query.items()}
    response = twin.answer(TwinRequest("GET", f"{ROOT}{path}", texts, headers, b"", target))
    assert isinstance(response.body, bytes)
    return response.status, json.loads(response.body), response.headers


def get(twin: DiscordTwin, path: str, **query: Any) -> Any:
    """The body of a GET that is answered."""
    status, body, _ = call(twin, path, **query)
    assert status == 200, body
    return body


def every_message(twin: DiscordTwin, channel: int | str, limit: int = 100) -> Iterator[Payload]:
    """Oldest first, page after page."""
    after = "0"
    while page := get(twin, f"/channels/{channel}/messages", after=after, limit=limit):
        yield from reversed(page)
        after = page[0]["id"]


def unlimited(twin: DiscordTwin) -> DiscordTwin:
    """The same twin, for tests that are not about limits."""
    twin.limits.everything = (10**9, 1.0)
    twin.limits.routes = {}
    return twin
