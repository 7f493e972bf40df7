"""Outlines: what of an item tells whether the stored one is still right, without its texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from github_activity_tracker.protocol_impl.leaves import Kind


@dataclass(frozen=True, slots=True)
class ChildOutline:
    """`fields`: the columns of the child that an outline tells."""

    kind: Kind
    node_id: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class OutlineRecord:
    """`fields` as for children. `counts`: noun -> how many children there are; empty unless all were read."""

    node_id: str
    created_at: datetime
    fields: Mapping[str, object]
    counts: Mapping[str, int]
    children: tuple[ChildOutline, ...]
