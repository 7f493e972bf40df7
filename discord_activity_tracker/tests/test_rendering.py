"""What a day's file says."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from discord_activity_tracker.export import Day, render_day, stems
from discord_activity_tracker.models import Attachment, Channel, Message, Reaction, Server
from discord_activity_tracker.tests.talking import MINUTE, START, id_at
from discord_activity_tracker.threads import Said

SERVER = Server(pk=7, name='C++ "Alliance" & Boost', owner_id=1)


def a_channel(number: int = 10, name: str = "general", **fields: Any) -> Channel:
    return Channel(pk=number, server=SERVER, name=name, kind=fields.pop("kind", Channel.Kind.TEXT), **fields)


def a_message(minute: float = 0, text: str = "hello", **fields: Any) -> Message:
    told = {"type": 0, "author_id": 1, "sent_at": START + minute * MINUTE} | fields
    return Message(pk=id_at(minute), channel=a_channel(), plain_text=text, **told)


def rendered(*said: Said, channel: Channel | None = None, parent: Channel | None = None) -> str:
    return render_day(Day(channel or a_channel(), parent, START.date(), said))


def test_a_file_begins_with_what_it_is_and_has_a_heading_for_each_message() -> None:
    text = rendered(
        Said(a_message(0, "Does it block?"), "Ada *Müller*"),
        Said(a_message(90, "No.", author_id=2, is_pinned=True, edited_at=START + 91 * MINUTE), "bjarne_b"),
    )
    assert (
        text
        == f"""\
---
channel: "general"
channel_id: "10"
date: 2025-03-01
server: "C++ \\"Alliance\\" & Boost"
server_id: "7"
message_count: 2
active_users: 2
first_message: 2025-03-01T09:00:00Z
last_message: 2025-03-01T10:30:00Z
url: https://discord.com/channels/7/10
---

# #general, 2025-03-01

## [09:00:00](https://discord.com/channels/7/10/{id_at(0)}) Ada \\*Müller\\*

Does it block?

## [10:30:00](https://discord.com/channels/7/10/{id_at(90)}) bjarne_b (edited 2025-03-01 10:31 UTC, pinned)

No.
"""
    )


def test_a_reply_links_to_what_it_answers_whether_that_is_known_or_not() -> None:
    reply = a_message(90, "No.", type=19, reference_message_id=id_at(0), reference_channel_id=10)
    link = f"https://discord.com/channels/7/10/{id_at(0)}"
    known = rendered(Said(reply, "b", answered=Said(a_message(), "Ada")))
    assert f"*In reply to [Ada, 2025-03-01 09:00 UTC]({link})*\n\nNo." in known
    unknown = rendered(Said(reply, "b"))
    assert f"*In reply to [somebody, 2025-03-01 09:00 UTC]({link})*\n\nNo." in unknown


def test_a_thread_names_its_channel_and_begins_with_a_link_to_where_it_was_started() -> None:
    thread = a_channel(12, "How?", kind=Channel.Kind.PUBLIC_THREAD, parent_id=10)
    starter = a_message(1, "", type=21, reference_message_id=id_at(0), reference_channel_id=10)
    text = rendered(Said(starter, "Ada"), channel=thread, parent=a_channel())
    assert '\nchannel: "How?"\nchannel_id: "12"\nparent: "general"\n' in text
    assert "\n# #general, How?, 2025-03-01\n" in text
    assert (
        f"*Started from [somebody, 2025-03-01 09:00 UTC](https://discord.com/channels/7/10/{id_at(0)})*"
        in text
    )


def test_files_threads_and_reactions_are_listed() -> None:
    message = a_message(0, "", thread_id=99)
    file = Attachment(
        filename="a](b).log",
        size=2048,
        url="https://cdn.discordapp.com/attachments/1/2/a b.log",
        description="Log",
    )
    unsafe = Attachment(filename="x", size=3, url="javascript:alert(1)")
    reactions = [Reaction(name="👍", count=3), Reaction(name="boost", count=1)]
    text = rendered(Said(message, "Ada", attachments=[file, unsafe], reactions=reactions))
    assert text.endswith(
        "Ada\n\n"
        "- File: [a\\](b).log](<https://cdn.discordapp.com/attachments/1/2/a%20b.log>) (2.0 KiB): Log\n"
        "- File: x (3 bytes)\n"
        "- Thread: <https://discord.com/channels/7/99>\n"
        "- Reactions: 👍 3, boost 1\n"
    )


def test_templates_stay_visible_and_code_stays_as_it_is() -> None:
    text = "std::vector<int> and `std::set<T>`\n```cpp\nstd::map<K, V> m;\n```\nsee <https://boost.org>"
    assert rendered(Said(a_message(0, text), "Ada")).endswith(
        "std::vector\\<int> and `std::set<T>`\n```cpp\nstd::map<K, V> m;\n```\nsee <https://boost.org>\n"
    )


WRITTEN = st.text(alphabet=st.sampled_from("ab<>`~#*_-=|&;!/?\n \\[]()'\""), max_size=60)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(WRITTEN, min_size=1, max_size=4), name=WRITTEN)
def test_whatever_people_write_the_headings_of_the_messages_stay(texts: list[str], name: str) -> None:
    said = [Said(a_message(minute, text), name) for minute, text in enumerate(texts)]
    body = rendered(*said, channel=a_channel(name=name)).partition("\n---\n")[2]
    tokens = MarkdownIt("commonmark").parse(body)
    headings = [token.tag for token in tokens if token.type == "heading_open" and token.level == 0]
    assert headings.count("h1") == 1
    assert headings.count("h2") == len(texts)


@settings(max_examples=60, deadline=None)
@given(name=st.text(max_size=40))
def test_front_matter_holds_any_name_on_one_line(name: str) -> None:
    text = rendered(Said(a_message(), "Ada"), channel=a_channel(name=name))
    front = text.partition("\n---\n")[0].split("\n")
    assert len(front) == 11
    assert front[1].startswith('channel: "')
    assert front[1].endswith('"')
    assert not set(front[1]) & set("\x7f\x85\u2028\u2029")


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        ([(2, False, "general"), (1, False, "general")], {1: "general", 2: "general-2"}),
        ([(1, True, "general"), (2, False, "General")], {1: "general-1", 2: "General"}),
        ([(1, False, "a-12345678901234567")], {1: "a-12345678901234567-1"}),
    ],
)
def test_no_two_channels_share_a_file(
    channels: list[tuple[int, bool, str]], expected: dict[int, str]
) -> None:
    assert stems(channels) == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.text(max_size=8)), max_size=8))
def test_no_two_channels_share_a_file_whatever_they_are_called(named: list[tuple[bool, str]]) -> None:
    channels = [(10**17 + place, is_thread, name) for place, (is_thread, name) in enumerate(named)]
    found = stems(channels)
    assert len({stem.casefold() for stem in found.values()}) == len(channels)
    assert all("/" not in stem and stem not in {"", ".", ".."} for stem in found.values())


def test_the_time_of_a_message_is_that_of_utc() -> None:
    evening = START.astimezone(dt.timezone(dt.timedelta(hours=-10)))
    assert "## [09:00:00]" in rendered(Said(a_message(0, sent_at=evening), "Ada"))
