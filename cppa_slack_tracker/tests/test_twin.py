"""The Slack twin's world: everything is in it, the truth is what can be collected, and size costs little."""

import json
import time
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from core.twins import Fault, Faults, World
from cppa_slack_tracker.tests.asking import ask
from cppa_slack_tracker.twin import SlackTeamsTwin, SlackTwin, writing
from cppa_slack_tracker.twin.channels import Channel
from cppa_slack_tracker.twin.ids import micros, moment_of, ts_of, ts_text
from cppa_slack_tracker.twin.posts import Kind

Key = tuple[Any, ...]
APP = "cppa_slack_tracker"


@pytest.fixture
def twin() -> SlackTwin:
    return SlackTwin(World(1), size=200)


def messages(twin: SlackTwin) -> dict[Key, dict[str, Any]]:
    rows = twin.truth()[f"{APP}.Message"]
    found = {(row["channel__channel_id"], row["ts"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def reactions(twin: SlackTwin) -> dict[Key, int]:
    rows = twin.truth()[f"{APP}.Reaction"]
    return {
        (row["message__channel__channel_id"], row["message__ts"], row["name"]): row["count"] for row in rows
    }


def shown(twin: SlackTwin, channel: Channel, kind: Kind) -> dict[str, Any]:
    post = next(post for post in channel if post.kind is kind)
    return twin.space.payload(channel, post)


def test_the_same_seed_makes_the_same_workspace_and_another_seed_another() -> None:
    assert SlackTwin(World(1)).truth() == SlackTwin(World(1)).truth()
    assert SlackTwin(World(1)).truth() != SlackTwin(World(2)).truth()


def test_every_kind_of_message_is_there_at_any_size() -> None:
    twin = SlackTwin(World(1), size=1)
    kinds = {post.kind for channel in twin.space.channels.values() for post in channel}
    assert kinds == set(Kind)


def test_a_third_of_the_messages_are_replies_in_threads_of_several_pages_too() -> None:
    twin = SlackTwin(World(3), size=100_000)
    channels = twin.space.channels.values()
    total = sum(len(channel.posts) for channel in channels)
    replies = sum(len(each) for channel in channels for each in channel.threads.values())
    assert total == pytest.approx(100_000, rel=0.01)
    assert replies / total == pytest.approx(1 / 3, abs=0.03)
    assert max(len(each) for channel in channels for each in channel.threads.values()) > 999


def test_cpp_survives_slacks_escapes(twin: SlackTwin) -> None:
    texts = [row["text"] for row in messages(twin).values()]
    assert any("&lt;class Clock = std::chrono::steady_clock&gt;" in text for text in texts)
    assert any("`std::chrono::steady_clock::now()`" in text for text in texts)
    assert any("<https://www.boost.org/libs/" in text and "&amp;b=2|Boost." in text for text in texts)
    assert writing.escaped("a<b> && c") == "a&lt;b&gt; &amp;&amp; c"


def test_a_message_may_say_everything_beside_its_text(twin: SlackTwin) -> None:
    channel = twin.space.channel("boost")
    assert shown(twin, channel, Kind.NULL_TEXT)["text"] is None
    for kind, where in ((Kind.BLOCKS_ONLY, "blocks"), (Kind.BOT_MESSAGE, "attachments")):
        message = shown(twin, channel, kind)
        assert (message["text"], bool(message[where])) == ("", True)
    rich = shown(twin, channel, Kind.RICH)
    assert "std::map&lt;K, V&gt;" in rich["text"]
    assert '"std::map<K, V>"' in json.dumps(rich["blocks"])


def test_people_named_under_a_reaction_may_be_fewer_than_gave_it() -> None:
    rows = SlackTwin(World(1), size=3000).truth()[f"{APP}.Reaction"]
    assert any(row["count"] > len(row["user_ids"]) == writing.CUT for row in rows)
    assert all(row["count"] >= len(row["user_ids"]) > 0 for row in rows)


def test_people_are_the_worlds_with_guests_bots_and_those_who_are_gone(twin: SlackTwin) -> None:
    users = twin.space.listed_users
    present = [person for person in twin.world.people if "slack" in person.handles]
    assert [user["name"] for user in users[3:]] == [person.handles["slack"] for person in present]
    for name in ("deleted", "is_restricted", "is_ultra_restricted", "is_bot", "is_owner"):
        assert {user.get(name, False) for user in users} == {True, False}
    assert any("profile" not in user for user in users)
    assert not users[0]["is_bot"]  # Slackbot says so of itself
    assert twin.space.stranger not in users


def test_a_round_of_changes_brings_everything_that_can_happen(twin: SlackTwin) -> None:
    before, given = messages(twin), reactions(twin)
    twin.mutate()
    after, given_after = messages(twin), reactions(twin)
    again = SlackTwin(World(1), size=200)
    again.mutate()
    assert again.truth() == twin.truth()

    assert set(before) <= set(after)
    new = [row for key, row in after.items() if key not in before]
    changed = [(before[key], row) for key, row in after.items() if key in before and before[key] != row]
    old = ts_text(micros(twin.world.until))
    assert all(row["ts"] > old for row in new)
    assert any(row["thread_ts"] and row["thread_ts"] < old for row in new)  # late replies
    assert any(row["is_broadcast"] for row in new)
    gone = [(was, row) for was, row in changed if row["removed"] and not was["removed"]]
    assert any(was["thread_ts"] is None for was, _ in gone)
    assert any(was["thread_ts"] not in {None, was["ts"]} for was, _ in gone)
    assert any(was["thread_ts"] == was["ts"] and row["reply_count"] for was, row in gone)  # a tombstone
    assert all(row["text"] == was["text"] for was, row in gone)
    edited = [(was, row) for was, row in changed if row["edited_at"] != was["edited_at"]]
    assert edited
    assert all(row["text"] != was["text"] and row["edited_by"] for was, row in edited)
    assert {"channel_name", "channel_topic", "group_topic", "channel_join"} <= {row["subtype"] for row in new}
    assert set(given) - set(given_after)
    assert any(count < given[key] for key, count in given_after.items() if key in given)
    assert any(key not in given for key in given_after if key[:2] in before)


def test_nothing_changes_without_an_edit_however_many_people_come(twin: SlackTwin) -> None:
    twin.mutate()
    before = messages(twin)
    for _ in range(3):
        twin.mutate()
    after = messages(twin)
    silent = [
        (before[key]["text"], row["text"])
        for key, row in after.items()
        if key in before and row["edited_at"] == before[key]["edited_at"]
    ]
    assert len(silent) > 100
    assert all(was == now for was, now in silent)


def test_channels_and_people_change_too(twin: SlackTwin) -> None:
    before = twin.truth()
    twin.mutate()
    twin.mutate()
    after = twin.truth()

    def differing(model: str, key: str, column: str) -> list[Any]:
        was = {row[key]: row[column] for row in before[f"{APP}.{model}"]}
        return [row[key] for row in after[f"{APP}.{model}"] if was.get(row[key], row[column]) != row[column]]

    assert len(differing("Channel", "channel_id", "name")) == 1
    assert len(differing("Channel", "channel_id", "is_archived")) == 1
    assert differing("Channel", "channel_id", "topic")
    assert differing("User", "user_id", "display_name")
    assert differing("User", "user_id", "is_deactivated")
    assert differing("File", "file_id", "removed")
    for model in ("User", "Channel", "Message", "MembershipEvent", "Pin", "Bookmark", "ChannelMember"):
        assert len(after[f"{APP}.{model}"]) > len(before[f"{APP}.{model}"])
    removed = Counter(model for model, rows in after.items() for row in rows if row.get("removed"))
    assert {f"{APP}.{model}" for model in ("Pin", "Bookmark", "ChannelMember", "Message", "File")} <= set(
        removed
    )
    silent = [row for row in after[f"{APP}.MembershipEvent"] if row["ts"].startswith("list-")]
    assert silent
    assert {row["happened_at"] for row in silent} == {None}


def test_a_channel_that_is_deleted_is_found_nowhere_and_what_was_said_stays(twin: SlackTwin) -> None:
    for _ in range(3):
        twin.mutate()
    (closed,) = [channel for channel in twin.space.channels.values() if channel.is_closed]
    listed = ask(twin, "conversations.list", limit=1000)["channels"]
    assert closed.id not in {channel["id"] for channel in listed}
    assert ask(twin, "conversations.history", channel=closed.id)["error"] == "channel_not_found"
    (row,) = [row for row in twin.truth()[f"{APP}.Channel"] if row["channel_id"] == closed.id]
    assert row["removed"]
    said = [row for key, row in messages(twin).items() if key[0] == closed.id]
    assert said
    assert any(not row["removed"] for row in said)


@pytest.mark.parametrize(("name", "code"), [("boost", "not_in_channel"), ("moderators", "channel_not_found")])
def test_a_channel_that_puts_the_bot_out_is_read_no_more(twin: SlackTwin, name: str, code: str) -> None:
    channel = twin.space.channel(name)
    before = messages(twin)
    twin.space.put_out(channel)
    assert ask(twin, "conversations.history", channel=channel.id)["error"] == code
    (row,) = [row for row in twin.truth()[f"{APP}.Channel"] if row["channel_id"] == channel.id]
    assert row["removed"] == (code == "channel_not_found")
    assert messages(twin) == before


def test_a_tombstone_goes_with_its_last_reply(twin: SlackTwin) -> None:
    channel = twin.space.channel("boost")
    parent, replies = max(channel.threads.items(), key=lambda item: len(item[1]))
    twin.space.remove(channel, parent)
    assert channel.posts[parent].kind is Kind.TOMBSTONE
    assert twin.space.payload(channel, channel.posts[parent])["text"] == "This message was deleted."
    for reply in list(replies):
        assert parent in channel.timeline
        twin.space.remove(channel, reply)
    assert parent not in channel.posts
    assert parent not in channel.timeline
    assert messages(twin)[channel.id, ts_text(parent)]["removed"]


def test_a_parent_without_its_last_reply_still_has_a_thread(twin: SlackTwin) -> None:
    channel = twin.space.channel("boost")
    parent = next(ts for ts, each in channel.threads.items() if channel.posts[ts].kind is Kind.CODE)
    for reply in list(channel.threads[parent]):
        twin.space.remove(channel, reply)
    shown = twin.space.payload(channel, channel.posts[parent])
    assert (shown["thread_ts"], shown["reply_count"]) == (shown["ts"], 0)
    assert shown["latest_reply"] == "0000000000.000000"


def test_whatever_drift_happened_the_workspace_ends_the_same() -> None:
    truths: list[Any] = []
    for how_often in (0, 2, 100):
        twin = SlackTwin(World(1), size=60, faults=Faults(1, [Fault.DRIFT], rate=1.0))
        calm = twin.truth()
        for number in range(how_often):
            twin.drift(World(number).rng("drift"))
        twin.settle()
        assert twin.truth() != calm
        assert {row["thread_ts"] for row in twin.truth()[f"{APP}.Message"]} > {None}
        twin.mutate()
        twin.settle()
        truths.append(twin.truth())
    assert truths[0] == truths[1] == truths[2]


def test_an_export_has_every_message_of_every_conversation_by_day(twin: SlackTwin, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    twin.mutate()
    twin.export_zip(path)
    names: dict[str, str] = {}
    with zipfile.ZipFile(path) as archive:
        lists = {"users", "channels", "groups", "dms", "mpims", "integration_logs"}
        assert {name.removesuffix(".json") for name in archive.namelist() if "/" not in name} == lists
        for name in ("channels", "groups", "dms", "mpims"):
            for channel in json.loads(archive.read(f"{name}.json")):
                names[channel.get("name", channel["id"])] = channel["id"]
        found: set[Key] = set()
        for name in archive.namelist():
            folder, _, day = name.partition("/")
            for message in json.loads(archive.read(name)) if day else []:
                found.add((names[folder], message["ts"]))
                assert f"{moment_of(ts_of(message['ts'])):%Y-%m-%d}.json" == day
        assert json.loads(archive.read("users.json")) == twin.space.listed_users
    channels = twin.space.channels.values()
    assert found == {(channel.id, ts_text(ts)) for channel in channels for ts in channel.posts}


def test_an_exported_parent_lists_its_replies_and_everyone_has_a_short_profile(
    twin: SlackTwin, tmp_path: Path
) -> None:
    path = tmp_path / "export.zip"
    twin.export_zip(path)
    with zipfile.ZipFile(path) as archive:
        days = [name for name in archive.namelist() if name.startswith("boost/")]
        said = [message for day in days for message in json.loads(archive.read(day))]
    parents = [message for message in said if message.get("reply_count")]
    assert parents
    assert all(len(parent["replies"]) == parent["reply_count"] for parent in parents)
    people = [message for message in said if message.get("client_msg_id")]
    assert {"display_name", "real_name"} <= people[0]["user_profile"].keys()
    assert all(message["user_team"] and message["source_team"] for message in people)


def test_two_workspaces_have_nothing_in_common_but_the_people() -> None:
    twin = SlackTeamsTwin(World(1), size=100)
    first, second = twin.spaces
    assert [user["name"] for user in first.people] == [user["name"] for user in second.people]
    assert not {user["id"] for user in first.people} & {user["id"] for user in second.people}
    twin.mutate()
    teams = {row["channel__workspace__team_id"] for row in twin.truth()[f"{APP}.Message"]}
    assert teams == {first.id, second.id}


def test_many_messages_are_made_in_seconds_and_fit_in_little_memory() -> None:
    tracemalloc.start()
    began = time.process_time()
    twin = SlackTwin(World(1), size=8_000)
    spent = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(len(channel.posts) for channel in twin.space.channels.values()) >= 8_000
    assert peak < 8_000 * 400
    assert spent < 5
