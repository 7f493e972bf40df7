"""The twin's answers against the specification that Slack has published: examples/slack_web_api.json."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.twins import World
from cppa_slack_tracker.tests.asking import ask, odd
from cppa_slack_tracker.twin import SlackTwin
from cppa_slack_tracker.twin.ids import ts_text
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


@pytest.fixture
def twin() -> SlackTwin:
    return SlackTwin(World(1), size=60)


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


def test_its_refusals_are_among_the_published_ones(twin: SlackTwin) -> None:
    names = {channel.name: channel.id for channel in twin.space.channels.values()}
    deleted, *_ = twin.space.files
    twin.space.deleted_files.add(deleted)
    refusals: list[tuple[str, dict[str, Any]]] = [
        ("conversations.history", {"channel": "C0NOWHERE"}),
        ("conversations.history", {"channel": odd(twin).id, "latest": "noon"}),
        ("conversations.replies", {"channel": odd(twin).id, "ts": "1000000000.000000"}),
        ("conversations.members", {"channel": odd(twin).id, "cursor": "!"}),
        ("conversations.members", {"channel": odd(twin).id, "limit": "-1"}),
        ("conversations.join", {"channel": names["old-announcements"]}),
        ("conversations.join", {"channel": names["moderators"]}),
        ("users.list", {"cursor": "!"}),
        ("users.info", {"user": "U0NOBODY"}),
        ("files.info", {"file": "F0NOTHING"}),
        ("files.info", {"file": deleted}),
    ]
    codes = [(method, ask(twin, method, **args)["error"]) for method, args in refusals]
    codes += [(method, ask(twin, method, token=None)["error"]) for method in SPECIFICATION["methods"]]
    twin.space.scopes.clear()
    codes += [("conversations.list", ask(twin, "conversations.list")["error"])]
    assert [each for each in codes if each[1] not in SPECIFICATION["methods"][each[0]]["errors"]] == []
    assert len({code for _, code in codes}) == 12
