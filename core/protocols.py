"""The shapes that trackers hand to each other and to the core: guards, and plain implementations.

The Protocols ask for read-only properties, so frozen dataclasses and Django models alike satisfy them.
A `runtime_checkable` isinstance sees only names; the `require_*` guards look at the values too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, cast, runtime_checkable


@runtime_checkable
class TrackerResult(Protocol):
    """The result of a run: whether nothing was missed, and how much was done."""

    @property
    def success(self) -> bool: ...
    @property
    def counts(self) -> Mapping[str, int]: ...


@runtime_checkable
class ActivityRecord(Protocol):
    """One thing somebody did, in the words of its source.

    `occurred_at` carries a timezone. `actor_external_id` is None when the source does not say who;
    `source_url` is empty when the thing has no page.
    """

    @property
    def source_system(self) -> str: ...
    @property
    def external_id(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def activity_type(self) -> str: ...
    @property
    def actor_external_id(self) -> str | None: ...
    @property
    def source_url(self) -> str: ...
    @property
    def summary(self) -> str: ...


@runtime_checkable
class IncrementalState(Protocol):
    """The position in a stream: a token for the machine, a marker for people."""

    @property
    def checkpoint_token(self) -> str | None: ...
    @property
    def human_readable_marker(self) -> str | None: ...
    @property
    def extras(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Result:
    """A plain TrackerResult. `duration_seconds` is wall time; `errors` are sentences for the operator."""

    success: bool
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    errors: tuple[str, ...] = ()
    duration_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Activity:
    """A plain ActivityRecord."""

    source_system: str
    external_id: str
    occurred_at: datetime
    activity_type: str
    actor_external_id: str | None = None
    source_url: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A plain IncrementalState. A token of None means that nothing has been collected yet."""

    checkpoint_token: str | None = None
    human_readable_marker: str | None = None
    extras: Mapping[str, Any] = field(default_factory=dict[str, Any])


def require_tracker_result(value: object) -> TrackerResult:
    """Return `value`, or raise TypeError that lists what keeps it from being a TrackerResult."""
    _require(
        value,
        "TrackerResult",
        {
            "success": _problem_of(bool),
            "counts": _problem_of_counts,
        },
    )
    return cast("TrackerResult", value)


def require_activity_record(value: object) -> ActivityRecord:
    """Return `value`, or raise TypeError that lists what keeps it from being an ActivityRecord."""
    _require(
        value,
        "ActivityRecord",
        {
            "source_system": _problem_of_name,
            "external_id": _problem_of_name,
            "occurred_at": _problem_of_time,
            "activity_type": _problem_of_name,
            "actor_external_id": _problem_of(str, type(None)),
            "source_url": _problem_of(str),
            "summary": _problem_of(str),
        },
    )
    return cast("ActivityRecord", value)


def require_incremental_state(value: object) -> IncrementalState:
    """Return `value`, or raise TypeError that lists what keeps it from being an IncrementalState."""
    _require(
        value,
        "IncrementalState",
        {
            "checkpoint_token": _problem_of(str, type(None)),
            "human_readable_marker": _problem_of(str, type(None)),
            "extras": _problem_of_extras,
        },
    )
    return cast("IncrementalState", value)


class _Check(Protocol):
    """Says what is wrong with a value, or None."""

    def __call__(self, value: object, /) -> str | None: ...


def _require(value: object, protocol: str, checks: Mapping[str, _Check]) -> None:
    problems: list[str] = []
    for name, check in checks.items():
        try:
            attribute = getattr(value, name)
        except AttributeError:
            problems.append(f"{name} is missing")
            continue
        if problem := check(attribute):
            problems.append(f"{name} {problem}")
    if problems:
        # A class passed instead of its instance has the names, but as descriptors.
        given = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
        raise TypeError(f"{given} does not fit {protocol}: {'; '.join(problems)}")


def _problem_of(*types: type) -> _Check:
    expected = " or ".join("None" if each is type(None) else each.__name__ for each in types)

    def check(value: object, /) -> str | None:
        return None if isinstance(value, types) else f"must be {expected}, not {type(value).__name__}"

    return check


def _problem_of_name(value: object, /) -> str | None:
    return _problem_of(str)(value) or (None if value else "must not be empty")


def _problem_of_time(value: object, /) -> str | None:
    if not isinstance(value, datetime):
        return f"must be datetime, not {type(value).__name__}"
    return "must carry a timezone" if value.utcoffset() is None else None


def _problem_of_counts(value: object, /) -> str | None:
    if not isinstance(value, Mapping):
        return f"must be a mapping of str to int, not {type(value).__name__}"
    for name, count in cast("Mapping[object, object]", value).items():
        # bool is an int to Python, but True is no count.
        if not isinstance(name, str) or not isinstance(count, int) or isinstance(count, bool):
            return f"must map str to int, but has {name!r}: {count!r}"
    return None


def _problem_of_extras(value: object, /) -> str | None:
    if not isinstance(value, Mapping):
        return f"must be a mapping with str keys, not {type(value).__name__}"
    for name in cast("Mapping[object, object]", value):
        if not isinstance(name, str):
            return f"must have str keys, but has {name!r}"
    return None
