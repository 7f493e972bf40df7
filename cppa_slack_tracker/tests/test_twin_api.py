"""The twin's Web API: tokens, arguments, scopes, errors and files, with the vendor's client and without."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from core.twins import Fault, Faults, Served, World, serve
from cppa_slack_tracker.tests.asking import ask, odd, the
from cppa_slack_tracker.twin import SlackTwin
from cppa_slack_tracker.twin.ids import ts_text
from cppa_slack_tracker.twin.posts import Kind


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
