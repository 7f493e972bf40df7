"""The ledger: what a run did, and that a run without a process is a dead one."""

import datetime as dt
import os
import signal
import socket
import uuid
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from conftest import Start
from core import runs
from core.errors import AlreadyRunning, Superseded, classify_failure, exit_code
from core.metering import Meter
from core.models import Run
from core.pages import page
from core.postgres import direct_parameters
from core.postgres.transfer import dump, restore
from core.runs import ERRORS_KEPT, KEPT_FOR, ActiveRun

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


STOPPED = """
import django; django.setup()
import sys
from core.metering import Meter
from core.pages import page
from core.runs import ActiveRun
run = ActiveRun("c", {}, Meter())
with page(run.row, "s"):
    run.locks.close()  # as when the server or the network dropped the connection
    print("in the page", flush=True)
    sys.stdin.readline()
"""


def test_a_start_does_not_wait_for_ever_for_a_process_that_was_stopped_in_a_page(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = start("-c", STOPPED)
    assert stopped.stdout
    assert stopped.stdout.readline() == "in the page\n"
    stopped.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(runs, "PATIENCE_SECONDS", 0.1)
    dead = Run.objects.get()
    with pytest.raises(AlreadyRunning) as refused:
        ActiveRun("c", {}, Meter())
    assert f"run {dead.pk} of c (running) of process {dead.pid} on {dead.host}" in str(refused.value)
    assert "kill -CONT" in str(refused.value)
    assert exit_code(classify_failure(refused.value)) == 75
    assert Run.objects.get().status == "running"

    stopped.kill()
    stopped.wait()
    monkeypatch.undo()
    ActiveRun("c", {}, Meter()).close(Run.Status.OK, counts={})
    dead.refresh_from_db()
    assert dead.status == "aborted"


def test_old_runs_of_the_collector_go_but_never_the_last_good_one() -> None:
    def past(days: int, collector: str, status: Run.Status) -> None:
        Run.objects.create(
            token=uuid.uuid4(),
            collector=collector,
            status=status,
            started_at=timezone.now() - KEPT_FOR - dt.timedelta(days=days),
            host="h",
            pid=days,
        )

    for days in (-1, 1, 2, 3, 4):
        past(days, "c", Run.Status.FAILED if days in (-1, 1, 3) else Run.Status.OK)
    past(5, "another", Run.Status.FAILED)
    ActiveRun("c", {}, Meter()).close(Run.Status.PARTIAL, counts={})
    assert sorted(Run.objects.exclude(pid=os.getpid()).values_list("pid", flat=True)) == [-1, 2, 5]
    ActiveRun("c", {}, Meter()).close(Run.Status.OK, counts={})
    assert sorted(Run.objects.exclude(pid=os.getpid()).values_list("pid", flat=True)) == [-1, 5]


def test_no_page_is_saved_after_the_database_was_replaced_even_by_a_backup_of_the_same_run(
    tmp_path: Path,
) -> None:
    active = ActiveRun("c", {}, Meter())
    with page(active.row, "s"):
        pass
    parameters = direct_parameters()
    dump(parameters, tmp_path / "a.dump")
    connection.close()
    restore(parameters, tmp_path / "a.dump", replace=True)
    with pytest.raises(Superseded, match="the database was replaced"), page(active.row, "s"):
        pytest.fail("the page was opened")
    active.close(Run.Status.OK, counts={"messages": 148})
    assert Run.objects.values_list("status", "counts").get() == ("running", {})
    ActiveRun("c", {}, Meter()).close(Run.Status.OK, counts={})
    assert Run.objects.earliest("pk").status == "aborted"
