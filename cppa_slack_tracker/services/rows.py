"""Records as rows: a record's fields have the names of its table's columns."""

from dataclasses import fields
from typing import Any, cast


def values_of(record: Any) -> dict[str, Any]:
    """Give what a record has, by name; lists in place of tuples, as an array column takes them."""
    found: dict[str, Any] = {each.name: getattr(record, each.name) for each in fields(record)}
    arrays = {name: list(cast("tuple[Any, ...]", v)) for name, v in found.items() if isinstance(v, tuple)}
    return found | arrays


def columns_of(record_class: type[Any], *, but: str) -> list[str]:
    """Name the columns that a record is written to; `but` is its key."""
    return [each.name for each in fields(record_class) if each.name != but]
