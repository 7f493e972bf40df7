"""Kinds: what is kept of an item, and what it is called."""

import json
from typing import Any

import pytest

from core.errors import InvalidInput
from core.json_text import NotStorable
from core.kinds import Kind
from core.store import Upserted


def plain(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != "token"}


def kind(**how: Any) -> Kind[None, Any]:
    return Kind("item", "items", "id", parse=dict, save=lambda _, __: Upserted(), leaf=plain, **how)


def test_what_cannot_be_archived_is_refused_and_its_evidence_has_no_secret() -> None:
    payload = {"id": "1", "odd": NotStorable("too deep"), "token": "xoxb-secret"}
    with pytest.raises(InvalidInput, match="its parser failed"):
        kind().understand(payload)
    assert json.loads(kind().evidence(payload)) == {"id": "1", "odd": "<too deep>"}


def test_equal_items_have_equal_bytes_also_with_a_lone_surrogate() -> None:
    one, other = {"a": "\ud800", "b": 1}, {"b": 1, "a": "\ud800", "token": "t"}
    assert kind().body_of(one) == kind().body_of(other)
    assert json.loads(kind().body_of(one)) == {"a": "\ud800", "b": 1}


def test_a_leaf_that_does_not_tell_its_id_gets_it_again_from_its_name() -> None:
    def with_id(name: str, kept: dict[str, Any]) -> dict[str, Any]:
        return {**kept, "id": name}

    assert kind(named=with_id).reread("7", b'{"a": 1}') == {"a": 1, "id": "7"}
