"""Slack's payloads: what is read of them, what is refused, and that no text is lost."""

import json
from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.json_text import JsonReader
from cppa_slack_tracker.parsing.blocks import whole_text
from cppa_slack_tracker.parsing.directory import parse_channel, parse_user
from cppa_slack_tracker.parsing.files import parse_file
from cppa_slack_tracker.parsing.json_text import json_objects
from cppa_slack_tracker.parsing.markup import plain
from cppa_slack_tracker.parsing.messages import parse_message
from cppa_slack_tracker.protocol_impl import Decision, activities_of, decision_of
from cppa_slack_tracker.sync.kinds import MESSAGE, THREAD

TS = "1700000000.000100"


def message(**fields: Any) -> dict[str, Any]:
    return {"type": "message", "ts": TS, "user": "U1", "text": "hello", **fields}


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("std::vector&lt;int&gt; v; a &amp;&amp; b", "std::vector<int> v; a && b"),
        ("`std::chrono::steady_clock::now()`", "`std::chrono::steady_clock::now()`"),
        ("```\ntemplate &lt;class T&gt;\nvoid F();\n```", "```\ntemplate <class T>\nvoid F();\n```"),
        ("&amp;lt; stays an entity", "&lt; stays an entity"),
        ("<@U1> and <@U2|bob> in <#C1|general>", "<@U1> and <@U2> in <#C1>"),
        ("<!here> <!channel|channel> <!everyone>", "@here @channel @everyone"),
        ("<!subteam^S1|@maintainers> look", "@maintainers look"),
        ("<!date^1392734382^{date}|Feb 18>", "Feb 18"),
        ("<https://boost.org/a?b=1&amp;c=2|Boost>", "Boost (https://boost.org/a?b=1&c=2)"),
        ("<https://boost.org>", "https://boost.org"),
        ("<http://boost.org|boost.org>", "http://boost.org"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("a < b and c > d", "a < b and c > d"),
        ("operator<<(std::ostream&, int)", "operator<<(std::ostream&, int)"),
    ],
)
def test_markup_becomes_what_a_reader_sees_and_code_survives(marked: str, expected: str) -> None:
    assert plain(marked) == expected


def test_a_message_is_read_whole() -> None:
    record = parse_message(
        message(
            thread_ts=TS,
            reply_count=2,
            latest_reply="1700000009.000000",
            edited={"user": "U2", "ts": "1700000005.000000"},
            reactions=[{"name": "+1", "count": 7, "users": ["U1", "U2"]}],
            pinned_to=["C1"],
            files=[{"id": "F1", "name": "a.txt", "mode": "hosted", "size": 3}],
        )
    )
    assert (record.sent_at.isoformat(), record.is_reply) == ("2023-11-14T22:13:20.000100+00:00", False)
    assert (record.reply_count, record.latest_reply) == (2, "1700000009.000000")
    assert record.edited_by == "U2"
    assert record.edited_at is not None
    assert record.is_pinned
    assert [(each.name, each.count, each.user_ids) for each in record.reactions] == [("+1", 7, ("U1", "U2"))]
    assert [each.file_id for each in record.files] == ["F1"]
    kinds = [each.activity_type for each in activities_of(record, team_id="T", channel_id="C", permalink="")]
    assert kinds == ["message", "reaction", "reaction", "file"]


def test_a_message_whose_text_is_null_is_one_with_its_blocks() -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*build* of `a&lt;b&gt;` failed"}}
    record = parse_message(message(text=None, blocks=[section], bot_id="B1"))
    assert record.has_null_text
    assert (record.text, record.plain_text) == ("", "*build* of `a<b>` failed")


@pytest.mark.parametrize(
    "spoiled",
    [
        {"ts": None},
        {"ts": "yesterday"},
        {"ts": 1700000000.0001},
        {"text": 5},
        {"thread_ts": "x"},
        {"reactions": "many"},
        {"reactions": [{"count": 1}]},
        {"files": [{"id": "F" * 20_000}]},
        {"files": [{"name": "no id"}]},
        {"blocks": {}},
        {"reply_count": -1},
        {"edited": "yes"},
    ],
)
def test_what_makes_no_sense_is_refused_by_name(spoiled: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(spoiled))):
        parse_message(message(**spoiled))


@pytest.mark.parametrize(
    ("subtype", "decision"),
    [
        ("", Decision.TALK),
        ("me_message", Decision.TALK),
        ("thread_broadcast", Decision.TALK),
        ("of_the_future", Decision.TALK),
        ("channel_join", Decision.MEMBERSHIP),
        ("group_leave", Decision.MEMBERSHIP),
        ("channel_topic", Decision.CHANNEL),
        ("reminder_add", Decision.NOTICE),
        ("tombstone", Decision.DELETED),
    ],
)
def test_each_subtype_has_its_decision_and_keeps_its_text(subtype: str, decision: Decision) -> None:
    assert decision_of(subtype) is decision
    assert parse_message(message(subtype=subtype)).plain_text == "hello"


def test_what_only_blocks_and_attachments_say_follows_the_text_and_nothing_is_said_twice() -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "CI <main>"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "Branch: develop"}]},
        {"type": "context", "elements": [{"type": "image", "alt_text": "a flame graph"}]},
        {"type": "of_the_future", "elements": [{"type": "thing", "text": {"text": "deep inside"}}]},
    ]
    attachments = [
        {
            "fallback": "not shown",
            "title": "PR 7",
            "title_link": "https://x.example/7",
            "text": "Branch: develop",
            "fields": [{"title": "State", "value": "open"}],
        }
    ]
    text = whole_text("CI on develop", blocks, attachments, by_app=True)
    assert text.split("\n") == [
        "CI on develop",
        "CI <main>",
        "Branch: develop",
        "a flame graph",
        "deep inside",
        "PR 7 (https://x.example/7)",
        "State: open",
    ]


def said(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def test_rich_text_of_an_app_keeps_code_lists_links_and_mentions() -> None:
    rich = {
        "type": "rich_text",
        "elements": [
            section(said("see "), {"type": "user", "user_id": "U9"}),
            {"type": "rich_text_list", "style": "ordered", "elements": [section(said("a"))]},
            {"type": "rich_text_preformatted", "elements": [said("x<y>()")]},
            {"type": "rich_text_quote", "elements": [{"type": "link", "url": "https://b.example"}]},
        ],
    }
    told = whole_text("", [rich], None, by_app=True)
    assert told == "see <@U9>\n1. a\n```\nx<y>()\n```\n> https://b.example"


def test_what_a_person_typed_is_not_said_again_as_rich_text() -> None:
    rich = {"type": "rich_text", "elements": [section(said("other"))]}
    assert whole_text("typed", [rich], None, by_app=False) == "typed"


def test_a_comment_on_a_file_is_by_who_wrote_it() -> None:
    payload = message(user=None, subtype="file_comment", comment={"user": "U7", "comment": "looks right"})
    record = parse_message(payload)
    assert (record.user_id, record.plain_text) == ("U7", "hello\nlooks right")


def test_threads_are_leaves_of_their_own_so_that_a_reply_is_no_edit_of_its_parent() -> None:
    def leaves(count: int) -> dict[str, bytes]:
        numbers = {"reply_count": count, "latest_reply": TS, "subscribed": count > 1}
        payload = message(thread_ts=TS, **numbers)
        return {kind.name: kind.body_of(payload) for kind in (MESSAGE, THREAD)}

    assert leaves(1)["message"] == leaves(2)["message"]
    assert leaves(1)["thread"] != leaves(2)["thread"]


def test_a_user_without_a_profile_is_one_all_the_same() -> None:
    record = parse_user({"id": "U1", "name": "vinnie"})
    assert (record.name, record.email, record.links, dict(record.profile)) == ("vinnie", None, (), {})


def test_links_in_a_profile_are_found_and_pictures_left_out() -> None:
    profile = {
        "title": "Maintainer, see https://github.com/vinnie.",
        "image_72": "https://pictures.example/72",
        "fields": {"Xf1": {"value": "https://vinnie.example", "alt": ""}},
    }
    record = parse_user({"id": "U1", "profile": profile})
    assert record.links == ("https://vinnie.example", "https://github.com/vinnie")
    assert "image_72" not in record.profile


@pytest.mark.parametrize(
    ("flags", "kind"),
    [({}, "public"), ({"is_private": True}, "private"), ({"is_im": True}, "im"), ({"is_mpim": True}, "mpim")],
)
def test_a_channel_is_of_the_kind_that_its_flags_say(flags: dict[str, bool], kind: str) -> None:
    assert parse_channel({"id": "C1", "name": "x", **flags}).kind == kind


@pytest.mark.parametrize(
    ("payload", "known", "deleted"),
    [
        ({"mode": "hosted"}, True, False),
        ({"mode": "tombstone"}, False, True),
        ({"mode": "hidden_by_limit"}, False, False),
        ({"mode": "file_access", "file_access": "check_file_info"}, False, False),
    ],
)
def test_a_file_that_is_only_mentioned_is_told_from_one_that_is_known(
    payload: dict[str, str], *, known: bool, deleted: bool
) -> None:
    record = parse_file({"id": "F1", **payload})
    assert (record.is_known, record.is_deleted) == (known, deleted)


@pytest.mark.parametrize(
    "text",
    [
        '[{"ts": "1"}, {"ts": "2"}]',
        '{"messages": [{"ts": "1"}, {"ts": "2"}], "has_more": false}',
        '{"ok": true, "n": [-1.5e3, 12], "messages": [{"ts": "1"}, {"ts": "2"}], "has_more": false}',
        '{"ok":true,"pin_count":0,"messages":[{"ts":"1"}]}\n{"ok":true,"messages":[{"ts":"2"}]}',
        '{"ts": "1"}\n{"ts": "2"}\n',
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_messages_are_found_in_lists_answers_and_lines_in_chunks_of_any_size(text: str, size: int) -> None:
    chunks = (text[start : start + size] for start in range(0, len(text), size))
    assert [each["ts"] for each in json_objects(JsonReader(lambda _: next(chunks, ""), "file"))] == ["1", "2"]


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[1]", '[{"ts": "1"}', '[{"ts": ]', '{"ts" "1"}', "[] nonsense"]
)
def test_a_text_that_is_no_list_of_objects_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="file"):
        list(json_objects(JsonReader(StringIO(text).read, "file")))


WORDS = ["type", "text", "elements", "users", "name", "id", "fields", "rows"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)
NAMES = ["ts", "text", "user", "blocks", "attachments", "reactions", "files", "edited", "thread_ts"]


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_any_payload_is_parsed_or_refused(payload: dict[str, Any]) -> None:
    for given_payload in (payload, {**payload, "ts": TS}):
        try:
            record = parse_message(given_payload)
        except InvalidInput:
            continue
        assert json.loads(MESSAGE.body_of(given_payload))
        assert record.plain_text.encode() is not None


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_any_text_becomes_plain_and_has_an_archive(text: str) -> None:
    plain(text)
    assert json.loads(MESSAGE.body_of({"text": text})) == {"text": text}
