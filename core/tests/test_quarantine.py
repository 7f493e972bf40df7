"""Quarantine: five attempts, ever further apart. Time passes by moving what is stored into the past."""

import datetime as dt

import pytest
from django.db.models import F
from django.utils import timezone

from core import quarantine
from core.errors import InvalidInput, SourceError
from core.models import QuarantinedItem
from core.quarantine import View

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


def put(external_id: str = "1", payload: bytes = b"p", error: Exception | None = None) -> bool:
    is_new, _ = quarantine.put(
        "c", "s", "k", external_id, payload=payload, error=error or InvalidInput("bad")
    )
    return is_new


def pass_time(by: dt.timedelta) -> None:
    QuarantinedItem.objects.update(next_attempt_at=F("next_attempt_at") - by)


def item() -> QuarantinedItem:
    return QuarantinedItem.objects.get()


def is_due() -> bool:
    view = View("c")
    assert view.due("s", "k") ^ view.waiting("s", "k") == view.listed("s", "k") == {item().external_id}
    return bool(view.due("s", "k"))


def payload(external_id: str = "1") -> bytes:
    return quarantine.payloads("c", "s", "k", [external_id])[external_id]


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
    # A retry must not bring back what the source has changed since.
    assert (item().attempts, payload()) == (1, b"second")
    QuarantinedItem.objects.update(attempts=5, next_attempt_at=None)
    put(payload=b"third")
    assert (item().attempts, item().next_attempt_at, payload()) == (5, None, b"third")


def test_a_later_attempt_brings_its_own_payload_reason_and_category() -> None:
    put(payload=b"\x00\xff" * 1000)
    assert payload() == b"\x00\xff" * 1000
    pass_time(HOUR)
    put(payload=b"", error=SourceError("worse"))
    assert (payload(), item().reason) == (b"", "SourceError: worse")
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
    view = View("c")
    view.release("s")
    assert view.due("s", "k") == View("c").due("s", "k") == {"1", "2"}
    put("2")
    given_up = QuarantinedItem.objects.get(external_id="2")
    assert (given_up.attempts, given_up.next_attempt_at) == (6, None)
    assert QuarantinedItem.objects.filter(next_attempt_at__gt=timezone.now()).count() == 1


def test_what_was_tried_again_in_a_run_is_released_no_second_time() -> None:
    put("1")
    view = View("c")
    view.release("s")
    _, at = quarantine.put("c", "s", "k", "1", payload=b"", error=InvalidInput("still bad"))
    view.settle({("s", "k", "1"): at}, [])
    view.release("s")
    assert view.due("s", "k") == View("c").due("s", "k") == set()


def test_what_no_database_can_hold_and_what_is_secret_stop_nothing() -> None:
    bad = InvalidInput("a\0b \ud800 Authorization: Bearer abcdefghijklmnop1234567890")
    assert put("x\0y\ud800", error=bad)
    assert not put("x\0y\ud800", error=bad)
    assert item().external_id == "xy\\ud800"
    assert "abcdefghijklmnop" not in item().reason
    assert item().reason.startswith("InvalidInput: ab \\ud800")
    assert quarantine.resolve("c", "s", "k", ["x\0y\ud800"]) == 1


def test_an_item_that_is_named_anew_keeps_its_attempts_and_yields_to_one_of_that_name() -> None:
    for name in ("1", "2", "3"):
        put(name)
    QuarantinedItem.objects.filter(external_id="1").update(attempts=3)
    view = View("c")
    view.refile("s", "k", "1", "one")
    view.refile("s", "k", "2", "3")
    view.refile("s", "k", "unknown", "4")
    assert view.listed("s", "k") == View("c").listed("s", "k") == {"one", "3"}
    assert QuarantinedItem.objects.get(external_id="one").attempts == 3


def test_scopes_that_are_gone_take_what_is_set_aside_with_them() -> None:
    put("1")
    quarantine.put("c", "another scope", "k", "3", payload=b"", error=InvalidInput("bad"))
    view = View("c")
    view.forget(["s", "unknown"])
    assert view.scopes() == View("c").scopes() == {"another scope"}
