"""Every registered collector, present and future, against its twin: the promises that all of them make."""

import datetime as dt
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models
from django.utils.module_loading import import_string

from core import archive, registry
from core.collectors import AbstractCollector, BaseCollectorCommand
from core.errors import CollectorFailureCategory, exit_code
from core.models import QuarantinedItem, Run
from core.registry import Tracker
from core.tests.damaging import damage_one_of_each_kind
from core.tests.odd_json import ODD_VALUES, PLACE, with_odd_value
from core.twins import Fault, Faults, Served, Twin, TwinClock, TwinRequest, TwinResponse, World, serve
from core.twins.snapshot import (
    DIFFERS,
    Snapshot,
    Window,
    differences,
    differences_from_truth,
    row_versions,
    snapshot,
)

ROOT = Path(__file__).parents[1]
SIZE = 60  # items of a twin
KILLS = 3
ALWAYS = 10**9  # faults in a row
PROGRAM, MOST_FROM_OUTSIDE = 120, 300  # MiB of memory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]


@dataclass(frozen=True)
class Subject:
    """A collector under test."""

    tracker: Tracker
    command: str
    path: str

    @property
    def collector(self) -> type[AbstractCollector]:
        return registry.load_collector(self.path)

    @property
    def command_class(self) -> type[BaseCollectorCommand]:
        return import_module(f"{self.tracker.app}.management.commands.{self.command}").Command

    def twin(self, faults: Faults | None = None, **options: Any) -> Twin:
        assert self.tracker.twin, "a tracker needs a twin"
        return registry.load_twin(self.tracker.twin)(World(), faults=faults, size=SIZE, **options)

    def run(self, *arguments: str) -> int:
        """Runs the command in this process; returns its exit code."""
        try:
            call_command(self.command, *arguments)
        except SystemExit as stopped:
            return int(stopped.code or 0)
        return 0

    def tables(self) -> list[type[models.Model]]:
        return [model for app in self.tracker.table_apps for model in apps.get_app_config(app).get_models()]


SUBJECTS = [
    Subject(tracker, command, path)
    for tracker in registry.trackers()
    for command, path in tracker.collectors.items()
]


@pytest.fixture(params=SUBJECTS, ids=lambda subject: subject.command)
def subject(request: pytest.FixtureRequest) -> Subject:
    return request.param


@pytest.fixture
def served(settings_from: Callable[[dict[str, str]], None]) -> Callable[..., Any]:
    """Serves a twin, with the settings pointing at it and nothing left of another one's run."""
    for folder in ("blobs", "exports", "git"):
        shutil.rmtree(Path(settings.WORKSPACE_DIR) / folder, ignore_errors=True)

    @contextmanager
    def start(twin: Twin) -> Generator[Served]:
        with serve([twin]) as urls:
            settings_from(urls.environment())
            yield urls

    return start


# Of sources without an SDK, and those over an SDK.
CLIENTS = (
    "core.http.HttpClient",
    "core.operations.slack_ops.SlackClient",
    "discord_activity_tracker.client.DiscordClient",
)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients give up soon, and the pauses between their attempts take no time."""
    for client in map(import_string, CLIENTS):
        monkeypatch.setattr(client, "__init__", hurried(client.__init__))


def hurried(patient: Callable[..., None]) -> Callable[..., None]:
    hurry: dict[str, Any] = {"read_timeout": 0.3, "attempts": 2, "sleep": lambda _: None}

    def impatient(client: Any, *args: Any, **options: Any) -> None:
        patient(client, *args, **options | hurry)

    return impatient


def assert_equals_truth(twin: Twin) -> None:
    assert [str(each) for each in differences_from_truth(twin.truth())] == []


def last_run() -> Run:
    return Run.objects.latest("pk")


def test_its_class_is_where_it_is_documented_to_be_and_its_name_is_its_own(subject: Subject) -> None:
    app, _, name = subject.path.partition(".collectors.")
    assert (app, name) == (subject.tracker.app, subject.collector.__name__)
    assert issubclass(subject.collector, AbstractCollector)
    assert issubclass(subject.command_class, BaseCollectorCommand)
    assert getattr(sys.modules[subject.command_class.__module__], name) is subject.collector
    assert [each.collector.name for each in SUBJECTS].count(subject.collector.name) == 1


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
        call_command("flush", interactive=False, verbosity=0)

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
    process = subprocess.Popen(
        [sys.executable, "manage.py", subject.command], cwd=ROOT, env=os.environ | environment
    )
    while sum(urls.requests.values()) < end and process.poll() is None:
        try:
            process.wait(0.002)
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    assert process.wait() in {0, -signal.SIGKILL}


class Refusing(Twin):
    """Another twin's address, where every request gets the same answer."""

    def __init__(self, twin: Twin, status: int, body: bytes = b'{"message": "no", "detail": "no"}') -> None:
        super().__init__(twin.world)
        self.name = twin.name  # type: ignore[misc] - whichever it stands in for
        self.twin = twin
        self.status = status
        self.body = body

    def answer(self, request: TwinRequest) -> TwinResponse:  # noqa: ARG002 - whatever it is
        return TwinResponse(self.status, self.body, {"Content-Type": "application/json"})

    def environment(self, base_url: str) -> dict[str, str]:
        return self.twin.environment(base_url)

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        return {}

    def mutate(self) -> None:
        """There is nothing."""


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


def test_an_answer_of_nothing_but_empty_objects_takes_no_memory(
    subject: Subject, served: Callable[..., Any], database_environment: dict[str, str]
) -> None:
    """Parsed, it would take some thirty times its size."""
    body = b"[" + b"{}," * 21_000_000 + b"{}]"
    with served(Refusing(subject.twin(), 200, body)):
        process = subprocess.Popen(
            [sys.executable, "manage.py", subject.command], cwd=ROOT, env=os.environ | database_environment
        )
        _, _, used = os.wait4(process.pid, 0)
    assert last_run().failure_category == "source"
    assert used.ru_maxrss < (PROGRAM + MOST_FROM_OUTSIDE) * 1024


@pytest.mark.parametrize("value", [None, "deeper than any parser goes", "infinite"])
def test_a_malformed_item_is_set_aside_the_rest_is_saved_and_it_comes_back(
    subject: Subject, served: Callable[..., Any], value: str | None
) -> None:
    """Malformed as the twin has it, or by a value that nothing can hold."""
    twin = subject.twin(Faults(1, [Fault.MALFORMED], rate=1.0, in_a_row=ALWAYS))
    until_something_was_malformed(twin, ODD_VALUES[value] if value else None)
    with served(twin):
        assert subject.run() == 65
        first = last_run()
        assert (first.status, first.failure_category) == ("partial", "partial")
        assert first.counts["quarantined"] > 0
        missing = [each for each in differences_from_truth(twin.truth()) if each.what == "is missing"]
        assert len(missing) <= QuarantinedItem.objects.count()
        assert any(model.objects.exists() for model in subject.tables())

        assert subject.run("--retry-quarantined") == 0
        assert_equals_truth(twin)
        assert not QuarantinedItem.objects.exists()


def until_something_was_malformed(twin: Twin, odd: bytes | None) -> None:
    """From the first answer on that has an item to spoil, all is well; `odd` is spoilt into it, if given."""
    spoil = twin.spoil

    def once(request: TwinRequest, response: TwinResponse, rng: random.Random) -> TwinResponse:
        before = response.body
        spoiled = spoil(request, response, rng)
        if spoiled.body is not before:
            twin.faults = Faults.none()
            if odd is not None:
                assert isinstance(before, bytes)
                assert isinstance(spoiled.body, bytes)
                said = json.loads(before)
                item = differing(said, json.loads(spoiled.body))
                assert item is not None
                item["odd"] = PLACE
                spoiled.body = with_odd_value(json.dumps(said).encode(), odd)
        return spoiled

    twin.spoil = once


def differing(value: Any, other: Any) -> dict[str, Any] | None:
    """The innermost object of `value` that is another in `other`."""
    if isinstance(value, list) and isinstance(other, list):
        pairs = list(zip(value, other, strict=True))
    elif isinstance(value, dict) and isinstance(other, dict):
        pairs = [(inner, other.get(name)) for name, inner in value.items()]
    else:
        return None
    found = next((inner for pair in pairs if (inner := differing(*pair)) is not None), None)
    return value if found is None and isinstance(value, dict) and value != other else found


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


def test_one_bad_item_of_each_kind_in_the_archive_stops_only_itself(
    subject: Subject, served: Callable[..., Any]
) -> None:
    if "--from-archive" in subject.command_class.without:
        pytest.skip("its source allows no archive")
    twin = subject.twin()
    began = dt.datetime.now(dt.UTC)
    with served(twin):
        assert subject.run() == 0
        twin.mutate()
        assert subject.run() == 0
    expected = replayed(subject, 0, began)
    damaged = damage_one_of_each_kind(subject.collector.name)
    found = replayed(subject, exit_code(CollectorFailureCategory.PARTIAL), began)
    assert set(QuarantinedItem.objects.values_list("scope", "kind", "external_id")) == damaged
    # What belongs to a scope is not its item's: that has a row in any case, be it a bare one.
    scopes = archive.scopes(subject.collector.name)
    gone = {
        part
        for scope, _, external_id in damaged
        if external_id not in scopes and f"{scope}/{external_id}" not in scopes
        for part in external_id.split()
    }
    for row in differences(expected, found):
        # What is rendered follows what is public, which a bad channel is not.
        if row.what != DIFFERS and not row.table.endswith(".MarkdownExport"):
            assert gone & {str(part) for part in row.key}, str(row)


def replayed(subject: Subject, code: int, began: dt.datetime) -> Snapshot:
    """What is stored when nothing was and the archive is loaded."""
    for model in subject.tables():
        model.objects.all().delete()
    QuarantinedItem.objects.all().delete()
    assert subject.run("--from-archive") == code
    return snapshot(subject.tracker.table_apps, Window(began, dt.datetime.now(dt.UTC)))
