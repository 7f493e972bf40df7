"""Sets of half-open integer intervals: what a checkpoint says is covered."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

_COVERED = "covered"


class Intervals:
    """A set of integers kept as sorted, disjoint, half-open intervals `[start, end)`. Immutable.

    >>> covered = Intervals([(0, 600), (800, 1000)])
    >>> list(covered.missing(0, 1200))
    [(600, 800), (1000, 1200)]
    """

    __slots__ = ("_spans",)

    def __init__(self, spans: Iterable[tuple[int, int]] = ()) -> None:
        merged: list[tuple[int, int]] = []
        for start, end in sorted((s, e) for s, e in spans if s < e):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        self._spans = tuple(merged)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._spans)

    def __len__(self) -> int:
        """Return how many integers are covered."""
        return sum(end - start for start, end in self._spans)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Intervals) and self._spans == other._spans

    def __hash__(self) -> int:
        return hash(self._spans)

    def __repr__(self) -> str:
        return f"Intervals({list(self._spans)})"

    def add(self, start: int, end: int) -> Self:
        return type(self)([*self._spans, (start, end)])

    def remove(self, start: int, end: int) -> Self:
        kept: list[tuple[int, int]] = []
        for span_start, span_end in self._spans:
            kept += [(span_start, min(span_end, start)), (max(span_start, end), span_end)]
        return type(self)(kept)

    @property
    def end(self) -> int:
        """Return one more than the largest integer covered; 0 when nothing is."""
        return self._spans[-1][1] if self._spans else 0

    def missing(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The intervals inside `[start, end)` that are not covered, in order."""
        for span_start, span_end in self._spans:
            if span_end <= start:
                continue
            if span_start >= end:
                break
            if start < span_start:
                yield start, span_start
            start = max(start, span_end)
        if start < end:
            yield start, end

    def as_extras(self) -> dict[str, Any]:
        """Give the intervals as a checkpoint's `extras` keep them."""
        return {_COVERED: [[start, end] for start, end in self._spans]}

    @classmethod
    def from_extras(cls, extras: Mapping[str, Any]) -> Self:
        """Read the intervals that a checkpoint's `extras` keep; none where it keeps none."""
        return cls((start, end) for start, end in extras.get(_COVERED, ()))
