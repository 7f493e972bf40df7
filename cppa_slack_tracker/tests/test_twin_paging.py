"""The twin's pages of channels and threads."""

from functools import partial
from typing import Any

import pytest

from core.twins import World
from cppa_slack_tracker.tests.asking import ask, odd, pages, the
from cppa_slack_tracker.twin import SlackTwin
from cppa_slack_tracker.twin.ids import moment_of, ts_text
from cppa_slack_tracker.twin.posts import Kind


@pytest.fixture
def twin() -> SlackTwin:
    return SlackTwin(World(1), size=60)


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
