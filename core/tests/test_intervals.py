from hypothesis import given
from hypothesis import strategies as st

from core.intervals import Intervals

numbers = st.integers(0, 30)
spans = st.tuples(numbers, numbers)


def members(intervals: Intervals) -> set[int]:
    return {number for start, end in intervals for number in range(start, end)}


@given(st.lists(spans), spans, spans)
def test_it_is_a_set_of_integers(
    given_spans: list[tuple[int, int]], more: tuple[int, int], less: tuple[int, int]
) -> None:
    start = {number for first, last in given_spans for number in range(first, last)}
    grown = Intervals(given_spans).add(*more)
    left = grown.remove(*less)

    assert members(Intervals(given_spans)) == start
    assert members(grown) == start | set(range(*more))
    assert members(left) == members(grown) - set(range(*less))
    assert len(left) == len(members(left))
    assert left.end == max(members(left), default=-1) + 1
    assert left == Intervals((number, number + 1) for number in members(left))
    assert Intervals.from_extras({}) == Intervals()
    assert Intervals.from_extras(left.as_extras()) == left


@given(st.lists(spans), spans)
def test_what_is_missing_is_what_it_does_not_hold(
    given_spans: list[tuple[int, int]], window: tuple[int, int]
) -> None:
    covered = Intervals(given_spans)
    gaps = list(covered.missing(*window))
    assert members(Intervals(gaps)) == set(range(*window)) - members(covered)
    assert gaps == list(Intervals(gaps))  # sorted, and no two touch
