"""Code that pyright must accept. Checked by core/tests/test_protocols.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, assert_type

from core.protocols import (
    Activity,
    ActivityRecord,
    IncrementalState,
    Result,
    State,
    TrackerResult,
    require_activity_record,
    require_incremental_state,
    require_tracker_result,
)


@dataclass(frozen=True, slots=True)
class FrozenResult:
    success: bool
    counts: dict[str, int]
    pages: int = 0


class MutableResult:
    def __init__(self) -> None:
        self.success = True
        self.counts = {"created": 1}


@dataclass(frozen=True)
class Commit:
    """A narrower type is fine where only reading is asked for."""

    external_id: str
    occurred_at: datetime
    actor_external_id: str
    source_url: str
    summary: str

    @property
    def source_system(self) -> str:
        return "github"

    @property
    def activity_type(self) -> str:
        return "commit"


@dataclass(frozen=True, slots=True)
class Cursor:
    checkpoint_token: str
    human_readable_marker: None
    extras: Mapping[str, Any]


results: list[TrackerResult] = [Result(success=True), FrozenResult(True, {}), MutableResult()]
records: list[ActivityRecord] = [
    Activity("github", "1", datetime.now(UTC), "issue"),
    Commit("a1", datetime.now(UTC), "7", "https://example.org/a1", "Fix"),
]
states: list[IncrementalState] = [State(), Cursor("42", None, {"pages": 3})]

unknown: object = object()
assert_type(require_tracker_result(unknown), TrackerResult)
assert_type(require_activity_record(unknown), ActivityRecord)
assert_type(require_incremental_state(unknown), IncrementalState)
if isinstance(unknown, TrackerResult):
    assert_type(unknown.counts, Mapping[str, int])
