"""The twin's Web API: the published shapes, paging, limits, errors, with the vendor's client and without."""

import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from core.twins import Fault, Faults, Served, TwinClock, TwinRequest, World, serve
from cppa_slack_tracker.twin import SlackTeamsTwin, SlackTwin
from cppa_slack_tracker.twin.channels import Channel
from cppa_slack_tracker.twin.ids import moment_of, ts_text
from cppa_slack_tracker.twin.posts import Kind

SPECIFICATION = json.loads((Path(__file__).parent / "examples/slack_web_api.json").read_text())
# Where the twin leaves the specification of 2020, on purpose.
KNOWN = {
    # The documentation of conversations.replies says so, the schema does not.
    "conversations.history.messages[].reply_users[]: 'B...' is not ^[UW][A-Z0-9]{2,}$",
    # What the project's issue asks for: a message whose text is null, a user without a profile.
    "conversations.history.messages[].text: None is not ['string']",
    "users.list.members[] lacks profile",
}
SLOW = 0.001


@pytest.fixture
def twin() -> SlackTwin:
    return SlackTwin(World(1), size=60)


@pytest.fixture
def served(twin: SlackTwin) -> Iterator[Served]:
    with serve([twin]) as urls:
        yield urls


@pytest.fixture
def client(twin: SlackTwin, served: Served) -> WebClient:
    return WebClient(token=twin.space.token, base_url=f"{served['slack']}/api/")


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


def wrong(schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
    """What the published schema says against a value; fields that it does not know are newer."""
    if "$ref" in schema:
        schema = SPECIFICATION["definitions"][schema["$ref"]]
    if "anyOf" in schema:
        found = [list(wrong(each, value, where)) for each in schema["anyOf"]]
        yield from min(found, key=len)
        return
    types = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "object": dict,
        "array": list,
    }
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if wanted and not any(
        (value is None) if each == "null" else isinstance(value, types[each]) for each in wanted
    ):
        yield f"{where}: {value!r} is not {wanted}"
        return
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: {value!r} is not {schema['pattern']}"
    if isinstance(value, list) and "items" in schema:
        for each in value:
            yield from wrong(schema["items"], each, f"{where}[]")
    if isinstance(value, dict):
        for name in set(schema.get("required", ())) - value.keys():
            yield f"{where} lacks {name}"
        for name in schema.get("properties", {}).keys() & value.keys():
            yield from wrong(schema["properties"][name], value[name], f"{where}.{name}")


def test_every_answer_is_as_slack_has_published_it(twin: SlackTwin) -> None:
    channel = odd(twin)
    file = next(file for file, (_, post) in twin.space.files.items() if post.kind is Kind.SNIPPET)
    calls: dict[str, dict[str, Any]] = {
        "auth.test": {},
        "team.info": {},
        "users.list": {},
        "users.info": {"user": twin.space.people[0]["id"]},
        "conversations.list": {"types": "public_channel,private_channel,mpim", "limit": 1000},
        "conversations.info": {"channel": channel.id},
        "conversations.members": {"channel": channel.id},
        "conversations.history": {"channel": channel.id, "limit": 999},
        "conversations.replies": {"channel": channel.id, "ts": ts_text(min(channel.threads))},
        "conversations.join": {"channel": channel.id},
        "files.info": {"file": file},
        "pins.list": {"channel": channel.id},
    }
    assert calls.keys() == SPECIFICATION["methods"].keys()
    found = {
        complaint
        for method, args in calls.items()
        for complaint in wrong(SPECIFICATION["methods"][method]["answer"], ask(twin, method, **args), method)
    }
    assert {re.sub(r"'B0\w+'", "'B...'", complaint) for complaint in found} == KNOWN


def test_a_schema_that_is_not_met_is_seen() -> None:
    answer = SPECIFICATION["methods"]["conversations.history"]["answer"]
    message = {"type": "message", "ts": "yesterday", "user": "U1X", "reply_count": "3"}
    found = list(wrong(answer, {"ok": True, "messages": [message]}, "history"))
    assert len(found) == 7  # ts, reply_count, text, and four that every answer has


@pytest.mark.parametrize("limit", [3, 7, 999])
def test_history_is_paged_newest_first_without_replies_whatever_the_size(twin: SlackTwin, limit: int) -> None:
    channel = odd(twin)
    found = pages(twin, "conversations.history", channel=channel.id, limit=limit)
    listed = [message["ts"] for page in found for message in page["messages"]]
    assert listed == [ts_text(ts) for ts in reversed(channel.timeline)]
    assert all(len(page["messages"]) == limit for page in found[:-1])
    assert [page["has_more"] for page in found] == [True] * (len(found) - 1) + [False]
    assert "response_metadata" not in found[-1]
    shown = {message["ts"]: message for page in found for message in page["messages"]}
    broadcast = shown[ts_text(the(channel, Kind.BROADCAST))]
    assert broadcast["root"]["ts"] == broadcast["thread_ts"] != broadcast["ts"]


def test_what_arrives_while_paging_does_not_shift_the_pages(twin: SlackTwin) -> None:
    channel = odd(twin)
    expected = [ts_text(ts) for ts in reversed(channel.timeline)]
    found = [ask(twin, "conversations.history", channel=channel.id, limit=5)]
    while "response_metadata" in found[-1]:
        twin.drift(World(len(found)).rng("drift"))
        cursor = found[-1]["response_metadata"]["next_cursor"]
        found.append(ask(twin, "conversations.history", channel=channel.id, limit=5, cursor=cursor))
    assert [message["ts"] for page in found for message in page["messages"]] == expected
    assert len(channel.timeline) > len(expected)


def test_bounds_are_left_out_unless_inclusive(twin: SlackTwin) -> None:
    channel = odd(twin)
    first, second, third, fourth = channel.timeline[3:7]

    def listed(**args: Any) -> list[str]:
        found = ask(twin, "conversations.history", channel=channel.id, **args)["messages"]
        return [message["ts"] for message in found]

    bounds: dict[str, Any] = {"oldest": ts_text(first), "latest": ts_text(fourth)}
    assert listed(**bounds) == [ts_text(third), ts_text(second)]
    assert listed(**bounds, inclusive="true") == [ts_text(ts) for ts in (fourth, third, second, first)]
    assert listed(latest=ts_text(channel.timeline[0])) == []
    assert listed(oldest=ts_text(channel.timeline[-2])) == [ts_text(channel.timeline[-1])]


def test_each_page_of_a_thread_begins_with_its_parent_and_replies_are_oldest_first(twin: SlackTwin) -> None:
    channel = odd(twin)
    parent, replies = max(channel.threads.items(), key=lambda item: len(item[1]))
    found = pages(twin, "conversations.replies", channel=channel.id, ts=ts_text(parent), limit=3)
    assert len(found) == -(-len(replies) // 2)
    assert {page["messages"][0]["ts"] for page in found} == {ts_text(parent)}
    listed = [message["ts"] for page in found for message in page["messages"][1:]]
    assert listed == [ts_text(ts) for ts in replies]
    head = found[0]["messages"][0]
    assert (head["reply_count"], head["latest_reply"]) == (len(replies), ts_text(replies[-1]))
    assert len(head["reply_users"]) <= 5


def test_a_message_without_thread_and_a_reply_come_alone(twin: SlackTwin) -> None:
    channel = odd(twin)
    ask_replies = partial(ask, twin, "conversations.replies", channel=channel.id)
    loose = next(ts for ts in channel.timeline if ts not in channel.threads and not channel.posts[ts].thread)
    reply = max(channel.threads.values(), key=len)[0]
    for ts in (loose, reply):
        assert [message["ts"] for message in ask_replies(ts=ts_text(ts))["messages"]] == [ts_text(ts)]
    assert ask_replies(ts="1000000000.000000")["error"] == "thread_not_found"


def test_the_vendors_client_reads_everything(twin: SlackTwin, client: Any, served: Served) -> None:
    channels = [
        channel
        for page in client.conversations_list(types="public_channel,private_channel", limit=2)
        for channel in page["channels"]
    ]
    users = [user for page in client.users_list(limit=10) for user in page["members"]]
    assert [user["id"] for user in users] == [user["id"] for user in twin.space.listed_users]
    seen: set[tuple[str, str]] = set()
    for channel in channels:
        members = [
            each
            for page in client.conversations_members(channel=channel["id"], limit=7)
            for each in page["members"]
        ]
        assert sorted(members) == sorted(twin.space.channels[channel["id"]].members)
        if not channel["is_member"]:
            continue
        for page in client.conversations_history(channel=channel["id"], limit=50):
            for message in page["messages"]:
                seen.add((channel["id"], message["ts"]))
                if message.get("reply_count"):
                    thread = client.conversations_replies(channel=channel["id"], ts=message["ts"], limit=4)
                    seen |= {(channel["id"], each["ts"]) for part in thread for each in part["messages"]}
    truth = twin.truth()["cppa_slack_tracker.Message"]
    assert seen == {(row["channel__channel_id"], row["ts"]) for row in truth}
    assert client.bookmarks_list(channel_id=odd(twin).id)["bookmarks"]
    assert served.requests["slack"] > len(channels) * 2


def test_a_call_may_be_a_form_or_json_as_well(twin: SlackTwin, served: Served) -> None:
    url = f"{served['slack']}/api/conversations.history"
    headers = {"Authorization": f"Bearer {twin.space.token}"}
    args = {"channel": odd(twin).id, "limit": 2, "inclusive": True}
    form = requests.post(url, data=args, headers=headers, timeout=30).json()
    as_json = requests.post(url, json=args, headers=headers, timeout=30).json()
    in_form = requests.post(url, data=args | {"token": twin.space.token}, timeout=30).json()
    assert form == as_json == in_form
    assert len(form["messages"]) == 2
    broken = requests.post(url, data=b"{", headers=headers | {"Content-Type": "application/json"}, timeout=30)
    assert broken.json() == {"ok": False, "error": "invalid_json"}
    other = requests.post(url, data=b"x", headers=headers | {"Content-Type": "text/plain"}, timeout=30)
    assert other.json()["error"] == "invalid_post_type"


@pytest.mark.parametrize(
    ("method", "args", "code"),
    [
        ("conversations.history", {"channel": "C0NOWHERE"}, "channel_not_found"),
        ("conversations.history", {"channel": "hidden"}, "channel_not_found"),
        ("conversations.history", {"channel": "not-joined"}, "not_in_channel"),
        ("pins.list", {"channel": "not-joined"}, "not_in_channel"),
        ("conversations.history", {"channel": "boost", "limit": "many"}, "invalid_limit"),
        ("conversations.history", {"channel": "boost", "limit": 1001}, "invalid_limit"),
        ("conversations.history", {"channel": "boost", "cursor": "bmV4dA=="}, "invalid_cursor"),
        ("conversations.history", {"channel": "boost", "cursor": "!"}, "invalid_cursor"),
        ("conversations.history", {"channel": "boost", "latest": "noon"}, "invalid_ts_latest"),
        ("conversations.history", {"channel": "boost", "oldest": "-1"}, "invalid_ts_oldest"),
        ("conversations.history", {}, "invalid_arguments"),
        ("conversations.list", {"types": "forum"}, "invalid_types"),
        ("conversations.join", {"channel": "old-announcements"}, "is_archived"),
        ("conversations.join", {"channel": "moderators"}, "method_not_supported_for_channel_type"),
        ("users.info", {"user": "U0NOBODY"}, "user_not_found"),
        ("files.info", {"file": "F0NOTHING"}, "file_not_found"),
        ("emoji.lost", {}, "unknown_method"),
    ],
)
def test_what_cannot_be_answered_has_slacks_code(
    twin: SlackTwin, method: str, args: dict[str, str], code: str
) -> None:
    names = {channel.name: channel.id for channel in twin.space.channels.values()}
    if "channel" in args:
        args = args | {"channel": names.get(args["channel"], args["channel"])}
    answer = ask(twin, method, **args)
    assert (answer["status"], answer["ok"], answer["error"]) == (200, False, code)


def test_a_token_is_asked_for_everywhere(twin: SlackTwin) -> None:
    assert ask(twin, "auth.test", token=None)["error"] == "not_authed"
    assert ask(twin, "auth.test", token="xoxb-of-somebody-else")["error"] == "invalid_auth"
    twin.space.refusal = "account_inactive"
    assert ask(twin, "users.list")["error"] == "account_inactive"


def test_a_scope_that_lacks_is_named_with_those_that_are_there(twin: SlackTwin) -> None:
    twin.space.scopes -= {"groups:history", "users:read.email"}
    refused = ask(twin, "conversations.history", channel=twin.space.channel("moderators").id)
    assert (refused["error"], refused["needed"]) == ("missing_scope", "groups:history")
    assert refused["provided"] == refused["headers"]["X-OAuth-Scopes"]
    assert ask(twin, "conversations.history", channel=odd(twin).id)["ok"]
    users = ask(twin, "users.list")["members"]
    assert not any("email" in user.get("profile", {}) for user in users)


def test_joining_a_channel_opens_it(twin: SlackTwin) -> None:
    channel = twin.space.channel("not-joined")
    assert ask(twin, "conversations.join", channel=channel.id)["channel"]["is_member"]
    assert ask(twin, "conversations.history", channel=channel.id)["messages"]
    assert ask(twin, "conversations.join", channel=channel.id)["warning"] == "already_in_channel"


def test_direct_messages_are_listed_only_when_asked_for(twin: SlackTwin) -> None:
    def kinds(types: str) -> set[str]:
        found = ask(twin, "conversations.list", types=types, limit=1000)["channels"]
        return {twin.space.channels[each["id"]].kind for each in found}

    assert kinds("") == {"public_channel"}
    assert kinds("im,mpim") == {"im", "mpim"}
    names = {
        each.get("name") for each in ask(twin, "conversations.list", types="private_channel")["channels"]
    }
    assert names == {"moderators"}


@pytest.mark.parametrize(
    ("method", "calls"),
    [("conversations.history", 50), ("users.list", 20), ("conversations.members", 100)],
)
def test_a_minute_has_as_many_calls_as_the_tier_says(method: str, calls: int) -> None:
    clock = TwinClock(multiple=SLOW)
    twin = SlackTwin(World(1), size=60, clock=clock)
    answers = [ask(twin, method, channel=odd(twin).id) for _ in range(calls + 1)]
    assert [answer["ok"] for answer in answers] == [True] * calls + [False]
    last = answers[-1]
    assert (last["status"], last["error"]) == (429, "ratelimited")
    assert int(last["headers"]["Retry-After"]) == pytest.approx(60 / SLOW, rel=0.01)
    assert ask(twin, "auth.test")["ok"]


def test_the_minute_slides_with_the_twins_clock() -> None:
    twin = SlackTwin(World(1), size=60, clock=TwinClock(multiple=600))
    while ask(twin, "users.list")["ok"]:
        pass
    deadline = time.monotonic() + 5
    while not ask(twin, "users.list")["ok"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert twin.limits.refused >= 1


def test_workspaces_have_tokens_and_limits_of_their_own() -> None:
    twin = SlackTeamsTwin(World(1), size=60, clock=TwinClock(multiple=SLOW))
    first, second = twin.spaces
    while ask(twin, "users.list")["ok"]:
        pass
    assert ask(twin, "users.list", token=second.token)["ok"]
    assert not {*first.channels} & {*second.channels}
    environment = twin.environment("http://twin")
    assert environment[f"SLACK_BOT_TOKEN_{second.id}"] == second.token
    assert environment["SLACK_TEAM_IDS"] == f"{first.id},{second.id}"


def test_an_app_sold_elsewhere_gets_fifteen_messages_and_one_call_a_minute() -> None:
    twin = SlackTwin(World(1), size=60, restricted=True, clock=TwinClock(multiple=SLOW))
    answer = ask(twin, "conversations.history", channel=odd(twin).id, limit=200)
    assert (len(answer["messages"]), answer["has_more"]) == (15, True)
    assert ask(twin, "conversations.history", channel=odd(twin).id)["error"] == "ratelimited"
    assert ask(twin, "users.list")["ok"]


def test_a_free_plan_hides_what_is_old_and_says_so() -> None:
    twin = SlackTwin(World(1), size=60)
    channel = odd(twin)
    middle = channel.timeline[len(channel.timeline) // 2]
    twin = SlackTwin(World(1), size=60, hidden_before=moment_of(middle))
    found = pages(twin, "conversations.history", channel=channel.id, limit=20)
    assert all(page["is_limited"] for page in found)
    assert min(message["ts"] for page in found for message in page["messages"]) > ts_text(middle)
    rows = twin.truth()["cppa_slack_tracker.Message"]
    assert {row["ts"] for row in rows if row["channel__channel_id"] == channel.id} >= {
        message["ts"] for page in found for message in page["messages"]
    }
    assert "is_limited" not in ask(SlackTwin(World(1)), "conversations.history", channel=channel.id)


def test_a_file_needs_the_token_else_there_is_the_page_to_sign_in(twin: SlackTwin, served: Served) -> None:
    file_id = next(file for file, (_, post) in twin.space.files.items() if post.kind is Kind.FILE)
    url = f"{served['slack']}/api/files.info"
    headers = {"Authorization": f"Bearer {twin.space.token}"}
    file = requests.get(url, params={"file": file_id}, headers=headers, timeout=30).json()["file"]
    assert file["url_private"].startswith(served["slack"])
    content = requests.get(file["url_private"], headers=headers, timeout=30)
    assert (content.headers["Content-Type"], len(content.content)) == (file["mimetype"], file["size"])
    stranger = requests.get(file["url_private"], timeout=30)
    assert (stranger.status_code, stranger.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    twin.space.deleted_files.add(file_id)
    assert requests.get(file["url_private"], headers=headers, timeout=30).status_code == 404
    assert ask(twin, "files.info", file=file_id)["error"] == "file_deleted"


def test_a_file_to_be_asked_for_is_whole_only_in_files_info(twin: SlackTwin) -> None:
    channel = odd(twin)
    for kind, is_known in ((Kind.FILE_UNCHECKED, True), (Kind.FILE_DENIED, False), (Kind.FILE_HIDDEN, False)):
        ts = ts_text(the(channel, kind))
        (message,) = ask(twin, "conversations.replies", channel=channel.id, ts=ts)["messages"]
        (file,) = message["files"]
        assert "name" not in file
        assert ask(twin, "files.info", file=file["id"])["ok"] == is_known


def test_the_vendors_client_is_told_of_limits_and_errors(twin: SlackTwin, client: WebClient) -> None:
    twin.fail("conversations.history", "fatal_error", channel=odd(twin).id)
    with pytest.raises(SlackApiError, match="fatal_error"):
        client.conversations_history(channel=odd(twin).id)
    assert client.conversations_history(channel=twin.space.channel("general").id)["ok"]
    twin.fail("conversations.history", None, channel=odd(twin).id)
    assert client.conversations_history(channel=odd(twin).id)["ok"]
    with twin.lock:
        twin.faults = Faults(1, [Fault.TOO_MANY], rate=1.0, in_a_row=1)
    with pytest.raises(SlackApiError) as caught:
        client.conversations_history(channel=odd(twin).id, limit=3)
    assert caught.value.response.status_code == 429
    assert caught.value.response["error"] == "ratelimited"
    assert "Retry-After" in {**caught.value.response.headers}


def test_a_spoiled_answer_has_one_message_without_a_ts_that_makes_sense(twin: SlackTwin) -> None:
    whole = ask(twin, "conversations.history", channel=odd(twin).id, limit=999)["messages"]
    spoiled: Any
    with serve([twin]) as urls:
        twin.faults = Faults(1, [Fault.MALFORMED], rate=1.0, in_a_row=1)
        client = WebClient(token=twin.space.token, base_url=f"{urls['slack']}/api/")
        spoiled = client.conversations_history(channel=odd(twin).id, limit=999)["messages"]
    (pair,) = [
        (mine, real) for mine, real in zip(spoiled, whole, strict=True) if mine.get("ts") != real["ts"]
    ]
    assert "reply_count" not in pair[1]
    assert not isinstance(pair[0].get("ts"), str) or pair[0]["ts"] == "yesterday"


def test_a_day_is_a_minute_when_the_clock_runs_so(twin: SlackTwin) -> None:
    before = twin.clock.now()
    time.sleep(0.02)
    assert twin.clock.now() - before > timedelta(seconds=15)
