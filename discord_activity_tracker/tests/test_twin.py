"""The twin over real HTTP: by discord.py itself, and by plain requests where it is stricter than that."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Generator
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import discord
import pytest
import requests
from discord.http import HTTPClient, Route

from core.twins import Fault, Faults, Served, TwinClock, World, serve
from discord_activity_tracker.tests.twin_calls import call, every_message, get, unlimited
from discord_activity_tracker.twin import DiscordTwin
from discord_activity_tracker.twin.rooms import Room

FAST = 1000.0


@pytest.fixture
def twin() -> DiscordTwin:
    world = World()
    return DiscordTwin(world, size=400, clock=TwinClock(start=world.until, multiple=FAST))


@pytest.fixture
def served(twin: DiscordTwin) -> Generator[Served]:
    with serve([twin]) as urls:
        yield urls


def with_discord_py(
    served: Served,
    token: str,
    work: Callable[[HTTPClient], Coroutine[Any, Any, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """What `work` returns when discord.py is pointed at the twin."""
    monkeypatch.setattr(Route, "BASE", f"{served['discord']}/api/v10")

    async def all_of_it() -> Any:
        client = HTTPClient(asyncio.get_running_loop(), max_ratelimit_timeout=60)
        try:
            await client.static_login(token)
            return await work(client)
        finally:
            await client.close()

    return asyncio.run(all_of_it())


def test_discord_py_reads_a_channel_to_its_end_and_meets_no_limit(
    twin: DiscordTwin, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    general = twin.server.general

    async def work(client: HTTPClient) -> list[Any]:
        ids: list[Any] = []
        after: int | None = 0
        while after is not None:
            page = await client.logs_from(general.id, 10, after=after)
            ids += [each["id"] for each in reversed(page)]
            after = int(page[0]["id"]) if page else None
        return ids

    ids = with_discord_py(served, twin.token, work, monkeypatch)
    assert ids == [str(number) for number in general.present()]
    assert len(ids) > 6 * 10  # more calls than one window holds
    assert twin.limits.refused == {}


def test_discord_py_is_told_to_wait_when_others_used_up_the_limit(
    twin: DiscordTwin, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = f"{served['discord']}/api/v10/channels/{twin.server.general.id}/messages"
    twin.limits.routes = {"messages": (5, 500.0)}
    headers = {"Authorization": f"Bot {twin.token}"}
    answers = [requests.get(route, headers=headers, timeout=5) for _ in range(6)]
    assert [each.status_code for each in answers] == [200] * 5 + [429]
    refused = answers[-1]
    assert refused.headers["X-RateLimit-Scope"] == "user"
    assert 0 < refused.json()["retry_after"] <= 0.5
    assert float(refused.headers["X-RateLimit-Reset-After"]) == pytest.approx(
        refused.json()["retry_after"], abs=1e-5
    )

    async def work(client: HTTPClient) -> int:
        return len(await client.logs_from(twin.server.general.id, 3))

    began = time.monotonic()
    assert with_discord_py(served, twin.token, work, monkeypatch) == 3
    assert time.monotonic() - began < 5
    assert twin.limits.refused == {"user": 2}


def test_discord_py_knows_refusals_for_what_they_are(
    twin: DiscordTwin, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(client: HTTPClient) -> list[int]:
        codes: list[int] = []
        for number in (twin.server.hidden.id, 1, twin.server.forum.id):
            try:
                await client.logs_from(number, 3)
            except discord.HTTPException as error:
                codes.append(error.code)
        return codes

    assert with_discord_py(served, twin.token, work, monkeypatch) == [50001, 10003, 50024]
    with pytest.raises(discord.LoginFailure):
        with_discord_py(served, "nobody's", work, monkeypatch)


def test_more_than_fifty_calls_in_a_second_are_too_many_for_all_routes() -> None:
    world = World()
    twin = DiscordTwin(world, size=60, clock=TwinClock(start=world.until, multiple=0.001))
    answers = [call(twin, "/users/@me") for _ in range(51)]
    assert [status for status, *_ in answers] == [200] * 50 + [429]
    _, body, headers = answers[-1]
    assert body["global"] is True
    assert headers["X-RateLimit-Scope"] == "global"
    assert headers["X-RateLimit-Global"] == "true"
    assert 900 < body["retry_after"] <= 1000
    assert int(headers["Retry-After"]) >= body["retry_after"]


def test_channels_have_limits_of_their_own(twin: DiscordTwin) -> None:
    twin.limits.routes = {"messages": (5, 10**6)}
    for room in (twin.server.general, twin.server.doomed, twin.server.team):
        answers = [call(twin, f"/channels/{room.id}/messages") for _ in range(5)]
        assert [headers["X-RateLimit-Remaining"] for _, _, headers in answers] == ["4", "3", "2", "1", "0"]
        assert len({headers["X-RateLimit-Bucket"] for _, _, headers in answers}) == 1


def test_a_page_holds_what_comes_right_after_or_right_before_newest_first() -> None:
    twin = unlimited(DiscordTwin(World(), size=400))
    path = f"/channels/{twin.server.general.id}/messages"
    ids = [str(number) for number in twin.server.general.present()]
    middle = ids[50]

    def asked(**query: Any) -> list[str]:
        return [each["id"] for each in get(twin, path, **query)]

    assert asked(limit=10) == ids[:-11:-1]
    assert asked(limit=10, after=middle) == ids[60:50:-1]
    assert asked(limit=10, before=middle) == ids[49:39:-1]
    assert asked(limit=11, around=middle) == ids[55:44:-1]
    assert asked(after=ids[-1]) == []
    assert len(asked()) == 50
    wrongs: list[dict[str, Any]] = [{"limit": 101}, {"limit": 0}, {"after": "yesterday"}]
    for wrong in wrongs:
        status, body, _ = call(twin, path, **wrong)
        assert (status, body["code"]) == (400, 50035)


def test_threads_are_listed_apart_from_channels_and_archived_ones_page_by_time() -> None:
    twin = unlimited(DiscordTwin(World(), size=20_000))
    server = twin.server
    listed = {each["id"] for each in get(twin, f"/guilds/{server.id}/channels")}
    assert listed == {str(room.id) for room in server.channels}
    active = get(twin, f"/guilds/{server.id}/threads/active")["threads"]
    found = [each["id"] for each in active]
    for parent in server.channels:
        for sort in ("public", "private"):
            path, query = f"/channels/{parent.id}/threads/archived/{sort}", {"limit": 3}
            more = parent.readable and parent.kind in {0, 5, 15, 16}
            while more:
                page = get(twin, path, **query)
                times = [each["thread_metadata"]["archive_timestamp"] for each in page["threads"]]
                assert times == sorted(times, reverse=True)
                found += [each["id"] for each in page["threads"]]
                more = page["has_more"]
                query |= {"before": times[-1]} if more else {}
    assert sorted(found) == sorted(str(room.id) for room in server.threads)
    assert len(found) > len(active) > 0


def test_what_a_reply_answers_is_told_with_it_and_null_when_it_is_gone(twin: DiscordTwin) -> None:
    unlimited(twin)
    messages = {each["id"]: each for each in every_message(twin, twin.server.general.id)}
    replies = [each for each in messages.values() if each["type"] == 19]
    answered = [each for each in replies if each["referenced_message"]]
    assert answered
    for each in answered:
        assert (
            each["referenced_message"]["content"]
            == messages[each["message_reference"]["message_id"]]["content"]
        )
    orphans = [each for each in replies if each["referenced_message"] is None]
    assert orphans
    assert all(each["message_reference"]["message_id"] not in messages for each in orphans)


def test_a_thread_has_the_id_of_the_message_that_it_was_started_from(twin: DiscordTwin) -> None:
    unlimited(twin)
    thread = twin.server.talkative
    message = get(twin, f"/channels/{twin.server.general.id}/messages/{thread.id}")
    assert message["thread"]["id"] == str(thread.id)
    assert message["flags"] & 1 << 5
    first, *_ = every_message(twin, thread.id)
    assert (first["type"], first["content"]) == (21, "")
    assert first["referenced_message"]["id"] == message["id"]
    post = next(room for room in twin.server.threads if room.is_post)
    assert next(every_message(twin, post.id))["id"] == str(post.id)


def test_attachments_are_behind_addresses_that_expire(twin: DiscordTwin, served: Served) -> None:
    headers = {"Authorization": f"Bot {twin.token}"}
    base = f"{served['discord']}/api/v10/channels/{twin.server.general.id}/messages?limit=100"
    page = requests.get(base, headers=headers, timeout=5).json()
    attachment = next(each for message in page for each in message["attachments"])
    file = requests.get(attachment["url"], timeout=5)
    assert (file.status_code, len(file.content)) == (200, attachment["size"])
    signature = parse_qs(urlsplit(attachment["url"]).query)
    assert set(signature) == {"ex", "is", "hm"}
    expired = attachment["url"].replace(f"ex={signature['ex'][0]}", "ex=5fffffff")
    for url in (expired, attachment["url"].partition("?")[0]):
        gone = requests.get(url, timeout=5)
        assert (gone.status_code, gone.text) == (404, "This content is no longer available.")
    time.sleep(0.01)
    again = requests.get(base, headers=headers, timeout=5).json()
    assert attachment["url"] not in json.dumps(again)


def test_without_the_intents_there_are_no_contents_and_no_members() -> None:
    twin = unlimited(DiscordTwin(World(), size=300, message_content=False, members=False))
    bot = str(twin.server.people.bot.id)
    messages = list(every_message(twin, twin.server.general.id))
    own = [each for each in messages if each["author"]["id"] == bot]
    others = [each for each in messages if each["author"]["id"] != bot]
    assert own
    assert all(each["content"] for each in own)
    assert others
    for each in others:
        assert (each["content"], each["embeds"], each["attachments"], each["components"]) == ("", [], [], [])
        assert "poll" not in each
    status, body, _ = call(twin, f"/guilds/{twin.server.id}/members", limit=1000)
    assert (status, body["code"]) == (403, 50001)
    assert get(twin, "/applications/@me")["flags"] & (1 << 18 | 1 << 19 | 1 << 14 | 1 << 15) == 0


def test_members_come_by_id_without_those_who_left(twin: DiscordTwin) -> None:
    path = f"/guilds/{twin.server.id}/members"
    found: list[int] = []
    while page := get(twin, path, limit=7, after=found[-1] if found else 0):
        found += [int(each["user"]["id"]) for each in page]
    assert found == sorted(found)
    assert found == [member.id for member in twin.server.people.present]
    assert len(get(twin, path)) == 1


def _dice(number: int) -> Random:
    return World().rng("drift", number)


def _state(twin: DiscordTwin) -> str:
    rows = {
        label: sorted(json.dumps(row, default=str, sort_keys=True) for row in rows)
        for label, rows in twin.truth().items()
    }
    return json.dumps(rows, sort_keys=True)


def test_the_same_seed_is_the_same_world_however_drift_came() -> None:
    calm, drifting = DiscordTwin(World(), size=200), DiscordTwin(World(), size=200)
    for number in range(3):
        for _ in range(number):
            drifting.drift(_dice(number))
        for each in (calm, drifting):
            each.settle()
        assert _state(calm) == _state(drifting)
        for each in (calm, drifting):
            each.mutate()
    assert _state(calm) != _state(DiscordTwin(World(2), size=200))


def test_drift_brings_what_was_not_there_and_nothing_before_it() -> None:
    twin = unlimited(DiscordTwin(World(), size=200))
    before = [each["id"] for each in every_message(twin, twin.server.general.id)]
    twin.drift(_dice(1))
    after = [each["id"] for each in every_message(twin, twin.server.general.id)]
    assert after[:-1] == before


def test_between_two_runs_everything_happens_that_a_collector_must_notice() -> None:
    twin = unlimited(DiscordTwin(World(), size=300))
    tables = [twin.truth()]
    for _ in range(3):
        twin.mutate()
        tables.append(twin.truth())
    messages = [{row["id"]: row for row in each["discord_activity_tracker.Message"]} for each in tables]
    channels = [{row["id"]: row for row in each["discord_activity_tracker.Channel"]} for each in tables]
    for earlier, later in pairwise(messages):
        assert later.keys() > earlier.keys()
        edited = [number for number in earlier if earlier[number]["content"] != later[number]["content"]]
        removed = [number for number in earlier if earlier[number]["removed"] != later[number]["removed"]]
        assert edited
        assert removed
        ids = sorted(earlier)
        for touched in (edited, removed):
            assert min(touched) < ids[len(ids) // 2] < max(touched)
    last = [tables[-1], messages[-1], channels[-1]]
    assert any(row["poll"] and row["poll"]["results"]["is_finalized"] for row in last[1].values())
    for name in ("is_pinned", "thread_id"):
        assert any(messages[0][n][name] != last[1][n][name] for n in messages[0])
    for name in ("name", "topic", "is_archived", "removed"):
        assert any(channels[0][n][name] != last[2][n][name] for n in channels[0]), name
    assert sum(row["removed"] for row in last[2].values()) >= 3  # a channel, its thread, a thread


def test_nothing_is_removed_that_nobody_can_have_seen() -> None:
    twin = DiscordTwin(World(), size=300)
    seen = {row["id"] for row in twin.truth()["discord_activity_tracker.Message"]}
    for _ in range(5):
        twin.mutate()
        rows = twin.truth()["discord_activity_tracker.Message"]
        assert all(row["id"] in seen for row in rows if row["removed"])
        seen = {row["id"] for row in rows}


def test_a_spoiled_page_has_one_message_that_makes_no_sense(twin: DiscordTwin) -> None:
    twin.faults = Faults(1, [Fault.MALFORMED], rate=1.0, in_a_row=10**9)
    with serve([twin]) as urls:
        headers = {"Authorization": f"Bot {twin.token}"}
        url = f"{urls['discord']}/api/v10/channels/{twin.server.general.id}/messages?limit=50"
        page = requests.get(url, headers=headers, timeout=5).json()
    good = get(unlimited(twin), f"/channels/{twin.server.general.id}/messages")
    assert len(page) == len(good)
    assert [_is_sound(each) for each in page].count(False) == 1
    assert all(_is_sound(each) for each in good)


def _is_sound(message: dict[str, Any]) -> bool:
    return (
        str(message["id"]).isdigit()
        and isinstance(message["type"], int)
        and isinstance(message["author"], dict)
        and "T" in message["timestamp"]
    )


@pytest.mark.parametrize(("kind", "is_json"), [(Fault.TOO_MANY, True), (Fault.TOO_MANY_BARE, False)])
def test_limits_on_demand_look_like_discords_or_like_those_of_the_proxy_in_front(
    twin: DiscordTwin, kind: Fault, is_json: bool
) -> None:
    twin.faults = Faults(1, [kind], rate=1.0, in_a_row=1)
    with serve([twin]) as urls:
        answer = requests.get(f"{urls['discord']}/api/v10/users/@me", timeout=5)
    assert answer.status_code == 429
    assert ("Via" in answer.headers) is is_json
    assert answer.headers["Content-Type"].startswith("application/json" if is_json else "text/plain")
    if is_json:
        assert answer.json()["retry_after"] >= 0
        assert answer.headers["X-RateLimit-Scope"] == "shared"


def test_a_hundred_thousand_messages_are_there_at_once_and_one_page_costs_what_any_costs() -> None:
    began = time.monotonic()
    twin = unlimited(DiscordTwin(World(), size=100_000))
    made = time.monotonic() - began
    rooms = [room for room in twin.server.rooms if room.has_messages]
    assert sum(map(len, rooms)) == pytest.approx(100_000, rel=0.02)
    biggest: Room = max(rooms, key=len)
    page = get(twin, f"/channels/{biggest.id}/messages", limit=100)
    assert len(page) == 100
    assert datetime.fromisoformat(page[0]["timestamp"]) < twin.world.until + timedelta(days=1)
    assert made < 20
