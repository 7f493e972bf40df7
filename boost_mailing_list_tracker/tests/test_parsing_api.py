import contextlib
import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boost_mailing_list_tracker.parsing.api import parse_email_detail, parse_listing_item
from boost_mailing_list_tracker.protocol_impl import ListingItem
from core.errors import InvalidInput

LIST = "boost@lists.boost.org"
HASH = "4CMWUN6BHVCMHMDAOSJZ2Q72G5M32MWB"
OTHER = "JJIGKPKB6CVDX6B2CUG4IHAJRIQIOUTP"
BASE = "http://internal/archives/api/list/boost@lists.boost.org"
ITEM: dict[str, Any] = {
    "url": f"{BASE}/email/{HASH}/",
    "mailinglist": f"{BASE}/",
    "message_id": "first",
    "message_id_hash": HASH,
    "thread": f"{BASE}/thread/{OTHER}/",
    "sender": {"address": "ann (a) example.org", "mailman_id": None, "emails": None},
    "sender_name": "Ann",
    "subject": "[boost] x",
    "date": "2023-01-02T03:04:05+01:00",
    "parent": f"{BASE}/email/{OTHER}/",
    "children": [],
}
DETAIL: dict[str, Any] = {
    **ITEM,
    "votes": {"likes": 0},
    "content": "Hello\r\n> old\n\n",
    "attachments": [
        {"counter": 4, "name": "b.txt", "content_type": "text/plain", "encoding": None, "size": None},
        {"counter": 2, "name": "a.png", "content_type": "image/png", "encoding": None, "size": 12},
    ],
}


def of_list(payload: Any) -> ListingItem:
    return parse_listing_item(payload, LIST)


def test_a_listing_item_is_read_whole() -> None:
    item = parse_listing_item(ITEM, LIST)

    assert (item.message_id_hash, item.message_id, item.thread_id, item.parent_hash) == (
        HASH,
        "first",
        OTHER,
        OTHER,
    )
    assert (item.sender_name, item.sender_address) == ("Ann", "ann@example.org")
    assert item.date == datetime(2023, 1, 2, 2, 4, 5, tzinfo=UTC)


def test_a_date_with_microseconds_was_made_by_the_server() -> None:
    guessed = {**DETAIL, "date": "2023-01-02T03:04:05.000001Z"}

    assert parse_listing_item(guessed, LIST).date.microsecond
    assert parse_email_detail(guessed).sent_at is None


def test_a_mail_without_name_or_parent_is_read() -> None:
    item = parse_listing_item({**ITEM, "sender_name": None, "parent": None}, LIST)

    assert (item.sender_name, item.parent_hash) == ("ann@example.org", None)


def test_a_detail_gives_text_and_what_is_known_of_attachments() -> None:
    mail = parse_email_detail(DETAIL)

    assert mail.body == "Hello\n> old"
    assert [segment.kind for segment in mail.segments] == ["text", "quote"]
    assert [(part.position, part.name, part.size, part.content) for part in mail.attachments] == [
        (0, "a.png", 12, None),
        (1, "b.txt", 0, None),
    ]
    assert (mail.archived_at, mail.in_reply_to) == (None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message_id_hash", "short"),
        ("message_id_hash", HASH.lower()),
        ("message_id", ""),
        ("message_id", 7),
        ("thread", f"{BASE}/thread/../"),
        ("thread", None),
        ("thread", "http://[broken/"),
        ("parent", f"{BASE}/email/none/"),
        ("sender", None),
        ("sender", "ann"),
        ("sender", {}),
        ("sender_name", []),
        ("subject", None),
        ("date", "yesterday"),
        ("date", "2023-01-02T03:04:05"),
        ("date", "0001-01-01T00:00:00+14:00"),
        ("content", None),
        ("attachments", {}),
        ("attachments", [None]),
        ("attachments", [{"counter": True, "name": "", "content_type": "a/b", "size": 1}]),
        ("attachments", [{"counter": 1, "name": "", "content_type": "a/b", "size": -1}]),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    payload = {**copy.deepcopy(DETAIL), field: value}

    named = {"attachments": "attachments|counter|size", "sender": "sender|address"}.get(field, field)
    with pytest.raises(InvalidInput, match=named):
        (parse_email_detail if field in ("content", "attachments") else of_list)(payload)


@pytest.mark.parametrize(
    "field", ["message_id_hash", "message_id", "thread", "sender", "sender_name", "subject", "date"]
)
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(InvalidInput, match=f"{field}: missing"):
        parse_listing_item({name: value for name, value in ITEM.items() if name != field}, LIST)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda children: st.one_of(
        st.lists(children, max_size=3), st.dictionaries(st.sampled_from(list(DETAIL)), children)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(DETAIL)), JSON), st.booleans())
def test_any_json_is_read_or_refused_with_a_typed_error(changes: dict[str, Any], on_top: bool) -> None:
    payload = {**DETAIL, **changes} if on_top else changes
    for parse in (of_list, parse_email_detail):
        with contextlib.suppress(InvalidInput):
            assert parse(payload).message_id


@pytest.mark.parametrize("payload", [None, [], "x", 5])
def test_what_is_no_object_is_refused(payload: Any) -> None:
    with pytest.raises(InvalidInput, match="not in an object"):
        of_list(payload)
