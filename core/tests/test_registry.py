from collections.abc import Iterator
from typing import Any

import pytest

from core import registry
from core.registry import Declared, Tracker
from core.tests.papers import PaperCollector


@pytest.fixture(autouse=True)
def _preserved() -> Iterator[None]:
    with registry.preserved():
        yield


class Thing:
    made = 0

    def __init__(self) -> None:
        type(self).made += 1


def test_trackers_come_in_the_order_of_their_names_and_a_later_one_replaces_an_earlier() -> None:
    registry.register(Tracker(app="zoo"))
    registry.register(Tracker(app="ark", documents="a.b"))
    registry.register(Tracker(app="ark", documents="c.d"))
    apps = [tracker.app for tracker in registry.trackers()]
    assert apps == sorted(apps)
    assert {"ark", "zoo"} < set(apps)
    assert [tracker.documents for tracker in registry.trackers() if tracker.app == "ark"] == ["c.d"]


def test_a_collector_knows_its_tracker_and_a_strange_one_has_none() -> None:
    assert registry.tracker_of(PaperCollector) is None
    declared = Declared("run_papers", "core.tests.papers.PaperCollector")
    registry.register(Tracker(app="papers", collectors=(declared,)))
    tracker = registry.tracker_of(PaperCollector)
    assert tracker
    assert tracker.app == "papers"
    assert registry.load_collector(declared.collector) is PaperCollector


def test_sources_run_by_command_then_what_is_derived_as_declared() -> None:
    registry.keep("no app")
    registry.register(
        Tracker(
            app="search",
            collectors=(
                Declared("sync_z", "search.Z", kind="derived"),
                Declared("run_z", "search.Source"),
                Declared("sync_a", "search.A", kind="derived"),
            ),
        )
    )
    registry.register(
        Tracker(
            app="dashboard",
            collectors=(
                Declared("sync_b", "dashboard.B", kind="derived"),
                Declared("load_a", "dashboard.Loader", kind="importer"),
                Declared("run_a", "dashboard.Source"),
            ),
        )
    )
    order = [(tracker.app, declared.command) for tracker, declared in registry.scheduled()]
    assert order == [
        ("dashboard", "run_a"),
        ("search", "run_z"),
        ("search", "sync_z"),
        ("search", "sync_a"),
        ("dashboard", "sync_b"),
    ]


def test_what_is_declared_is_imported_only_when_it_is_asked_for() -> None:
    registry.register(Tracker(app="absent", documents="no.such.module.Documents"))
    assert any(tracker.app == "absent" for tracker in registry.trackers())
    with pytest.raises(ModuleNotFoundError):
        registry.load("no.such.module.Documents")
    before = Thing.made
    made: Any = registry.load(f"{__name__}.Thing")
    assert type(made).__name__ == "Thing"
    assert Thing.made == before + 1


def test_the_last_search_index_counts_and_what_a_test_registers_goes_with_it() -> None:
    with registry.preserved():
        registry.register_document_sink("no.such.Sink")
        registry.register_document_sink(f"{__name__}.Thing")
        registry.register(Tracker(app="zoo"))
        assert type(registry.document_sink()).__name__ == "Thing"
    assert "zoo" not in {tracker.app for tracker in registry.trackers()}
