"""Kinds: how an item is named and kept, whatever it is."""

from typing import Any

import pytest

from core.errors import InvalidInput
from core.json_text import NotStorable
from core.kinds import Kind
from core.store import Upserted

ITEM: Kind[None, str] = Kind(
    "item", "items", "id", lambda payload: payload["title"], lambda _, __: Upserted()
)


@pytest.mark.parametrize("payload", [{"id": 1}, {"id": 1, "title": "x", "odd": NotStorable("too deep")}, 7])
def test_what_is_not_understood_or_cannot_be_kept_is_refused_and_has_a_name_and_evidence(
    payload: Any,
) -> None:
    with pytest.raises(InvalidInput):
        ITEM.understand(payload)
    assert ITEM.name_of(payload) == ("1" if isinstance(payload, dict) else ITEM.name_of(7))
    assert ITEM.evidence(payload)


def test_equal_items_have_equal_bytes_and_are_read_again() -> None:
    _, body = ITEM.understand({"title": "half a pair: \ud800", "id": 1})
    assert body == ITEM.body_of({"id": 1, "title": "half a pair: \ud800"})
    assert ITEM.reread(body) == "half a pair: \ud800"
