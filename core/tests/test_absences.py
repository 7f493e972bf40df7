"""A large part of what is stored is gone only when two looks, at least an hour apart, miss the same items."""

import datetime as dt
from collections.abc import Collection, Iterable

import pytest
from django.db.models import F

from core import absences
from core.absences import Absences
from core.errors import CollectorFailureCategory
from core.models import DoubtedAbsence

pytestmark = pytest.mark.django_db

STORED = 100


def ids(*numbers: int) -> list[str]:
    return [f"{number:03}" for number in range(*numbers)]


def look(
    missing: Iterable[str],
    present: Collection[str] = (),
    *,
    run: Absences | None = None,
    stored: int = STORED,
) -> list[str]:
    run = run or Absences("c")
    return run.believed("s", "message", missing, present=present, stored=lambda: stored)


def an_hour_passes() -> None:
    DoubtedAbsence.objects.update(first_missed_at=F("first_missed_at") - dt.timedelta(hours=1))


@pytest.mark.parametrize(
    ("missing", "stored", "is_believed"),
    [
        (10, 10, True),  # few, though all
        (11, 11, False),
        (11, 109, False),
        (11, 110, True),  # a tenth
        (500, 10_000, True),
    ],
)
def test_more_than_ten_and_more_than_a_tenth_is_too_much_to_believe_at_once(
    missing: int, stored: int, *, is_believed: bool
) -> None:
    gone = look(ids(missing), stored=stored)
    assert gone == (ids(missing) if is_believed else [])
    assert DoubtedAbsence.objects.count() == (0 if is_believed else missing)


def test_a_look_an_hour_later_confirms_what_both_have_missed_and_nothing_else() -> None:
    assert look(ids(50)) == []
    assert look(ids(50)) == []  # at once again: nothing new
    an_hour_passes()
    run = Absences("c")
    assert look(ids(20, 80), ids(0, 20), run=run) == ids(20, 50)
    assert sorted(DoubtedAbsence.objects.values_list("external_id", flat=True)) == ids(50, 80)
    ((scope, error),) = run.failures()
    assert scope == "s"
    assert error.category is CollectorFailureCategory.PARTIAL
    assert "30 of 100 stored messages" in str(error)
    assert "at least an hour" in str(error)


def test_what_is_shown_again_has_to_be_missed_twice_again() -> None:
    run = Absences("c")
    assert look(ids(50), run=run) == []
    assert look([], ids(50), run=run) == []
    assert not list(run.failures())  # the same run has seen them
    assert not run.is_doubtful("other", "message")
    look(ids(50))
    an_hour_passes()
    look([], ids(50))
    assert look(ids(50)) == []


def test_many_small_absences_of_one_run_are_one_large_one() -> None:
    run = Absences("c")
    assert look(ids(0, 8), run=run) == ids(0, 8)
    assert look(ids(8, 16), run=run, stored=STORED - 8) == []
    assert Absences("c").is_doubtful("s", "message")
    assert Absences("c").in_doubt("s", "message") == set(ids(8, 16))
    assert Absences("c").in_doubt("other", "message") == set()
    assert absences.gaps("c", "s") == {"messages no longer shown": (0, 8)}
    absences.forget("c", ["s"])
    assert not Absences("c").is_doubtful("s", "message")
