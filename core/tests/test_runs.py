"""The ledger: what a run did, and that a run without a process is a dead one."""

import os
import socket

import pytest
from django.utils import timezone

from conftest import Start
from core.metering import Meter
from core.models import Run
from core.runs import ERRORS_KEPT, ActiveRun

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_leaves_what_it_did_and_what_it_cost() -> None:
    meter = Meter()
    active = ActiveRun("c", {"since": "2024-05-01", "lists": ("a@b",)}, meter)
    row = Run.objects.get()
    assert (row.status, row.phase, row.ended_at) == ("running", "start", None)
    assert (row.host, row.pid) == (socket.gethostname(), os.getpid())
    active.enter("collect")
    assert Run.objects.get().phase == "collect"
    meter.add_request(100)
    meter.add_request(50)
    meter.add_wait(1.5)

    errors = [{"item": "a@b", "category": "network", "message": "broke off"}]
    active.close(Run.Status.PARTIAL, counts={"messages": 3}, errors=errors, failure_category="network")

    row.refresh_from_db()
    assert (row.status, row.failure_category) == ("partial", "network")
    assert (row.counts, row.errors) == ({"messages": 3}, errors)
    assert row.options == {"since": "2024-05-01", "lists": ["a@b"]}
    assert (row.requests, row.bytes_received, row.seconds_waited) == (2, 150, 1.5)
    assert row.ended_at
    assert row.started_at <= row.ended_at <= timezone.now()


def test_the_ledger_holds_no_secrets_no_endless_list_and_whatever_text_there_is() -> None:
    active = ActiveRun("c", {"mbox": ["/tmp/\udce9.mbox\0"]}, Meter())  # noqa: S108 - a name, no file
    message = "\0 \ud800 https://user:hunter22@host/?token=abcdef123456"
    active.close(Run.Status.FAILED, counts={}, errors=[{"message": message}] * (ERRORS_KEPT + 1))
    row = Run.objects.get()
    assert row.status == "failed"
    assert len(row.errors) == ERRORS_KEPT
    assert "hunter22" not in row.errors[0]["message"]
    assert "abcdef123456" not in row.errors[0]["message"]
    assert row.options == {"mbox": ["/tmp/\\udce9.mbox"]}  # noqa: S108 - as above


def test_a_live_run_is_left_alone_and_a_dead_one_becomes_aborted(start: Start) -> None:
    script = """
import django; django.setup()
import sys
from core.metering import Meter
from core.runs import ActiveRun
run = ActiveRun("c", {}, Meter())
print("running", flush=True)
sys.stdin.readline()
"""
    process = start("-c", script)
    assert process.stdout
    assert process.stdout.readline() == "running\n"
    first = Run.objects.get()

    beside = ActiveRun("c", {}, Meter())
    first.refresh_from_db()
    assert first.status == "running"

    process.kill()
    process.wait()
    other = ActiveRun("another", {}, Meter())
    first.refresh_from_db()
    assert first.status == "running"  # not for another collector to say
    later = ActiveRun("c", {}, Meter())
    first.refresh_from_db()
    assert (first.status, first.ended_at is None) == ("aborted", False)
    for active in (beside, other, later):
        active.close(Run.Status.OK, counts={})
    assert Run.objects.filter(status="ok").count() == 3


def test_a_run_that_was_declared_dead_does_not_come_back_to_life_in_the_ledger() -> None:
    slow = ActiveRun("c", {}, Meter())
    slow.locks.close()
    ActiveRun("c", {}, Meter()).close(Run.Status.OK, counts={})
    slow.close(Run.Status.OK, counts={"messages": 1})
    assert Run.objects.values_list("status", "counts").earliest("pk") == ("aborted", {})
