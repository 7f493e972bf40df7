"""A payload of every kind of message that a server has, and how each reads.

`examples/messages.json` holds what the API answers, and `reads`: what is stored as `plain_text`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from discord_activity_tracker.parsing.leaves import message_leaf
from discord_activity_tracker.parsing.messages import parse_message
from discord_activity_tracker.protocol_impl import Names
from discord_activity_tracker.tests.published import openapi

EXAMPLES = json.loads((Path(__file__).parent / "examples/messages.json").read_text(encoding="utf-8"))


def _name(example: dict[str, Any]) -> str:
    message = example["message"]
    return f"{message['type']} {example['reads'][:30]!r}"


@pytest.mark.parametrize("example", EXAMPLES, ids=_name)
def test_each_kind_of_message_reads_as_it_says(example: dict[str, Any]) -> None:
    record = parse_message(message_leaf(example["message"]), Names())
    assert record.plain_text == example["reads"]
    assert record.content == example["message"]["content"]
    if not record.plain_text:
        assert record.attachments or record.type == 21


def test_the_examples_are_of_every_kind_and_as_published() -> None:
    messages = [example["message"] for example in EXAMPLES]
    # 3 and 5 are kinds that only direct messages have.
    expected = {0, 1, 2, 4, *range(6, 13), *range(14, 30), 31, 32, 36, 37, 38, 39, 46, 55}
    assert {message["type"] for message in messages} == expected
    assert openapi().violations("GET", "/channels/1/messages", 200, messages) == []


def test_nothing_that_expires_or_changes_by_itself_is_kept() -> None:
    for example in EXAMPLES:
        message = example["message"]
        kept = json.dumps(message_leaf(message))
        assert "hm=" not in kept
        other = json.loads(json.dumps(message).replace("?ex=", "?ex=5"))
        if "thread" in other:
            other["thread"] |= {"message_count": 999, "member_count": 50, "last_message_id": "5"}
        if other.get("referenced_message"):
            other["referenced_message"] = None
        assert message_leaf(other) == message_leaf(message)
