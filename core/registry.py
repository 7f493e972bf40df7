"""What each tracker declares about itself, as dotted paths that are imported late.

People, search, status, scheduling and the demo iterate over it, so a tracker can be added or removed
without touching them. An app registers in its AppConfig.ready().
"""

import datetime as dt
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from core.collectors import AbstractCollector
    from core.twins import Twin


@dataclass(frozen=True, slots=True)
class Document:
    """A search document. Metadata values are strings, numbers, booleans or lists of strings."""

    doc_id: str
    text: str
    metadata: Mapping[str, str | int | float | bool | list[str]]


@dataclass(frozen=True, slots=True)
class GoneDocument:
    """There is no document of this id any more, if there ever was one."""

    doc_id: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Evidence that a source has of a person: what it calls them, and since when."""

    source: str
    external_id: str
    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    last_seen_at: dt.datetime | None = None
    # Pages that somebody calls their own: homepages, accounts elsewhere.
    links: tuple[str, ...] = ()
    # As the source writes it, of the IANA database where it can ("Europe/Berlin"); "" when it says none.
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class ScopeCoverage:
    """Stored items of a scope beside the source's own number (None: it was never asked or never says)."""

    scope: str
    stored: int
    at_source: int | None
    newest: dt.datetime | None = None
    # What pages, gaps and quarantined items are filed under, where that is not the scope's name.
    filed_under: str | None = None
    # Why the source does not give it now; "" when it does.
    unavailable: str = ""


class DocumentSource(Protocol):
    def documents(self, *, since: int | None = None) -> Iterator[Document | GoneDocument]:
        """Those that changed since that mark (`core.changes`), and those that went; without one, all."""
        ...


class ProfileSource(Protocol):
    def profiles(self, *, since: int | None = None) -> Iterator[Profile]: ...


class Coverage(Protocol):
    def scopes(self) -> Sequence[ScopeCoverage]: ...

    def repair_command(self, scope: str) -> str:
        """The command line that fetches what a scope lacks."""
        ...


class DocumentSink(Protocol):
    """Where documents go: the search index. Registered by the app that has one."""

    def sync(self, source: DocumentSource) -> Mapping[str, int]: ...


class SourceCheck(Protocol):
    """What `doctor` calls: reaches the source with its credentials, without collecting.

    Returns what it found in a few words; raises a CollectorError that says what is wrong.
    """

    def __call__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Declared:
    """One collector of an app, with what belongs to it alone; all but `command` and `kind` are dotted paths.

    A `source` asks something outside. An `importer` works on what it is given, so nobody schedules it. What
    is `derived` works on what is stored, so it runs after the sources.
    """

    command: str  # run_...
    collector: str
    # Stands in for what it asks; `truth()` of it is what a complete run has stored.
    twin: str | None = None
    coverage: str | None = None
    kind: Literal["source", "importer", "derived"] = "source"


@dataclass(frozen=True, slots=True)
class Tracker:
    """What one app offers; every path is dotted, `package.module.Name`."""

    app: str
    collectors: tuple[Declared, ...] = ()
    settings: str | None = None
    documents: str | None = None
    profiles: str | None = None
    source_check: str | None = None
    # Apps below it whose tables its collectors write as well.
    writes_to: tuple[str, ...] = ()

    @property
    def table_apps(self) -> tuple[str, ...]:
        """The apps whose tables its collectors write."""
        return (self.app, *self.writes_to)


_trackers: dict[str, Tracker] = {}
_document_sinks: list[str] = []


def register(tracker: Tracker) -> None:
    _trackers[tracker.app] = tracker


def register_document_sink(path: str) -> None:
    _document_sinks[:] = [path]


@contextmanager
def preserved() -> Generator[None]:
    """What is registered in the block is forgotten after it; for tests."""
    before, sinks_before = dict(_trackers), list(_document_sinks)
    try:
        yield
    finally:
        _trackers.clear()
        _trackers.update(before)
        _document_sinks[:] = sinks_before


def keep(app: str) -> None:
    """Forget all trackers but one; for tests, inside `preserved`."""
    for other in set(_trackers) - {app}:
        del _trackers[other]


def trackers() -> list[Tracker]:
    return sorted(_trackers.values(), key=lambda tracker: tracker.app)


def scheduled() -> list[tuple[Tracker, Declared]]:
    """All collectors but the importers, in the order in which to run them.

    First the sources, by command; then what is derived, in the order declared: of the apps in
    INSTALLED_APPS, and of each app's collectors.
    """
    declared = [(tracker, each) for tracker in _trackers.values() for each in tracker.collectors]
    sources = [pair for pair in declared if pair[1].kind == "source"]
    derived = [pair for pair in declared if pair[1].kind == "derived"]
    return [*sorted(sources, key=lambda pair: pair[1].command), *derived]


def tracker_of(collector: "type[AbstractCollector]") -> Tracker | None:
    """The tracker that declares a collector class; None for one that is not registered."""
    path = f"{collector.__module__}.{collector.__qualname__}"
    return next((each for each in trackers() if path in {one.collector for one in each.collectors}), None)


def document_sources(tracker: Tracker) -> list[DocumentSource]:
    """The documents of all tables that a tracker's collectors write."""
    return [load(each.documents) for each in trackers() if each.app in tracker.table_apps and each.documents]


def load_collector(path: str) -> "type[AbstractCollector]":
    return import_string(path)


def load_twin(path: str) -> "type[Twin]":
    return import_string(path)


def load(path: str) -> Any:
    """An instance of what a Tracker names: a DocumentSource, ProfileSource or Coverage."""
    return import_string(path)()


def load_source_check(path: str) -> SourceCheck:
    return import_string(path)


def document_sink() -> DocumentSink | None:
    return load(_document_sinks[0]) if _document_sinks else None
