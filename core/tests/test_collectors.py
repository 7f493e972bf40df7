"""AbstractCollector.run(): isolation, the result check, the ledger, the log."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from core import registry
from core.collectors import AbstractCollector, CollectorOptions, CollectorRunnable
from core.errors import AuthError, ConfigurationError, DatabaseFailed, PermissionDenied, StopRequested
from core.locks import Locks
from core.models import Checkpoint, QuarantinedItem, Run, SweptItem
from core.postgres import direct_connection
from core.protocols import Result, TrackerResult
from core.registry import Declared, Document, DocumentSource, Tracker
from core.tests.loopback import Source
from core.tests.papers import PaperCollector, published

pytestmark = pytest.mark.django_db(transaction=True)

Serve = Callable[..., Source]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Publishes papers at the address that the collector asks."""
    with ExitStack() as stack:

        def start(answers: dict[str, Any], before: dict[str, Callable[[], object]] | None = None) -> Source:
            source = stack.enter_context(published(answers, before))
            monkeypatch.setenv("PAPERS_URL", source.url)
            return source

        yield start


def papers(*numbers: str, more: bool = False) -> dict[str, Any]:
    return {"papers": [{"number": number, "title": f"About {number}"} for number in numbers], "more": more}


def stored() -> list[str]:
    return sorted(SweptItem.objects.values_list("external_id", flat=True))


def test_a_small_collector_collects_and_records_what_it_did(serve: Serve) -> None:
    source = serve({"/years": ["2024"], "/2024/0": papers("P1", "P2", more=True), "/2024/1": papers("P3")})
    collector = PaperCollector(CollectorOptions(limit=7))
    result = collector.run()
    assert isinstance(collector, CollectorRunnable)
    assert (result.success, result.counts) == (True, {"papers_created": 3})
    assert stored() == ["P1", "P2", "P3"]
    run = Run.objects.get()
    assert (run.collector, run.status, run.counts, run.errors) == ("papers", "ok", result.counts, [])
    assert (run.requests, run.options, run.failure_category) == (len(source.asked), {"limit": 7}, "")
    assert run.requests == 3
    assert run.ended_at

    assert PaperCollector().run().counts == {}
    assert source.paths[3:] == ["/years", "/2024/1"]
    assert PaperCollector(CollectorOptions(full=True)).run().counts == {}
    assert source.paths[5:] == ["/years", "/2024/0", "/2024/1"]


def test_what_fails_in_one_scope_stops_only_that_scope(serve: Serve) -> None:
    serve(
        {"/years": ["2022", "2023", "2024"], "/2022/0": papers("P1"), "/2023/0": 404, "/2024/0": papers("P2")}
    )
    result = PaperCollector().run()
    assert not result.success
    assert stored() == ["P1", "P2"]
    run = Run.objects.get()
    assert (run.status, run.failure_category, len(run.errors)) == ("partial", "not_found", 1)
    assert run.errors[0]["item"] == "2023"


def test_a_run_that_saved_nothing_has_failed(serve: Serve) -> None:
    serve({"/years": ["2024"], "/2024/0": 403})
    assert not PaperCollector().run().success
    assert Run.objects.values_list("status", "failure_category").get() == ("failed", "permission")


def test_what_stops_the_whole_run_is_raised_and_recorded(serve: Serve) -> None:
    serve({"/years": 401})
    with pytest.raises(AuthError):
        PaperCollector().run()
    assert Run.objects.values_list("status", "failure_category").get() == ("failed", "auth")


def test_a_bad_item_is_set_aside_and_only_a_new_one_makes_a_run_partial(serve: Serve) -> None:
    serve({"/years": ["2024"], "/2024/0": papers("P1", "", "P2", "\0")})
    first = PaperCollector().run()
    assert not first.success
    assert first.counts == {"papers_created": 3, "quarantined": 1}
    assert QuarantinedItem.objects.get().external_id == "About "
    assert Run.objects.values_list("status", "failure_category").get() == ("partial", "partial")
    assert PaperCollector().run().success


def test_a_scope_that_another_run_holds_is_left_to_it(serve: Serve) -> None:
    serve({"/years": ["2023", "2024"], "/2024/0": papers("P1"), "/2023/0": papers("P0")})
    with Locks("somebody") as locks:
        locks.acquire("papers 2023")
        assert not PaperCollector().run().success
    assert stored() == ["P1"]
    run = Run.objects.get()
    assert (run.status, run.failure_category) == ("partial", "locked")
    assert "somebody" in run.errors[0]["message"]
    assert PaperCollector().run().success
    assert stored() == ["P0", "P1"]


def test_a_run_that_is_asked_to_stop_saves_its_page_and_goes_on_from_there_the_next_time(
    serve: Serve,
) -> None:
    pages = {f"/2024/{n}": papers(f"P{n}", more=n < 3) for n in range(4)}
    source = serve({"/years": ["2024"], **pages}, before={"/2024/1": lambda: collector.request_stop()})  # noqa: PLW0108 - made below
    collector = PaperCollector()
    with pytest.raises(StopRequested):
        collector.run()
    assert stored() == ["P0", "P1"]
    assert Run.objects.values_list("status", "failure_category").get() == ("partial", "cancelled")
    assert PaperCollector().run().success
    assert source.paths[3:] == ["/years", "/2024/2", "/2024/3"]
    assert stored() == ["P0", "P1", "P2", "P3"]


class Careless(AbstractCollector):
    name = "careless"
    answer: Any = None

    def validate_config(self) -> None:
        """Anything goes."""

    def collect(self) -> TrackerResult:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("answer", [None, True, {"success": True, "counts": {}}, 5])
def test_a_result_that_is_none_is_a_type_error_not_a_success(answer: Any) -> None:
    collector = Careless()
    collector.answer = answer
    with pytest.raises(TypeError):
        collector.run()
    assert Run.objects.values_list("status", "failure_category").get() == ("failed", "unknown")


def test_a_result_of_the_collectors_own_is_recorded_as_it_is() -> None:
    collector = Careless()
    collector.answer = Result(success=False, counts={"things": 3})
    assert collector.run() is collector.answer
    assert Run.objects.values_list("status", "counts").get() == ("failed", {"things": 3})


def test_missing_configuration_stops_the_run_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAPERS_URL", raising=False)
    with pytest.raises(ConfigurationError, match="PAPERS_URL"):
        PaperCollector().run()
    assert not Run.objects.exists()


def test_errors_are_logged_with_the_keys_that_operators_filter_on(caplog: pytest.LogCaptureFixture) -> None:
    collector = Careless()
    collector.answer = PermissionDenied("no")
    with caplog.at_level(logging.INFO), pytest.raises(PermissionDenied):
        collector.run()
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    keys = {name: getattr(record, name) for name in ("collector", "collector_phase", "failure_category")}
    assert keys == {"collector": "careless", "collector_phase": "collect", "failure_category": "permission"}


def test_a_dry_run_writes_its_run_and_nothing_else(serve: Serve) -> None:
    serve({"/years": ["2023", "2024"]})
    collector = PaperCollector(CollectorOptions(dry_run=True))
    assert collector.run().counts == {}
    assert [line.scope for line in collector.outcome.planned] == ["2023", "2024"]
    run = Run.objects.get()
    assert (run.status, run.options, run.requests) == ("ok", {"dry_run": True}, 1)
    assert not SweptItem.objects.exists()
    assert not Checkpoint.objects.exists()


class PaperDocuments:
    def documents(self, **_: Any) -> list[Document]:
        return [Document("P1", "text", title="P1", visibility="public")]


class Sink:
    synced: list[tuple[DocumentSource, bool]] = []

    def sync(self, source: DocumentSource, *, send: bool = True) -> dict[str, int]:
        self.synced.append((source, send))
        return {"documents": 1}


@pytest.fixture
def sink() -> Any:
    """A search index, as the app that has one registers it."""
    here = f"{__name__}."
    declared = (Declared("run_papers", "core.tests.papers.PaperCollector"),)
    with registry.preserved():
        registry.register(Tracker(app="papers", collectors=declared, documents=f"{here}PaperDocuments"))
        registry.register_document_sink(f"{here}Sink")
        Sink.synced.clear()
        yield Sink


def test_documents_go_to_the_search_index_when_there_is_one(sink: type[Sink]) -> None:
    PaperCollector().sync_pinecone()
    assert [(type(source), send) for source, send in sink.synced] == [(PaperDocuments, True)]


def test_skipping_pinecone_skips_the_sending_and_not_the_local_index(sink: type[Sink]) -> None:
    PaperCollector(CollectorOptions(skip_pinecone=True)).sync_pinecone()
    assert [(type(source), send) for source, send in sink.synced] == [(PaperDocuments, False)]


def test_without_a_search_index_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with registry.preserved(), caplog.at_level(logging.INFO):
        declared = (Declared("run_papers", "core.tests.papers.PaperCollector"),)
        registry.register(Tracker(app="papers", collectors=declared, documents=f"{__name__}.PaperDocuments"))
        PaperCollector().sync_pinecone()
    assert "skipped" in caplog.text


def end_connections(of: str) -> None:
    """Ends those of this name, as a restarted server does; they are gone when this returns."""
    with direct_connection() as administrator:
        ended = administrator.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name LIKE %s",
            [of],
        ).fetchall()
    assert (True,) in ended


def test_a_run_goes_on_when_the_connection_of_its_locks_is_lost(serve: Serve) -> None:
    answers = {"/years": ["2023", "2024"]} | {f"/{year}/0": papers(f"P{year}") for year in ("2023", "2024")}
    serve(answers, {path: lambda: end_connections("papers pid%") for path in answers})
    assert PaperCollector().run().success
    assert stored() == ["P2023", "P2024"]
    assert Run.objects.get().status == "ok"


def test_a_lost_connection_to_the_database_ends_the_run_with_one_line_that_says_so(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    years = [str(year) for year in range(2000, 2012)]
    answers = {"/years": years} | {f"/{year}/0": papers(f"P{year}") for year in years}
    once = iter(["%"])
    source = serve(answers, {"/2001/0": lambda: [end_connections(of) for of in once]})
    with caplog.at_level(logging.WARNING), pytest.raises(DatabaseFailed, match="connection to the database"):
        PaperCollector().run()
    assert len(caplog.records) == 1
    assert caplog.records[0].getMessage().count("\n") == 0
    assert "run it again" in caplog.records[0].getMessage()
    assert caplog.records[0].__dict__["failure_category"] == "database"
    assert Run.objects.values_list("status", "failure_category").get() == ("partial", "database")
    assert source.paths[-1] == "/2001/0"
    assert PaperCollector().run().success
    assert len(stored()) == len(years)
