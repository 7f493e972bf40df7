"""Every registered collector: one bad item stops only itself, and no answer takes the machine."""

import datetime as dt
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import archive
from core.errors import CollectorFailureCategory, exit_code
from core.models import QuarantinedItem
from core.tests.damaging import damage_one_of_each_kind
from core.tests.odd_json import ODD_VALUES, PLACE, with_odd_value
from core.twins import Fault, Faults, Twin, TwinRequest, TwinResponse
from core.twins.snapshot import DIFFERS, Snapshot, Window, differences, differences_from_truth, snapshot
from tests.subjects import ALWAYS, Refusing, Subject, assert_equals_truth, last_run

ROOT = Path(__file__).parents[1]
PROGRAM, MOST_FROM_OUTSIDE = 120, 300  # MiB of memory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]


# All values that nothing can hold come to a parser alike, says core/tests/test_json_text.py.
@pytest.mark.parametrize("value", [None, "deeper than any parser goes"])
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
    """Return what is stored when nothing was and the archive is loaded."""
    for model in subject.tables():
        model.objects.all().delete()
    QuarantinedItem.objects.all().delete()
    assert subject.run("--from-archive") == code
    return snapshot(subject.tracker.table_apps, Window(began, dt.datetime.now(dt.UTC)))


# A small process in between: what a process took is counted from what started it, this big one.
MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_an_answer_of_nothing_but_empty_objects_takes_no_memory(
    subject: Subject, served: Callable[..., Any], database_environment: dict[str, str]
) -> None:
    """Parsed, it would take some thirty times its size."""
    body = b"[" + b"{}," * 21_000_000 + b"{}]"
    with served(Refusing(subject.twin(), 200, body)):
        told = subprocess.run(
            [sys.executable, "-c", MEASURED, *subject.program],
            cwd=ROOT,
            env=os.environ | database_environment,
            capture_output=True,
            check=True,
        )
    assert last_run().failure_category == "source"
    assert int(told.stdout.split()[-1]) < (PROGRAM + MOST_FROM_OUTSIDE) * 1024
