"""A whole tracker of a web feed on nothing but core's public parts: it keeps the promises of all trackers."""

import ast
import datetime as dt
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F

from core import registry
from core.models import ArchiveVersion, DoubtedAbsence, QuarantinedItem, Run
from core.tests.feed_tracker import __file__ as package
from core.tests.feed_tracker.apps import FeedTrackerConfig
from core.tests.feed_tracker.collectors import ENTRY
from core.tests.feed_tracker.documents import EntryDocuments
from core.tests.feed_tracker.models import Entry
from core.tests.feed_tracker.parsing import parse_entry
from core.tests.feed_tracker.protocol_impl import EntryRecord
from core.tests.feed_tracker.twin import FeedTwin
from core.twins import Fault, Faults, Served, World, serve
from core.twins.snapshot import differences_from_truth, row_versions

MOST_LINES = 250
MOST_NAMES = 20
SIZE = 60

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]


@pytest.fixture
def feed(settings_from: Callable[[dict[str, str]], None]) -> Iterator[tuple[FeedTwin, Served]]:
    twin = FeedTwin(World(), size=SIZE)
    with registry.preserved(), serve([twin]) as urls:
        settings_from(urls.environment())
        registry.register(FeedTrackerConfig.tracker)
        yield twin, urls


def run(*arguments: str) -> int:
    try:
        call_command("run_feed_tracker", *arguments)
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def differences(twin: FeedTwin) -> list[str]:
    return [str(each) for each in differences_from_truth(twin.truth())]


def sources() -> Iterator[Path]:
    """Yield the tracker's files, without its twin."""
    paths = Path(package).parent.rglob("*.py")
    return (path for path in paths if path.name != "twin.py" and path.parent.name != "migrations")


def test_a_tracker_is_short_and_needs_few_names_of_core() -> None:
    lines = sum(len(path.read_text().splitlines()) for path in sources())
    assert lines <= MOST_LINES
    names = {
        alias.name
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("core.")
        if not str(node.module).startswith("core.tests.")
        for alias in node.names
    }
    assert len(names) <= MOST_NAMES


def test_it_brings_what_the_feed_shows_and_follows_it(feed: tuple[FeedTwin, Served]) -> None:
    twin, urls = feed
    assert run() == 0
    assert differences(twin) == []
    requests, before = urls.requests["feed"], row_versions()
    assert run() == 0
    assert (urls.requests["feed"] - requests, row_versions()) == (1, before)
    for _ in range(3):
        twin.mutate()
        assert run() == 0
        assert differences(twin) == []


def test_the_archive_brings_it_back_but_for_an_item_that_is_bad(feed: tuple[FeedTwin, Served]) -> None:
    twin, _ = feed
    assert run() == 0
    twin.mutate()
    assert run() == 0
    Entry.objects.all().delete()
    assert run("--from-archive") == 0
    assert (differences(twin), Run.objects.latest("pk").requests) == ([], 0)
    before = row_versions()
    assert (run("--from-archive"), row_versions()) == (0, before)
    bad = twin.entries.pop(5)
    versions = ArchiveVersion.objects.filter(external_id=str(bad["id"]))
    versions.update(body=zlib.compress(b'{"id": 5, "authors": "nobody"}'))
    Entry.objects.all().delete()
    assert run("--from-archive") == 65
    assert differences(twin) == []
    assert QuarantinedItem.objects.get().external_id == str(bad["id"])


def test_an_item_that_is_bad_is_set_aside_alone_and_taken_when_it_is_good(
    feed: tuple[FeedTwin, Served],
) -> None:
    twin, _ = feed
    twin.faults = Faults(1, [Fault.MALFORMED], rate=1.0, in_a_row=10**9)
    assert run() == 65
    names = set(QuarantinedItem.objects.values_list("external_id", flat=True))
    assert (len(names), Entry.objects.count()) == (3, 57)
    twin.faults = Faults.none()
    twin.entries[0]["title"] = "The feed has changed"
    assert run() == 0
    assert (QuarantinedItem.objects.count(), Entry.objects.count()) == (0, 60)
    assert ArchiveVersion.objects.filter(external_id__in=names).count() == 3


def test_what_is_in_quarantine_is_tried_again_without_the_source(
    feed: tuple[FeedTwin, Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    twin, urls = feed
    twin.faults = Faults(1, [Fault.MALFORMED], rate=1.0, in_a_row=10**9)
    assert run() == 65
    twin.faults = Faults.none()
    requests = urls.requests["feed"]
    assert run("--retry-quarantined") == 0  # still bad, but no news
    assert set(QuarantinedItem.objects.values_list("attempts", flat=True)) == {2}

    # A later version of the parser understands them.
    def tolerant(payload: dict[str, Any]) -> EntryRecord:
        return parse_entry({**payload, "authors": []})

    tolerated = replace(ENTRY, parse=tolerant)
    monkeypatch.setattr("core.tests.feed_tracker.collectors.ENTRY", tolerated)
    assert run("--retry-quarantined") == 0
    assert (QuarantinedItem.objects.count(), Entry.objects.count()) == (0, 60)
    assert urls.requests["feed"] - requests == 2


def test_what_is_gone_and_was_set_aside_by_a_replay_stays_gone_when_it_is_understood(
    feed: tuple[FeedTwin, Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    twin, _ = feed
    assert run() == 0
    twin.mutate()
    assert run() == 0
    gone = str(twin.gone[0]["id"])
    Entry.objects.all().delete()

    def strict(payload: dict[str, Any]) -> EntryRecord:
        assert str(payload["id"]) != gone
        return parse_entry(payload)

    with monkeypatch.context() as patched:
        patched.setattr("core.tests.feed_tracker.collectors.ENTRY", replace(ENTRY, parse=strict))
        assert run("--from-archive") == 65
    assert QuarantinedItem.objects.get().external_id == gone
    assert run("--retry-quarantined") == 0
    assert not QuarantinedItem.objects.exists()
    assert differences(twin) == []
    assert run("--from-archive") == 0
    assert differences(twin) == []


def test_one_wrong_answer_buries_nothing(feed: tuple[FeedTwin, Served]) -> None:
    twin, _ = feed
    assert run() == 0
    everything = twin.entries
    twin.entries = everything[:15] + everything[-3:]
    assert run() == 65
    assert (Entry.objects.live().count(), DoubtedAbsence.objects.count()) == (60, 42)
    DoubtedAbsence.objects.update(first_missed_at=F("first_missed_at") - dt.timedelta(hours=1))
    assert run() == 0
    assert Entry.objects.live().count() == 18
    twin.entries = everything
    assert run() == 0
    assert Entry.objects.live().count() == 60


def test_its_documents_follow(feed: tuple[FeedTwin, Served]) -> None:
    twin, _ = feed
    assert run() == 0
    assert len(list(EntryDocuments().documents())) == 60
    before = Entry.objects.latest("changed_in").changed_in + 1
    twin.mutate()
    assert run() == 0
    kinds = sorted(type(each).__name__ for each in EntryDocuments().documents(since=before))
    assert kinds == ["Document", "Document", "GoneDocument"]
