"""Faults are reproducible and never stand between a patient client and its answer."""

from collections import Counter

import pytest

from core.twins import Fault, Faults

EVERYTHING = frozenset(Fault)


def test_the_same_seed_gives_the_same_faults_whatever_else_was_asked_between() -> None:
    first, second = Faults.all(7), Faults.all(7)
    alone = [first.next("GET /a", EVERYTHING)[0] for _ in range(50)]
    mixed: list[Fault | None] = []
    for _ in range(50):
        second.next("GET /b", EVERYTHING)
        mixed.append(second.next("GET /a", EVERYTHING)[0])
    assert alone == mixed
    assert set(alone) > {None}


def test_another_seed_gives_other_faults() -> None:
    def asked(seed: int) -> list[Fault | None]:
        faults = Faults.all(seed)
        return [faults.next(f"GET /{number}", EVERYTHING)[0] for number in range(50)]

    assert asked(1) != asked(2)


@pytest.mark.parametrize("in_a_row", [1, 3])
def test_an_address_never_fails_more_often_in_a_row_than_allowed(in_a_row: int) -> None:
    faults = Faults.all(1, rate=1.0, in_a_row=in_a_row)
    outcomes = [faults.next("GET /a", EVERYTHING)[0] is None for _ in range(20)]
    assert outcomes == ([False] * in_a_row + [True]) * (20 // (in_a_row + 1)) + [False] * (
        20 % (in_a_row + 1)
    )


def test_what_takes_several_requests_gets_them_all_after_failing_as_often_as_allowed() -> None:
    faults = Faults.all(1, rate=0.8, in_a_row=2)
    failed = [0]
    for _ in range(300):
        asked = (faults.next("git a/b", EVERYTHING, takes=3)[0] for _ in range(3))
        if all(fault is None for fault in asked):
            failed.append(0)
        else:
            failed[-1] += 1
    assert max(failed) == 2


def test_every_kind_happens_and_those_left_out_do_not() -> None:
    faults = Faults.all(3, without={Fault.SLOW}, rate=0.9)
    possible = EVERYTHING - {Fault.SECONDARY_LIMIT}
    happened = Counter(faults.next(f"GET /{number}", possible)[0] for number in range(2000))
    assert set(happened) == possible - {Fault.SLOW} | {None}


def test_none_means_that_nothing_goes_wrong() -> None:
    faults = Faults.none()
    assert {faults.next("GET /a", EVERYTHING)[0] for _ in range(100)} == {None}
