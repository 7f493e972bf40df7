"""A page: all of it or nothing, never over the network, never after the run was declared dead."""

import uuid

import pytest
from django.db import connection, transaction

from conftest import Start
from core import checkpoints, pages, quarantine
from core.errors import AlreadyRunning, InvalidInput, Superseded, classify_failure, exit_code
from core.metering import Meter
from core.models import ArchiveVersion, CoverageGap, QuarantinedItem, Run, SweptItem
from core.open_pages import page_is_open
from core.pages import page
from core.postgres import direct_connection
from core.protocols import State
from core.quarantine import View
from core.runs import ActiveRun
from core.store import upsert
from core.tests.loopback import client, serving


@pytest.fixture
def run(db: None) -> Run:  # noqa: ARG001 - writes its row
    return Run.objects.create(token=uuid.uuid4(), collector="c", host="h", pid=1)


def items(*ids: str) -> list[SweptItem]:
    return [SweptItem(collector="c", scope="s", external_id=each, part="p") for each in ids]


def test_rows_raw_records_and_checkpoint_are_saved_together(run: Run) -> None:
    with page(run, "s") as opened:
        opened.archive("item", {"1": b"x", "2": b"y"})
        opened.saved("items", "item", upsert(SweptItem, items("1", "2"), key=KEY), key="external_id")
        opened.checkpoint("stream", State("2", "two", {}))
    assert opened.counts == {"archived": 2, "items_created": 2}
    assert SweptItem.objects.count() == ArchiveVersion.objects.count() == 2
    assert checkpoints.load("c", "s", "stream").checkpoint_token == "2"


KEY = ("collector", "scope", "external_id")


def test_a_page_that_fails_leaves_nothing(run: Run) -> None:
    with pytest.raises(RuntimeError), page(run, "s") as opened:  # noqa: PT012 - what comes before matters
        opened.archive("item", {"1": b"x"})
        opened.saved("items", "item", upsert(SweptItem, items("1"), key=KEY), key="external_id")
        opened.quarantine("item", "2", b"", InvalidInput("bad"))
        opened.checkpoint("stream", State("1", None, {}))
        raise RuntimeError
    assert not SweptItem.objects.exists()
    assert not ArchiveVersion.objects.exists()
    assert not QuarantinedItem.objects.exists()
    assert checkpoints.load("c", "s", "stream") == State()


def test_refused_rows_go_to_quarantine_with_all_that_they_held_and_the_rest_is_saved(run: Run) -> None:
    bad = CoverageGap(collector="c", scope="s", part="\ud800", at_source=2**40, stored=1)
    good = CoverageGap(collector="c", scope="s", part="ok", at_source=2, stored=1)
    with page(run, "s") as opened:
        outcome = upsert(CoverageGap, [bad, good], key=("collector", "scope", "part"))
        opened.saved("gaps", "gap", outcome, key="part")
    assert CoverageGap.objects.get().part == "ok"
    assert opened.counts == {"gaps_created": 1, "quarantined": 1}
    item = QuarantinedItem.objects.get()
    assert (item.collector, item.scope, item.kind, item.external_id) == ("c", "s", "gap", "\\ud800")
    with page(run, "s") as again:
        again.quarantine("gap", "\ud800", b"", InvalidInput("bad"))
    assert (again.counts, again.newly_quarantined) == ({}, [])
    with page(run, "s") as solved:
        solved.resolve("gap", ["\ud800"])
    assert not QuarantinedItem.objects.exists()


@pytest.mark.parametrize("resolved_first", [True, False])
def test_what_a_page_sets_aside_is_not_resolved_by_the_same_page(run: Run, *, resolved_first: bool) -> None:
    bad = CoverageGap(collector="c", scope="s", part="big", at_source=2**40, stored=1)
    with page(run, "s") as opened:
        outcome = upsert(CoverageGap, [bad], key=("collector", "scope", "part"))
        if resolved_first:
            opened.resolve("gap", ["big", "other"])
        opened.saved("gaps", "gap", outcome, key="part")
        if not resolved_first:
            opened.resolve("gap", ["big", "other"])
    item = QuarantinedItem.objects.get()
    assert b"1099511627776" in quarantine.payloads("c", "s", "gap", ["big"])["big"]
    View("c").release("s")
    with page(run, "s") as again:
        again.resolve("gap", ["big"])
        again.saved("gaps", "gap", outcome, key="part")
    assert again.newly_quarantined == []
    item.refresh_from_db()
    assert item.attempts == 2
    with page(run, "s") as later:
        later.resolve("gap", ["big"])
    assert not QuarantinedItem.objects.exists()


def test_nothing_waits_for_the_network_inside_a_page(run: Run) -> None:
    with serving(lambda request: request.reply()) as source:
        http = client(source.url)
        assert not page_is_open()
        with page(run, "s"):
            assert page_is_open()
            with pytest.raises(RuntimeError, match="page transaction"):
                http.get("/")
        assert not page_is_open()
        http.get("/")
    assert source.paths == ["/"]


def test_a_page_is_a_transaction_of_its_own(run: Run) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError), page(run, "s"):
        """Its commit would have been the outer one's."""


def test_a_run_that_was_declared_dead_cannot_save_a_page(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(status=Run.Status.ABORTED)
    with pytest.raises(Superseded, match="declared dead"), page(run, "s"):
        pytest.fail("the page was opened")
    assert not page_is_open()


@pytest.mark.django_db(transaction=True)
def test_a_page_does_not_wait_for_ever_for_rows_that_a_stopped_process_holds(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PATIENCE_SECONDS", 0.1)
    with direct_connection() as stopped:
        stopped.execute("BEGIN")
        stopped.execute(
            "INSERT INTO core_sweptitem (collector, scope, external_id, part) VALUES ('c', 's', '1', 'p')"
        )
        with (
            pytest.raises(AlreadyRunning, match="another process has held rows") as refused,
            page(run, "s"),
        ):
            upsert(SweptItem, items("1"), key=KEY)
        assert exit_code(classify_failure(refused.value)) == 75
        stopped.execute("ROLLBACK")
    with page(run, "s"):
        upsert(SweptItem, items("1"), key=KEY)
    assert SweptItem.objects.count() == 1


WRITER = """
import django; django.setup()
import sys
from core.metering import Meter
from core.models import SweptItem
from core.pages import page
from core.runs import ActiveRun
run = ActiveRun("c", {}, Meter())
run.locks.close()  # as when the server or the network dropped the connection
with page(run.row, "s"):
    SweptItem.objects.create(collector="c", scope="s", external_id="1", part="p")
    print("in the page", flush=True)
    sys.stdin.readline()
sys.stdin.readline()
try:
    with page(run.row, "s"):
        SweptItem.objects.create(collector="c", scope="s", external_id="2", part="p")
except Exception as error:
    print(type(error).__name__, flush=True)
"""
RIVAL = """
import django; django.setup()
from core.metering import Meter
from core.models import SweptItem
from core.runs import ActiveRun
ActiveRun("c", {}, Meter())
print(SweptItem.objects.count(), flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_who_declares_a_slow_run_dead_waits_for_its_page_and_stops_the_next(start: Start) -> None:
    writer = start("-c", WRITER)
    assert writer.stdin
    assert writer.stdout
    assert writer.stdout.readline() == "in the page\n"
    rival = start("-c", RIVAL)
    assert rival.stdout
    wait_until_somebody_waits_for_a_row_lock()

    writer.stdin.write("\n")
    writer.stdin.flush()

    assert rival.stdout.readline() == "1\n"
    writer.stdin.write("\n")
    writer.stdin.flush()
    assert writer.stdout.readline() == "Superseded\n"
    assert SweptItem.objects.get().external_id == "1"
    assert Run.objects.earliest("pk").status == Run.Status.ABORTED


def wait_until_somebody_waits_for_a_row_lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DO $$ BEGIN FOR turn IN 1..30000 LOOP PERFORM pg_sleep(0.01); PERFORM pg_stat_clear_snapshot();"
            " IF EXISTS (SELECT FROM pg_locks WHERE NOT granted) THEN RETURN; END IF; END LOOP;"
            " RAISE 'nobody waits'; END $$"
        )


@pytest.mark.django_db(transaction=True)
def test_a_page_of_a_live_run_is_saved() -> None:
    active = ActiveRun("c", {}, Meter())
    with page(active.row, "s"):
        SweptItem.objects.create(collector="c", scope="s", external_id="1", part="p")
    active.close(Run.Status.OK, counts={})
    assert SweptItem.objects.count() == 1
