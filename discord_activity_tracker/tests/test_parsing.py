"""Payloads to records: what is read, what is kept, and what is refused."""

import datetime as dt
import io
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.json_text import json_bytes
from discord_activity_tracker.parsing.channels import parse_channel
from discord_activity_tracker.parsing.export_reader import ExportReader
from discord_activity_tracker.parsing.exported import api_shape, parse_exported_file
from discord_activity_tracker.parsing.fields import time_of
from discord_activity_tracker.parsing.leaves import message_leaf, unsigned
from discord_activity_tracker.parsing.messages import parse_message
from discord_activity_tracker.parsing.servers import parse_member, parse_server, user_payloads
from discord_activity_tracker.parsing.text import resolved
from discord_activity_tracker.protocol_impl import Names

EXAMPLES = 40
NAMES = Names(users={1: "Ann", 2: "Bob"}, roles={7: "@everyone", 8: "reviewers"}, channels={9: "general"})
USER = {"id": "1", "username": "ann", "global_name": "Ann", "discriminator": "0", "avatar": None}
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def message(**changed: Any) -> dict[str, Any]:
    return {
        "id": "1300000000000000000",
        "type": 0,
        "timestamp": "2024-10-27T00:00:00.000000+00:00",
        "edited_timestamp": None,
        "content": "hello",
        "author": USER,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "flags": 0,
        "pinned": False,
    } | changed


def read(**changed: Any) -> Any:
    return parse_message(message_leaf(message(**changed)), NAMES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<@1> and <@!2>, ask <@&8> in <#9>", "@Ann and @Bob, ask @reviewers in #general"),
        ("<@&7> look", "@everyone look"),
        ("<@3> left, <#4> and <@&5> are unknown", "<@3> left, <#4> and <@&5> are unknown"),
        ("<:boost:123> <a:spin:4>", ":boost: :spin:"),
        ("at <t:1700000000:F> or <t:1700000000>", "at 2023-11-14 22:13 UTC or 2023-11-14 22:13 UTC"),
        ("<t:99999999999999:R>", "<t:99999999999999:R>"),
        ("use </ban user:55>", "use /ban user"),
        ("`<@1>` stays, <@1> does not", "`<@1>` stays, @Ann does not"),
        ("```cpp\nf<@1>(std::vector<int>{});\n``` <@1>", "```cpp\nf<@1>(std::vector<int>{});\n``` @Ann"),
        ("std::chrono::steady_clock::now() < a<b>::c", "std::chrono::steady_clock::now() < a<b>::c"),
        ("``a ` <@1>``", "``a ` @Ann``"),
    ],
)
def test_mentions_read_as_names_and_code_as_it_is(text: str, expected: str) -> None:
    assert resolved(text, NAMES) == expected


@given(st.text())
@settings(max_examples=EXAMPLES)
def test_text_without_mentions_reads_as_it_is(text: str) -> None:
    plain = text.replace("<", "(")
    assert resolved(plain, NAMES) == plain


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"type": 7, "content": ""}, "joined the server"),
        ({"type": 18, "content": "A thread"}, "started a thread: A thread"),
        ({"type": 21, "content": ""}, ""),
        ({"type": 999, "content": "from the future"}, "from the future"),
        ({"sticker_items": [{"id": "5", "name": "Wave", "format_type": 1}], "content": ""}, "Sticker: Wave"),
        (
            {
                "embeds": [
                    {
                        "title": "Release",
                        "description": "by <@1>",
                        "fields": [{"name": "Version", "value": "1.87"}],
                        "footer": {"text": "the end"},
                    }
                ]
            },
            "hello\nRelease\nby @Ann\nVersion: 1.87\nthe end",
        ),
        (
            {
                "content": "",
                "poll": {
                    "question": {"text": "Which?"},
                    "answers": [
                        {"answer_id": 1, "poll_media": {"text": "this", "emoji": {"name": "👍"}}},
                        {"answer_id": 2, "poll_media": {"text": "that"}},
                    ],
                    "results": {"is_finalized": True, "answer_counts": [{"id": 1, "count": 3}]},
                },
            },
            "Poll: Which?\n- 👍 this (3 votes)\n- that (0 votes)",
        ),
        (
            {
                "content": "",
                "message_reference": {"type": 1, "message_id": "5", "channel_id": "6"},
                "message_snapshots": [{"message": {"content": "from <@2>", "embeds": [{"title": "inside"}]}}],
            },
            "Forwarded:\nfrom @Bob\ninside",
        ),
        (
            {
                "content": "",
                "components": [
                    {
                        "type": 17,
                        "components": [{"type": 10, "content": "Hi <@1>"}, {"type": 2, "label": "Go"}],
                    }
                ],
            },
            "Hi @Ann\nGo",
        ),
    ],
)
def test_all_that_a_message_says_is_in_its_text(changed: dict[str, Any], expected: str) -> None:
    assert read(**changed).plain_text == expected


def test_a_webhook_has_a_name_of_its_own_and_an_app_that_answers_is_a_user() -> None:
    hook = {"id": "77", "username": "CI", "discriminator": "0000", "bot": True}
    from_webhook = message(author=hook, webhook_id="77")
    record = parse_message(message_leaf(from_webhook), NAMES)
    assert (record.is_webhook, record.author_id, record.author_name) == (True, 77, "CI")
    assert user_payloads(from_webhook) == []
    answered = message(type=20, webhook_id="78", application_id="78", author=USER | {"bot": True})
    record = parse_message(message_leaf(answered), NAMES)
    assert (record.is_webhook, record.author_name) == (False, "")
    assert [each["id"] for each in user_payloads(answered)] == ["1"]


def test_a_leaf_has_equal_bytes_when_only_others_have_changed() -> None:
    def told(**others: Any) -> bytes:
        attachment = {"id": "3", "filename": "a.txt", "size": 1, "content_scan_version": others["scan"]}
        url = f"https://cdn.discordapp.com/attachments/1/3/a.txt?ex={others['mark']}&is=1&hm=2&"
        return json_bytes(
            message_leaf(
                message(
                    author=USER | {"global_name": others["name"]},
                    mentions=[USER | {"id": "2", "username": others["name"]}],
                    attachments=[attachment | {"url": url}],
                    reactions=[{"emoji": {"id": None, "name": "👍"}, "count": 1, "me": others["me"]}],
                    thread={"id": "1300000000000000000", "message_count": others["scan"]},
                    referenced_message=message(content=others["name"]),
                    position=others["scan"],
                )
            )
        )

    assert told(scan=1, mark="aa", name="x", me=True) == told(scan=2, mark="bb", name="y", me=False)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://cdn.discordapp.com/attachments/1/2/a.png?ex=6&is=5&hm=4&",
            "https://cdn.discordapp.com/attachments/1/2/a.png",
        ),
        (
            "https://media.discordapp.net/attachments/1/2/a.png?ex=6&is=5&hm=4&format=webp&width=5",
            "https://media.discordapp.net/attachments/1/2/a.png?format=webp&width=5",
        ),
        ("https://example.org/?ex=6&is=5", "https://example.org/?ex=6&is=5"),
    ],
)
def test_addresses_lose_their_signature_and_nothing_else(url: str, expected: str) -> None:
    assert unsigned(url) == expected


@pytest.mark.parametrize(
    "broken",
    [
        {"id": None},
        {"id": "nonsense"},
        {"id": "-5"},
        {"id": str(2**63)},
        {"timestamp": "yesterday"},
        {"timestamp": None},
        {"type": "nineteen"},
        {"type": None},
        {"content": None},
        {"content": 5},
        {"author": None},
        {"author": {"id": "x"}},
        {"embeds": "none"},
        {"reactions": [{"count": 1, "emoji": {}}]},
        {"attachments": [{"id": "1", "size": "big"}]},
        {"flags": 2**40},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_with_its_name(broken: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        read(**broken)


@given(
    st.dictionaries(st.sampled_from([*message(), "reactions", "poll", "thread", "components"]), json_values)
)
@settings(max_examples=60)
def test_any_payload_is_read_or_refused(changed: dict[str, Any]) -> None:
    payload = message(**changed)
    try:
        leaf = message_leaf(payload)
        user_payloads(payload)
        record = parse_message(leaf, NAMES)
    except InvalidInput:
        return
    assert record == parse_message(json.loads(json_bytes(leaf)), NAMES)


@given(json_values)
@settings(max_examples=EXAMPLES)
def test_anything_is_a_server_channel_member_or_export_or_is_refused(value: Any) -> None:
    payload = {"id": "5", "owner_id": "6", "user": value, "type": value, "guild": value, "channel": value}
    for parse in (
        parse_server,
        parse_member,
        api_shape,
        parse_exported_file,
        lambda each: parse_channel(each, everyone=1, permissions=0),
    ):
        assert refusal_of(partial(parse, payload)) != ""


def refusal_of(read: Callable[[], object]) -> str | None:
    """The reason that is given; None when nothing is refused."""
    try:
        read()
    except InvalidInput as refusal:
        return refusal.message
    return None


@given(st.integers(min_value=1, max_value=2**63 - 1))
@settings(max_examples=EXAMPLES)
def test_every_id_has_a_time(snowflake: int) -> None:
    assert time_of(snowflake) >= dt.datetime(2015, 1, 1, tzinfo=dt.UTC)


def test_an_id_tells_when_it_was_made() -> None:
    # The example of https://docs.discord.com/developers/reference#snowflakes
    assert time_of(175928847299117063) == dt.datetime(2016, 4, 30, 11, 18, 25, 796000, tzinfo=dt.UTC)


class Slowly(io.BytesIO):
    """A file that is read a few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 7, 7))


@given(
    st.lists(st.dictionaries(st.text(max_size=5), json_values, max_size=3), max_size=5),
    st.sampled_from([None, 2]),
)
@settings(max_examples=EXAMPLES)
def test_an_export_is_read_in_pieces_of_any_size(messages: list[dict[str, Any]], indent: int | None) -> None:
    file = {"guild": {"id": "1"}, "exportedAt": 12345, "messages": messages, "messageCount": len(messages)}
    reader = ExportReader(Slowly(json.dumps(file, indent=indent, ensure_ascii=True).encode()))
    assert reader.head() == {"guild": {"id": "1"}, "exportedAt": 12345}
    assert list(reader.messages()) == messages


@given(st.binary(max_size=60))
@settings(max_examples=EXAMPLES)
def test_any_file_is_an_export_or_refused(content: bytes) -> None:
    reader = ExportReader(io.BytesIO(content))
    with pytest.raises(InvalidInput):
        reader.head()
