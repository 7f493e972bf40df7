"""The private parts of discord.py that we rely on: `discord.http` is undocumented."""

import asyncio
import inspect

from discord.http import HTTPClient, Ratelimit, Route


def parameters(method: object) -> list[str]:
    assert callable(method)
    return list(inspect.signature(method).parameters)


def test_discord_py_has_the_private_parts_that_our_client_replaces() -> None:
    """`PatientHTTPClient` replaces `request`, `SaneLimits` the limits of routes and how they learn."""
    assert parameters(HTTPClient.request)[:2] == ["self", "route"]
    assert parameters(HTTPClient.get_ratelimit) == ["self", "key"]
    assert parameters(Ratelimit.update) == ["self", "response", "use_clock"]
    assert Route.BASE.startswith("https://discord.com/api/")
    assert Route("GET", "/users/@me").url == f"{Route.BASE}/users/@me"
    loop = asyncio.new_event_loop()
    try:
        client = HTTPClient(loop, max_ratelimit_timeout=60)
        assert vars(client)["_buckets"] == {}
        assert client.max_ratelimit_timeout == 60
        assert parameters(getattr(client, "_try_clear_expired_ratelimits")) == []  # noqa: B009 - by its name
    finally:
        loop.close()
    used = (
        "static_login get_guild get_all_guild_channels get_channel get_active_threads get_members get_message"
        " logs_from get_public_archived_threads get_private_archived_threads"
        " get_joined_private_archived_threads"
    )
    assert [name for name in used.split() if not callable(getattr(HTTPClient, name, None))] == []
