"""Quarantine: five attempts, ever further apart. Time passes by moving what is stored into the past."""

import datetime as dt

import pytest
from django.db.models import F
from django.utils import timezone

from core import quarantine
from core.errors import InvalidInput, SourceError
from core.models import QuarantinedItem

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


def put(external_id: str = "1", payload: bytes = b"p", error: Exception | None = None) -> bool:
    return quarantine.put("c", "s", "k", external_id, payload=payload, error=error or InvalidInput("bad"))


def pass_time(by: dt.timedelta) -> None:
    QuarantinedItem.objects.update(next_attempt_at=F("next_attempt_at") - by)


def item() -> QuarantinedItem:
    return QuarantinedItem.objects.get()


def is_due() -> bool:
    due = quarantine.due("c", "s", "k").exists()
    assert due != quarantine.waiting("c", "s", "k").exists()
    return due


def test_an_item_is_tried_five_times_ever_later_and_then_stays_listed() -> None:
    assert put()
    for hours in (1, 4, 16, 64):
        assert not is_due()
        pass_time(hours * HOUR - dt.timedelta(minutes=1))
        assert not is_due()
        pass_time(dt.timedelta(minutes=1))
        assert is_due()
        assert not put()
    assert (item().attempts, item().next_attempt_at, is_due()) == (5, None, False)
    assert item().reason == "InvalidInput: bad"


def test_meeting_an_item_before_its_time_or_after_its_last_is_no_attempt() -> None:
    put(payload=b"first")
    put(payload=b"second")
    assert (item().attempts, quarantine.payload_of(item())) == (1, b"first")
    QuarantinedItem.objects.update(attempts=5, next_attempt_at=None)
    put(payload=b"third")
    assert item().attempts == 5


def test_a_later_attempt_brings_its_own_payload_reason_and_category() -> None:
    put(payload=b"\x00\xff" * 1000)
    assert quarantine.payload_of(item()) == b"\x00\xff" * 1000
    pass_time(HOUR)
    put(payload=b"", error=SourceError("worse"))
    assert (quarantine.payload_of(item()), item().reason) == (b"", "SourceError: worse")
    assert (item().category, item().attempts) == ("source", 2)


def test_an_item_that_was_understood_is_forgotten_and_new_when_it_comes_again() -> None:
    put("1")
    put("2")
    assert quarantine.resolve("c", "s", "k", ["1", "unknown"]) == 1
    assert put("1")
    assert not put("2")


def test_released_items_are_due_at_once_those_that_were_given_up_too() -> None:
    put("1")
    put("2")
    QuarantinedItem.objects.filter(external_id="2").update(attempts=5, next_attempt_at=None)
    quarantine.put("c", "another scope", "k", "3", payload=b"", error=InvalidInput("bad"))
    assert quarantine.release("c", "s") == 2
    assert quarantine.due("c", "s", "k").count() == 2
    put("2")
    given_up = QuarantinedItem.objects.get(external_id="2")
    assert (given_up.attempts, given_up.next_attempt_at) == (6, None)
    assert QuarantinedItem.objects.filter(next_attempt_at__gt=timezone.now()).count() == 1


def test_what_no_database_can_hold_and_what_is_secret_stop_nothing() -> None:
    bad = InvalidInput("a\0b \ud800 Authorization: Bearer abcdefghijklmnop1234567890")
    assert put("x\0y\ud800", error=bad)
    assert not put("x\0y\ud800", error=bad)
    assert item().external_id == "xy\\ud800"
    assert "abcdefghijklmnop" not in item().reason
    assert item().reason.startswith("InvalidInput: ab \\ud800")
    assert quarantine.resolve("c", "s", "k", ["x\0y\ud800"]) == 1
