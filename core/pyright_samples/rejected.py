"""Code that pyright must reject: exactly the lines that end in `expect:` and the name of a rule."""

from dataclasses import dataclass, field
from datetime import datetime

from core.protocols import ActivityRecord, IncrementalState, Result, State, TrackerResult


@dataclass(frozen=True)
class NoCounts:
    success: bool


@dataclass(frozen=True)
class CountsOfText:
    success: bool
    counts: dict[str, str]


@dataclass(frozen=True)
class MethodForValue:
    counts: dict[str, int]

    def success(self) -> bool:
        return True


@dataclass(frozen=True)
class TextForTime:
    source_system: str
    external_id: str
    occurred_at: str
    activity_type: str
    actor_external_id: str | None
    source_url: str
    summary: str


@dataclass(frozen=True)
class NumberForToken:
    checkpoint_token: int
    human_readable_marker: str | None
    extras: dict[str, object] = field(default_factory=dict[str, object])


def no_counts(value: NoCounts) -> TrackerResult:
    return value  # expect: reportReturnType


def counts_of_text(value: CountsOfText) -> TrackerResult:
    return value  # expect: reportReturnType


def method_for_value(value: MethodForValue) -> TrackerResult:
    return value  # expect: reportReturnType


def text_for_time(value: TextForTime) -> ActivityRecord:
    return value  # expect: reportReturnType


def number_for_token(value: NumberForToken) -> IncrementalState:
    return value  # expect: reportReturnType


def result_is_no_state(value: Result) -> IncrementalState:
    return value  # expect: reportReturnType


def write_through_protocol(result: TrackerResult, record: ActivityRecord, now: datetime) -> None:
    result.success = False  # expect: reportAttributeAccessIssue
    record.occurred_at = now  # expect: reportAttributeAccessIssue


def more_than_promised(result: TrackerResult) -> object:
    return result.errors  # expect: reportAttributeAccessIssue


def write_to_frozen(result: Result, state: State) -> None:
    result.success = False  # expect: reportAttributeAccessIssue
    state.checkpoint_token = "1"  # expect: reportAttributeAccessIssue


bare = TrackerResult()  # expect: reportAbstractUsage
