"""No answer makes a parser raise anything but InvalidInput, or hand on what PostgreSQL refuses."""

import copy
import dataclasses
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.tests.thorough import examples
from github_activity_tracker.parsing import accounts_in, leaves_of, newest_of, parse, parse_outline
from github_activity_tracker.protocol_impl import Leaf

EXAMPLES = {
    path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "examples").iterdir())
}
TEXTS = st.one_of(
    st.text(max_size=8),
    st.text(st.characters(categories=["Cs", "Cc"]), max_size=4),
    st.sampled_from(
        [
            "",
            "\x00",
            "\ud800",
            "2024-05-01T10:00:00Z",
            "9999-12-31T23:59:59-23:59",
            "0001-01-01T00:00:00+14:00",
            "9" * 5000,
            "12",
            "١٢",
            "User",
            "Bot",
            "Team",
            "EnterpriseUserAccount",
            "DiscussionComment",
            "OPEN",
            "LEFT",
        ]
    ),
)
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([0, -1, 2**31, 2**63, 2**64, 10137]))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
NAMES = st.one_of(
    TEXTS,
    st.sampled_from(
        ["nodes", "edges", "node", "id", "__typename", "login", "databaseId", "pageInfo", "totalCount", "oid"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=8,
)
Place = tuple[str | int, ...]


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    yield here
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        yield from places(inner, (*here, name))


PLACES = {name: [place for place in places(node) if place] for name, node in EXAMPLES.items()}


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """An example of which some values are others, or missing."""
    name = draw(st.sampled_from(sorted(EXAMPLES)))
    node = copy.deepcopy(EXAMPLES[name])
    for place in draw(st.lists(st.sampled_from(PLACES[name]), min_size=1, max_size=4)):
        owner = node
        try:
            for step in place[:-1]:
                owner = owner[step]
            if isinstance(owner, dict) != isinstance(place[-1], str):
                continue
            if draw(st.booleans()):
                owner[place[-1]] = draw(VALUES)
            else:
                del owner[place[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier damage took it away
    return node


def check(value: object, *, in_json: bool = False) -> None:
    """PostgreSQL can hold it."""
    if isinstance(value, str):
        assert "\x00" not in value
        value.encode()
    elif isinstance(value, datetime):
        assert value.utcoffset() is not None
    elif isinstance(value, dict):
        for name, inner in value.items():
            check(name)
            check(inner, in_json=True)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            check(inner, in_json=in_json)
    elif isinstance(value, int):
        assert in_json or -(2**63) <= value < 2**63


@settings(max_examples=examples(600))
@given(damaged())
def test_a_damaged_item_becomes_records_or_is_refused_with_a_reason(node: dict[str, Any]) -> None:
    try:
        leaves = leaves_of(node, 100)
    except InvalidInput:
        return
    for leaf in leaves:
        assert leaf.external_id
        assert Leaf.payload_of(leaf.body()) is not None
        list(accounts_in(leaf.payload))
        try:
            record = parse(leaf.kind, leaf.payload)
        except InvalidInput:
            continue
        for field in dataclasses.fields(record):
            check(getattr(record, field.name))


@settings(max_examples=examples(300))
@given(
    st.dictionaries(NAMES, VALUES),
    st.sampled_from(["Issue", "PullRequest", "Discussion", "Release", "Repository", "X"]),
)
def test_anything_at_all_is_refused_with_a_reason(payload: dict[str, Any], type_name: str) -> None:
    for read in (
        lambda: leaves_of(payload | {"__typename": type_name}, 1),
        lambda: newest_of(payload),
        lambda: parse_outline(payload),
    ):
        assert refusal_of(read) != ""
    for kind in ("account", "comment", "event", "review", "review_thread", "review_comment"):
        assert refusal_of(partial(parse, kind, payload)) != ""


def refusal_of(read: Callable[[], object]) -> str | None:
    """The reason that is given; None when nothing is refused."""
    try:
        read()
    except InvalidInput as refusal:
        return refusal.message
    return None
