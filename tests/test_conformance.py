"""Every registered collector, present and future, against its twin: the promises that all of them make."""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils.module_loading import import_string

from core import vendors
from core.collectors import AbstractCollector, BaseCollectorCommand
from core.errors import CollectorFailureCategory, exit_code
from core.models import Run
from core.protocols import Result
from core.twins import Fault, Faults, Served, TwinClock
from core.twins.snapshot import (
    Window,
    differences,
    row_versions,
    snapshot,
)
from tests import database
from tests.subjects import ALWAYS, SOURCES, SUBJECTS, Refusing, Subject, assert_equals_truth, last_run

ROOT = Path(__file__).parents[1]
KILLS = 3
FIRST_REQUESTS = 3

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]


# Of sources without an SDK, and those over an SDK.
CLIENTS = ("core.http.HttpClient", *(each.client for each in vendors.vendors() if each.client))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients give up soon, and the pauses between their attempts take hardly any time."""
    for client in map(import_string, CLIENTS):
        monkeypatch.setattr(client, "__init__", hurried(client.__init__))


def hardly(seconds: float) -> None:
    """Some time has to pass: calls are spread by the database's clock."""
    time.sleep(min(seconds, 0.2))


def hurried(patient: Callable[..., None]) -> Callable[..., None]:
    hurry: dict[str, Any] = {"read_timeout": 0.3, "attempts": 2, "sleep": hardly}

    def impatient(client: Any, *args: Any, **options: Any) -> None:
        patient(client, *args, **options | hurry)

    return impatient


def test_its_class_is_where_it_is_documented_to_be_and_its_name_is_its_own(subject: Subject) -> None:
    app, _, name = subject.declared.collector.partition(".collectors.")
    assert (app, name) == (subject.tracker.app, subject.collector.__name__)
    assert issubclass(subject.collector, AbstractCollector)
    assert issubclass(subject.command_class, BaseCollectorCommand)
    assert getattr(sys.modules[subject.command_class.__module__], name) is subject.collector
    assert [each.collector.name for each in SUBJECTS].count(subject.collector.name) == 1
    result = subject.collector.result_class
    assert issubclass(result, Result)
    assert result.__module__.startswith(f"{app}.protocol_impl")


def test_a_run_brings_the_truth_and_a_second_one_writes_nothing(
    subject: Subject, served: Callable[..., Any]
) -> None:
    twin = subject.twin()
    with served(twin) as urls:
        assert subject.run() == 0
        assert_equals_truth(twin)
        assert last_run().status == "ok"
        assert last_run().requests == sum(urls.requests.values())
        before = row_versions()
        assert subject.run() == 0
        assert row_versions() == before
        for _ in range(2):
            twin.mutate()
            assert subject.run() == 0
            assert_equals_truth(twin)


@pytest.mark.parametrize("subject", SOURCES, ids=lambda subject: subject.command)
def test_a_run_that_its_minutes_end_is_continued_by_the_next(
    subject: Subject, served: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = subject.twin()
    with served(twin) as urls:
        began = time.time()

        def clock(_collector: AbstractCollector) -> float:
            """Return a clock that stands still for the first requests and is an hour later from then on."""
            return began + 3600 * (sum(urls.requests.values()) >= FIRST_REQUESTS)

        with monkeypatch.context() as patched:
            patched.setattr(subject.collector, "clock", clock)
            code = subject.run("--minutes", "60")
        assert code == exit_code(CollectorFailureCategory.TIMEOUT)
        assert (last_run().status, last_run().failure_category) == ("partial", "timeout")
        assert subject.run() == 0
        assert_equals_truth(twin)


@pytest.mark.parametrize("subject", SOURCES, ids=lambda subject: subject.command)
def test_a_run_that_is_killed_and_run_again_ends_with_the_same_database(
    subject: Subject, served: Callable[..., Any], database_environment: dict[str, str]
) -> None:
    rng = random.Random(subject.command)  # noqa: S311 - the same kills each time
    began = dt.datetime.now(dt.UTC).replace(microsecond=0)  # checkpoints tell whole seconds
    labels = ("core", *subject.tracker.table_apps)
    with served(subject.twin()) as urls:
        assert subject.run() == 0
        requests = sum(urls.requests.values())
        expected = snapshot(labels, Window(began, dt.datetime.now(dt.UTC)))
        database.reset()

        for _ in range(KILLS):
            kill_after(rng.randint(1, max(1, requests * 2 // 3)), subject, urls, database_environment)
        assert subject.run() == 0

        found = snapshot(labels, Window(began, dt.datetime.now(dt.UTC)))
        assert [str(each) for each in differences(expected, found)] == []
        statuses = set(Run.objects.values_list("status", flat=True))
        assert statuses <= {"ok", "aborted"}
        assert "aborted" in statuses


def kill_after(requests: int, subject: Subject, urls: Served, environment: dict[str, str]) -> None:
    """Starts the command and kills it when it has sent some requests more."""
    end = sum(urls.requests.values()) + requests
    process = subprocess.Popen(subject.program, cwd=ROOT, env=os.environ | environment)
    while sum(urls.requests.values()) < end and process.poll() is None:
        try:
            process.wait(0.002)
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    assert process.wait() in {0, -signal.SIGKILL}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("trouble", "categories"),
    [
        (401, "auth"),
        (403, "permission"),
        (Fault.TOO_MANY, "rate_limit"),
        # GitHub answers 502 to what takes it too long.
        (Fault.SERVER_ERROR, "network or source or timeout"),
        (Fault.RESET, "network"),
        (Fault.TRUNCATED, "network"),
        (Fault.SLOW, "timeout"),
    ],
    ids=str,
)
def test_what_a_source_refuses_is_told_as_what_it_is(
    subject: Subject, served: Callable[..., Any], trouble: int | Fault, categories: str
) -> None:
    if isinstance(trouble, Fault):
        # A slow clock: limits and slow answers last longer than any client waits.
        faults = Faults(1, [trouble], rate=1.0, in_a_row=ALWAYS)
        twin = subject.twin(faults, clock=TwinClock(multiple=0.01))
    else:
        twin = Refusing(subject.twin(), trouble)
    with served(twin):
        code = subject.run()
    run = last_run()
    assert run.status == "failed"
    assert run.failure_category in categories.split(" or ")
    assert code == exit_code(CollectorFailureCategory(run.failure_category))
    assert run.errors
    assert not any(model.objects.exists() for model in subject.tables() if model._meta.label in twin.truth())


def test_everything_can_be_built_again_from_the_archive_without_the_network(
    subject: Subject, served: Callable[..., Any]
) -> None:
    if "--from-archive" in subject.command_class.without:
        pytest.skip("its source allows no archive")
    twin = subject.twin()
    with served(twin) as urls:
        assert subject.run() == 0
        twin.mutate()
        assert subject.run() == 0
    requests = dict(urls.requests)
    for model in subject.tables():
        model.objects.all().delete()
    assert subject.run("--from-archive") == 0
    assert_equals_truth(twin)
    assert urls.requests == requests
    assert last_run().requests == 0
