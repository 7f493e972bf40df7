"""The registry of trackers: what each declares about itself, as dotted paths that are imported late.

People, search, status, scheduling and the demo iterate over it, so a tracker can be added or removed
without touching them. An app registers in its AppConfig.ready().
"""

import datetime as dt
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from core.collectors import AbstractCollector
    from core.twins import Twin


Visibility = Literal["public", "private"]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page that can be linked to by itself."""

    heading: str
    url: str  # with the anchor
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A search document: a paper, page, talk, thread or conversation.

    A search shows to strangers what is `public`; `private` is what only some can read at the source.
    Metadata values are strings, numbers, booleans or lists of strings, and tell what the fields do not.
    """

    doc_id: str
    text: str
    _: KW_ONLY
    title: str
    visibility: Visibility
    author: str = ""  # as the source shows who began it
    url: str = ""
    happened_at: dt.datetime | None = None  # aware: when it was begun or published
    libraries: tuple[str, ...] = ()  # keys of Boost's libraries that its source names
    sections: tuple[Section, ...] = ()  # of a page, in its order; `text` has them all
    metadata: Mapping[str, str | int | float | bool | list[str]] = field(
        default_factory=dict[str, str | int | float | bool | list[str]]
    )


@dataclass(frozen=True, slots=True)
class GoneDocument:
    """There is no document of this id any more, if there ever was one."""

    doc_id: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Evidence that a source has of a person, or of a bot: what it calls them, and what they did there."""

    source: str
    external_id: str
    names: tuple[str, ...] = ()
    # What they are found by there, today's first.
    logins: tuple[str, ...] = ()
    # Addresses that the source has made sure of, that somebody gave as their own, and that stand in what
    # they wrote (the header of a mail, a commit), where anybody can write any address.
    verified_emails: tuple[str, ...] = ()
    declared_emails: tuple[str, ...] = ()
    seen_emails: tuple[str, ...] = ()
    is_bot: bool = False
    first_seen_at: dt.datetime | None = None
    last_seen_at: dt.datetime | None = None
    # Kind of activity -> how much of it is there.
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    # Pages that somebody calls their own: homepages, accounts elsewhere.
    links: tuple[str, ...] = ()
    # As the source writes it, of the IANA database where it can ("Europe/Berlin"); "" when it says none.
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class SamePerson:
    """A source says that two profiles are one person's.

    Each is the source and the external id of a profile. Of one of them this may be all that there is.
    """

    a: tuple[str, str]
    b: tuple[str, str]
    kind: str
    evidence_url: str


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
    @property
    def version(self) -> str:
        """Return how documents are made of rows, settings included; if it has changed, read all."""
        ...

    def documents(self, *, since: int | None = None) -> Iterator[Document | GoneDocument]:
        """Return the documents changed since a mark (`core.changes`), and those gone; without one, all."""
        ...


class ProfileSource(Protocol):
    def profiles(self, *, since: int | None = None) -> Iterator[Profile | SamePerson]:
        """Return the profiles with new names, addresses or evidence since a mark; without one, all."""
        ...


class Coverage(Protocol):
    def scopes(self) -> Sequence[ScopeCoverage]: ...

    def repair_command(self, scope: str) -> str:
        """Return the command line that fetches what a scope lacks."""
        ...


class DocumentSink(Protocol):
    """The search index, where documents go. Registered by the app that has one."""

    def sync(self, source: DocumentSource, *, send: bool = True) -> Mapping[str, int]:
        """Bring the index on this machine in step with a source, and with `send` the service's as well.

        Takes what changed since the last time; all, and forgets the rest, with another `version`.
        """
        ...


class SourceCheck(Protocol):
    """A check that `doctor` calls: reaches the source with its credentials, without collecting.

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
    """The declaration of one app; every path is dotted, `package.module.Name`."""

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
    """Forget after the block what was registered in it; for tests."""
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
    """Return the tracker that declares a collector class; None for one that is not registered."""
    path = f"{collector.__module__}.{collector.__qualname__}"
    return next((each for each in trackers() if path in {one.collector for one in each.collectors}), None)


def document_sources(apps: Iterable[str]) -> dict[str, DocumentSource]:
    """App -> the documents of its tables, of these apps."""
    wanted = set(apps)
    return {each.app: load(each.documents) for each in trackers() if each.app in wanted and each.documents}


def load_collector(path: str) -> "type[AbstractCollector]":
    return import_string(path)


def load_twin(path: str) -> "type[Twin]":
    return import_string(path)


def load(path: str) -> Any:
    """Return an instance of what a Tracker names: a DocumentSource, ProfileSource or Coverage."""
    return import_string(path)()


def load_source_check(path: str) -> SourceCheck:
    return import_string(path)


def document_sink() -> DocumentSink | None:
    return load(_document_sinks[0]) if _document_sinks else None
