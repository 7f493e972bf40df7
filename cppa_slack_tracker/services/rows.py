"""Records as rows: a record's fields have the names of its table's columns."""

from dataclasses import fields
from typing import Any


def values_of(record: Any) -> dict[str, Any]:
    """Give what a record has, by name; lists in place of tuples, as an array column takes them."""
    found: dict[str, Any] = {each.name: getattr(record, each.name) for each in fields(record)}
    return {name: list(value) if type(value) is tuple else value for name, value in found.items()}


def columns_of(record_class: type[Any], *, but: str) -> list[str]:
    """Name the columns that a record is written to; `but` is its key."""
    return [each.name for each in fields(record_class) if each.name != but]
