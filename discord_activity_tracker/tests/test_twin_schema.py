"""The twin against Discord's published description: what it serves is there, and looks like that."""

from collections import Counter
from typing import Any

import pytest

from core.twins import World
from discord_activity_tracker.tests.published import openapi
from discord_activity_tracker.tests.twin_calls import call, every_message, get, unlimited
from discord_activity_tracker.twin import DiscordTwin

MEDIA = (
    16  # https://docs.discord.com/developers/resources/channel#channel-object-channel-types; not described
)


@pytest.fixture(scope="module")
def twin() -> DiscordTwin:
    """After two rounds of changes, when everything has happened that can."""
    made = unlimited(DiscordTwin(World(), size=300))
    made.mutate()
    made.mutate()
    return made


def _violations(twin: DiscordTwin, path: str, **query: Any) -> list[str]:
    status, body, _ = call(twin, path, **query)
    assert set(query) <= openapi().parameters("GET", path)
    if path.endswith("/channels"):
        body = [each for each in body if each["type"] != MEDIA]
    return openapi().violations("GET", path, status, body)


def test_what_it_says_of_the_bot_and_the_server_is_as_described(twin: DiscordTwin) -> None:
    guild = f"/guilds/{twin.server.id}"
    paths = ["/users/@me", "/users/@me/guilds", "/applications/@me", "/oauth2/applications/@me", guild]
    paths += [f"{guild}/channels", f"{guild}/roles", f"{guild}/threads/active"]
    paths += [f"{guild}/members/{twin.server.people.bot.id}"]
    assert {path: found for path in paths if (found := _violations(twin, path))} == {}
    assert _violations(twin, guild, with_counts="true") == []
    assert _violations(twin, f"{guild}/members", limit=1000, after=0) == []


def test_every_message_of_every_kind_is_as_described(twin: DiscordTwin) -> None:
    fresh = unlimited(DiscordTwin(World(), size=60))
    kinds = Counter(
        each["type"]
        for room in fresh.server.rooms
        if room.has_messages and room.is_readable
        for each in every_message(fresh, room.id)
    )
    for room in twin.server.rooms:
        if room.has_messages and room.is_readable and not room.is_gone:
            path = f"/channels/{room.id}/messages"
            messages = list(every_message(twin, room.id))
            assert openapi().violations("GET", path, 200, messages) == []
    # 3 and 5 are kinds that only direct messages have.
    assert set(kinds) == {0, 1, 2, 4, *range(6, 13), *range(14, 30), 31, 32, 36, 37, 38, 39, 46, 55}


def test_channels_threads_pins_and_reactions_are_as_described(twin: DiscordTwin) -> None:
    for room in twin.server.rooms:
        if room.is_readable and not room.is_gone and room.kind != MEDIA:
            assert _violations(twin, f"/channels/{room.id}") == []
    general = f"/channels/{twin.server.general.id}"
    assert _violations(twin, f"{general}/messages/pins", limit=50) == []
    assert _violations(twin, f"{general}/pins") == []
    assert _violations(twin, f"{general}/threads/archived/public", limit=100) == []
    assert _violations(twin, f"{general}/threads/archived/private", limit=100) == []
    assert _violations(twin, f"{general}/users/@me/threads/archived/private") == []
    message = next(each for each in get(twin, f"{general}/messages", limit=100) if each.get("reactions"))
    name = message["reactions"][0]["emoji"]["name"]
    assert _violations(twin, f"{general}/messages/{message['id']}") == []
    assert _violations(twin, f"{general}/messages/{message['id']}/reactions/{name}", limit=100) == []


def test_refusals_are_as_described(twin: DiscordTwin) -> None:
    general = twin.server.general.id
    for path, status, code in (
        ("/channels/1/messages", 404, 10003),
        (f"/channels/{general}/messages/1", 404, 10008),
        ("/guilds/1", 404, 10004),
        (f"/channels/{twin.server.hidden.id}/messages", 403, 50001),
        (f"/channels/{twin.server.forum.id}/messages", 400, 50024),
    ):
        found, body, _ = call(twin, path)
        assert (found, body["code"]) == (status, code)
        assert openapi().violations("GET", path, found, body) == []
    found, body, _ = call(twin, "/users/@me", token="nobody's")
    assert (found, body) == (401, {"message": "401: Unauthorized", "code": 0})


def test_a_limit_is_told_as_described() -> None:
    twin = DiscordTwin(World(), size=60)
    path = f"/channels/{twin.server.general.id}/messages"
    *_, (status, body, headers) = [call(twin, path) for _ in range(6)]
    assert status == 429
    assert openapi().violations("GET", path, status, body) == []
    described = {"limit", "remaining", "reset", "reset-after", "bucket"}
    assert described <= {name.lower().removeprefix("x-ratelimit-") for name in headers}


def test_the_check_itself_finds_what_is_wrong(twin: DiscordTwin) -> None:
    path = f"/channels/{twin.server.general.id}/messages"
    good = get(twin, path, limit=1)
    for name, value in (
        ("type", 999),
        ("id", 5),
        ("timestamp", "yesterday"),
        ("author", {}),
        ("embeds", None),
    ):
        assert openapi().violations("GET", path, 200, [good[0] | {name: value}]), name
    assert openapi().violations(
        "GET", path, 200, [{key: good[0][key] for key in good[0] if key != "content"}]
    )
    with pytest.raises(KeyError):
        openapi().violations("GET", "/channels/1/nonsense", 200, {})
