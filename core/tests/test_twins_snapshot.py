"""Two collections of one world are compared by natural keys, and nothing that matters is left out."""

import datetime as dt

import pytest

from core.models import ArchiveVersion, Checkpoint, CoverageGap, QuarantinedItem, Run
from core.twins.snapshot import Snapshot, Window, differences, natural_key, snapshot

pytestmark = pytest.mark.django_db

WINDOW = Window(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 1, 2, tzinfo=dt.UTC))


def taken() -> Snapshot:
    return snapshot(["core"], WINDOW)


def told(expected: Snapshot, found: Snapshot) -> list[str]:
    return [str(difference) for difference in differences(expected, found)]


def gap(**values: object) -> CoverageGap:
    row = {"collector": "c", "scope": "s", "part": "2024-05", "at_source": 3, "stored": 2} | values
    return CoverageGap.objects.create(**row)


def archived(*hashes: bytes | None) -> None:
    for content_hash in hashes:
        ArchiveVersion.objects.create(
            source="c", scope="s", kind="k", external_id="1", content_hash=content_hash, size=0
        )


def test_rows_with_other_ids_and_times_are_the_same() -> None:
    gap().delete()
    gap(found_at=dt.datetime(2001, 1, 1, tzinfo=dt.UTC))
    expected = taken()
    CoverageGap.objects.all().delete()
    gap()
    assert told(expected, taken()) == []


def test_a_missing_an_unexpected_and_a_different_row_are_told_apart() -> None:
    gap(part="only here")
    changed = gap(part="changed")
    expected = taken()
    CoverageGap.objects.filter(part="only here").update(part="only there")
    CoverageGap.objects.filter(pk=changed.pk).update(stored=7)
    assert told(expected, taken()) == [
        "core.CoverageGap ('c', 's', 'changed') differs: stored: 2 expected, 7 found",
        "core.CoverageGap ('c', 's', 'only here') is missing",
        "core.CoverageGap ('c', 's', 'only there') is not expected",
    ]


def test_run_records_and_attempts_are_left_out_but_not_what_is_in_quarantine() -> None:
    item = QuarantinedItem.objects.create(
        collector="c", scope="s", kind="k", external_id="1", payload=b"p", reason="bad", category="validation"
    )
    expected = taken()
    QuarantinedItem.objects.filter(pk=item.pk).update(attempts=4)
    Run.objects.create(token="00000000-0000-0000-0000-000000000001", collector="c", host="h", pid=1)
    assert told(expected, taken()) == []
    QuarantinedItem.objects.filter(pk=item.pk).update(reason="worse")
    assert told(expected, taken()) == [
        "core.QuarantinedItem ('c', 's', 'k', '1') differs: reason: 'bad' expected, 'worse' found"
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2026-01-01T08:00:00+00:00", "2026-01-01T09:30:00Z", True),
        ("up to 2026-01-01", "up to 2026-01-02", True),
        ("2025-12-31T08:00:00+00:00", "2025-12-31T09:30:00+00:00", False),
        ("up to 2025-12-30", "up to 2025-12-31", False),
        ("2026-13-45", "2026-13-46", False),
    ],
)
def test_a_checkpoint_may_differ_by_a_time_of_our_own_clock_only(one: str, other: str, same: bool) -> None:
    row = Checkpoint.objects.create(collector="c", scope="s", stream="x", token=one)
    expected = taken()
    Checkpoint.objects.filter(pk=row.pk).update(token=other)
    assert (told(expected, taken()) == []) is same


def test_an_empty_checkpoint_is_no_checkpoint() -> None:
    expected = taken()
    Checkpoint.objects.create(collector="c", scope="s", stream="x")
    assert told(expected, taken()) == []


def test_an_item_that_was_away_and_came_back_as_it_was_has_the_same_history() -> None:
    archived(b"1")
    expected = taken()
    archived(None, b"1")
    assert told(expected, taken()) == []


def test_the_order_of_versions_and_a_final_absence_are_part_of_the_history() -> None:
    archived(b"1", b"2")
    expected = taken()
    archived(b"1")
    assert told(expected, taken()) != []
    ArchiveVersion.objects.all().delete()
    archived(b"1", b"2", None)
    assert told(expected, taken()) != []


def test_a_table_whose_rows_nothing_identifies_cannot_be_compared() -> None:
    with pytest.raises(TypeError, match=r"core\.ArchiveVersion has no unique constraint"):
        natural_key(ArchiveVersion)
