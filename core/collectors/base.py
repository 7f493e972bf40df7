"""The collector: validates, collects, records its run. A tracker's class adds what its source needs."""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from typing import ClassVar, ParamSpec, Protocol, runtime_checkable

from django.db import OperationalError

from core import checkpoints, registry
from core.absences import Absences
from core.collectors.options import CollectorOptions
from core.collectors.outcome import Failure, Outcome, PlannedRequests
from core.collectors.progress import SILENT, Progress
from core.documents import sync_documents
from core.errors import InvalidInput, SchemaDiffers, StopRequested, Superseded, TimeUsedUp, classify_failure
from core.metering import Meter
from core.models import Run
from core.pages import Page, page
from core.postgres import lost_connection
from core.protocols import Result, State, TrackerResult, require_tracker_result
from core.quarantine import View
from core.runs import ActiveRun

logger = logging.getLogger("core.collectors")
P = ParamSpec("P")


@runtime_checkable
class CollectorRunnable(Protocol):
    """The methods that a command calls on a collector."""

    def run(self) -> TrackerResult: ...

    def sync_pinecone(self) -> None: ...

    def handle_error(self, error: Exception) -> None: ...


class AbstractCollector(ABC):
    """One source. Subclasses give `name`, `validate_config()` and `collect()`; `run()` does the rest.

    class PaperCollector(AbstractCollector):
        name = "wg21_papers"

        def validate_config(self) -> None:
            ...  # raise ConfigurationError naming the variable

        def collect(self) -> TrackerResult:
            for year in years:
                self.attempt(year, self.collect_year, year)  # its lock; a failure stops only this year
            return self.result()

        def collect_year(self, year: str) -> None:
            for papers in client.papers(year):
                with self.page(year) as page:
                    page.take(PAPER, year, papers)  # PAPER is a core.kinds.Kind
    """

    name: ClassVar[str]
    # The app's own dataclass, which may have fields of its own behind those of Result.
    result_class: ClassVar[type[Result]] = Result

    def __init__(self, options: CollectorOptions | None = None) -> None:
        self.options = options or CollectorOptions()
        self.meter = Meter()
        self.progress: Progress = SILENT
        self.outcome = Outcome()
        self.absences = Absences(self.name)
        self.quarantine = View(self.name)
        # Unix time after which nothing is waited for and no page is begun; None: never.
        self.deadline = None if self.options.minutes is None else self.clock() + 60 * self.options.minutes
        self._phase = "start"
        self._stop = threading.Event()
        self._active: ActiveRun | None = None

    # What a tracker writes

    @abstractmethod
    def validate_config(self) -> None:
        """Raise ConfigurationError or InvalidInput when a run could not work; no network."""

    @abstractmethod
    def collect(self) -> TrackerResult:
        """Collect everything that is new; return `self.result()`."""

    def plan(self) -> list[PlannedRequests]:
        """Return the requests for `--dry-run`; reads the source, writes nothing. InvalidInput by default."""
        raise InvalidInput(f"{self.name} cannot plan ahead", remedy="run it without --dry-run")

    # What a tracker uses in collect()

    def attempt(self, name: str, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Do `work` for a list, repository or channel, under the lock of its name; tell whether it succeeded.

        A failure, or that another run has the lock, stops only this. What needs it done is left out then: a
        consequence is no second failure. A database of another version of the program stops the run.
        """
        lock = f"{self.name} {name}"
        self._check_stop()
        try:
            self._run.locks.acquire(lock)
            try:
                work(*args, **kwargs)
                self.outcome.scopes_done += 1
            finally:
                self._run.locks.release(lock)
        except (StopRequested, Superseded, SchemaDiffers):
            raise
        except Exception as error:  # isolates a scope; the failure is recorded and told
            if lost := lost_connection(error):
                raise lost from error  # no other scope could be saved
            self.fail(name, error)
            return False
        return True

    def fail(self, scope: str, error: Exception) -> None:
        """Record and log what was missed of a scope; the run goes on, and ends partial."""
        self.outcome.failures.append(Failure.of(scope, error))
        self.handle_error(error)

    @contextmanager
    def page(self, scope: str) -> Generator[Page]:
        """Open the transaction for a page's rows, raw records and checkpoint; see core.pages.

        Raises StopRequested, after it is saved, when the run was asked to stop.
        """
        self._run.locks.keep()
        with page(self._run.row, scope, self.absences, self.quarantine) as opened:
            yield opened
        self.outcome.add_page(scope, opened)
        self._check_stop()

    def checkpoint(self, scope: str, stream: str) -> State:
        """Return how far a stream was read; with `--full` as if it never was."""
        if self.options.full:
            return State()
        return checkpoints.load(self.name, scope, stream)

    def result(self, **more: object) -> Result:
        """Give what was done so far, as collect() returns it; absences that are in doubt count as missed.

        `more` are the fields that the app's `result_class` has besides.
        """
        self.outcome.failures.extend(Failure.of(scope, error) for scope, error in self.absences.failures())
        build: Callable[..., Result] = self.result_class
        return build(
            success=self.outcome.complete,
            counts=dict(self.outcome.counts),
            errors=tuple(str(failure) for failure in self.outcome.failures),
            duration_seconds=time.monotonic() - self.outcome.started,
            **more,
        )

    # What a command uses

    def run(self) -> TrackerResult:
        """Validate, collect, check and record. Returns the result, also a partial one.

        Raises what stopped the run as a whole, after recording it.
        """
        self.outcome = Outcome()
        self.absences = Absences(self.name)
        self.quarantine = View(self.name)
        self._phase = "validate"
        try:
            self.validate_config()
            self._active = ActiveRun(self.name, self.options.for_ledger(), self.meter)
            self._enter("plan" if self.options.dry_run else "collect")
            if self.options.dry_run:
                self.outcome.planned = self.plan()
                result: TrackerResult = self.result()
            else:
                result = require_tracker_result(self.collect())
        except Exception as raised:
            error = lost_connection(raised) or self._time_used_up(raised) or raised
            if not isinstance(error, StopRequested):
                self.handle_error(error)
            self.outcome.failures.append(Failure.of("", error))
            self.outcome.time_used_up = isinstance(error, TimeUsedUp)
            # Without a database the row stays as it is, and the next run declares this one dead.
            with suppress(OperationalError):
                self._record(self.outcome.status_when_incomplete(), self.outcome.counts)
            if error is raised:
                raise
            raise error from raised
        status = Run.Status.OK if result.success else self.outcome.status_when_incomplete()
        self._record(status, result.counts)
        return result

    def sync_pinecone(self) -> None:
        """Bring the search index in step with what is stored; says so when there is no index."""
        self._phase = "sync_pinecone"
        tracker = registry.tracker_of(type(self))
        if tracker is None:
            return
        if registry.document_sink() is None:
            logger.info("search index: skipped, none is installed", extra=self._log_extra())
            return
        send = not self.options.skip_pinecone
        for app, counts in sync_documents(tracker.table_apps, self.name, send=send):
            logger.info("search index: %s of %s", dict(counts), app, extra=self._log_extra())

    def handle_error(self, error: Exception) -> None:
        """Log an error with the keys that operators filter on."""
        category = classify_failure(error)
        logger.error(
            "%s failed in %s: %s",
            self.name,
            self._phase,
            error,
            exc_info=error if category == "unknown" else None,
            extra=self._log_extra() | {"failure_category": str(category)},
        )

    def clock(self) -> float:
        """Give the Unix time by which `--minutes` goes."""
        return time.time()

    def request_stop(self) -> None:
        """Ask the run to end after the page in hand; safe to call from a signal handler."""
        self._stop.set()

    def stop_requested(self) -> bool:
        """Tell whether the run is to end: somebody asked for it, or its minutes are over."""
        return self._stop.is_set() or (self.deadline is not None and self.clock() >= self.deadline)

    @property
    def run_id(self) -> int | None:
        """The ledger's id of the run, once it has started."""
        return self._active.row.pk if self._active else None

    @property
    def _run(self) -> ActiveRun:
        if self._active is None:
            raise RuntimeError("scopes and pages exist only while run() is collecting")
        return self._active

    def _enter(self, phase: str) -> None:
        self._phase = phase
        self._run.enter(phase)

    def _check_stop(self) -> None:
        if self.stop_requested():
            raise StopRequested("stopped on request", remedy="run it again: it continues where it stopped")

    def _time_used_up(self, error: Exception) -> TimeUsedUp | None:
        """Return the error that a request to stop is when nobody made it."""
        if not isinstance(error, StopRequested) or self._stop.is_set():
            return None
        return TimeUsedUp(
            f"stopped after {self.options.minutes:g} minutes, as asked with --minutes",
            remedy="run it again: it continues where it stopped",
        )

    def _record(self, status: Run.Status, counts: Mapping[str, int]) -> None:
        if self._active is not None:
            self._active.close(
                status,
                counts=counts,
                errors=[failure.for_ledger() for failure in self.outcome.failures],
                failure_category=str(self.outcome.category or ""),
            )

    def _log_extra(self) -> dict[str, str]:
        return {"collector": self.name, "collector_phase": self._phase}
