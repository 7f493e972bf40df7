import pytest

from core import sweeps
from core.models import CoverageGap, SweptItem

pytestmark = pytest.mark.django_db


def gaps() -> dict[str, tuple[int, int]]:
    return {gap.part: (gap.at_source, gap.stored) for gap in CoverageGap.objects.filter(scope="s")}


def test_a_sweep_remembers_what_it_saw_until_it_ends() -> None:
    sweeps.saw("c", "s", [("1", "2024-01"), ("2", "2024-01"), ("3", "2024-02")])
    sweeps.saw("c", "s", [("3", "2024-03"), ("4", "2024-03")])
    sweeps.saw("c", "other", [("1", "2024-01")])
    assert sweeps.seen_by_part("c", "s") == {"2024-01": 2, "2024-03": 2}
    assert sweeps.seen_of("c", "s", ["1", "5"]) == {"1"}
    sweeps.finish("c", "s")
    assert sweeps.seen_by_part("c", "s") == {}
    assert SweptItem.objects.get().scope == "other"


def test_only_gaps_that_are_new_or_have_changed_are_news() -> None:
    assert sweeps.report_gaps("c", "s", {"2024-01": (10, 9), "2024-02": (5, 4)}) == 2
    assert sweeps.report_gaps("c", "s", {"2024-01": (10, 9), "2024-02": (5, 4)}) == 0
    sweeps.report_gaps("c", "other", {"2024-01": (1, 0)})
    assert sweeps.report_gaps("c", "s", {"2024-01": (11, 9)}) == 1
    assert gaps() == {"2024-01": (11, 9)}
    assert sweeps.known_gaps("c", "s") == ["2024-01"]
    assert sweeps.report_gaps("c", "s", {}) == 0
    assert CoverageGap.objects.get().scope == "other"
