"""Every derived collector, present and future: the promises of what works on what is stored."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import call_command

from core.models import Run
from core.twins.snapshot import Window, differences, row_versions, snapshot_of
from tests.derived import Derived, kill_in_page
from tests.subjects import SUBJECTS, last_run

KILLS = 3

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]


def test_a_second_run_writes_nothing(derived: Derived) -> None:
    assert derived.run() == 0
    assert last_run().status == "ok"
    assert derived.versions()
    before = row_versions()
    assert derived.run() == 0
    assert row_versions() == before


def test_killed_and_run_again_it_has_written_the_same(
    derived: Derived, database_environment: dict[str, str]
) -> None:
    began = dt.datetime.now(dt.UTC)
    assert derived.run() == 0
    expected = snapshot_of(derived.tables(), Window(began, dt.datetime.now(dt.UTC)))
    derived.forget()
    for page in range(KILLS):
        kill_in_page(page, derived, database_environment)
    assert derived.run() == 0
    found = snapshot_of(derived.tables(), Window(began, dt.datetime.now(dt.UTC)))
    assert [str(each) for each in differences(expected, found)] == []
    statuses = set(Run.objects.filter(collector=derived.collector.name).values_list("status", flat=True))
    assert statuses == {"ok", "aborted"}


def test_one_changed_row_renews_only_what_hangs_on_it(derived: Derived) -> None:
    assert derived.run() == 0
    before = derived.versions()
    hanging = derived.change_one_row()
    assert derived.run() == 0
    after = derived.versions()
    renewed = {row for row in before.keys() | after.keys() if before.get(row) != after.get(row)}
    assert renewed == hanging
    assert len(renewed) < len(before)


def test_it_is_shown_after_the_sources(derived: Derived) -> None:
    output = StringIO()
    call_command("collectors", "--json", stdout=output)
    shown = [(each["kind"], each["command"]) for each in json.loads(output.getvalue())["collectors"]]
    sources = sorted(each.command for each in SUBJECTS if each.declared.kind == "source")
    assert shown[: len(sources)] == [("source", command) for command in sources]
    assert ("derived", derived.command) in shown[len(sources) :]
