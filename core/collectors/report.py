"""The report of a command: progress, failures with their remedy, a summary, an exit code."""

import logging
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from core.collectors.base import AbstractCollector, CollectorRunnable
from core.collectors.outcome import Outcome
from core.collectors.progress import SILENT, TerminalProgress
from core.errors import CollectorFailureCategory, StopRequested, classify_failure, exit_code
from core.protocols import TrackerResult
from core.terminal import printable

logger = logging.getLogger("core.collectors")


class Report:
    """The report of one command. `code` is 0 until something fails; the first failure decides it.

    Failures go to stderr as plain lines, or through the log where every line has a structure.
    """

    def __init__(self, console: Console, command: str, *, plain: bool = True) -> None:
        self.code = 0
        self.stopped = False
        self._plain = plain
        self.collector: CollectorRunnable | None = None
        self._console = console
        self._command = command
        self._started = time.monotonic()

    def watch(self, collector: CollectorRunnable) -> None:
        self.collector = collector

    def finished(self, result: TrackerResult) -> None:
        if not result.success:
            self.code = exit_code(self._outcome.category or CollectorFailureCategory.PARTIAL)

    @contextmanager
    def failures(self, handle: Callable[[Exception], None] | None = None) -> Generator[None]:
        """Turn what a step raises into a message and an exit code. `handle` gets it first."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the place where a run's failure becomes an exit code
            if handle:
                handle(error)
            category = classify_failure(error)
            self.code = self.code or exit_code(category)
            self.stopped = isinstance(error, StopRequested)
            # A collector has logged its own failures; a request to stop is none.
            if self.collector is None or self.stopped:
                self._say(category, str(error))

    @contextmanager
    def progress(self, collector: CollectorRunnable) -> Generator[None]:
        if not (self._console.is_terminal and isinstance(collector, AbstractCollector)):
            yield
            return
        collector.progress = TerminalProgress(self._console)
        try:
            yield
        finally:
            collector.progress.close()
            collector.progress = SILENT

    def print(self) -> None:
        """The summary: a table on a terminal, one line elsewhere."""
        outcome = self._outcome
        for failure in outcome.failures:
            if failure.category is CollectorFailureCategory.PARTIAL:
                self._say(failure.category, str(failure))
        if outcome.planned:
            self._print_plan(outcome)
        word = "ok" if self.code == 0 else f"{outcome.category or 'failed'} (exit {self.code})"
        seconds = time.monotonic() - self._started
        figures = sorted({**outcome.counts, "requests": self._requests}.items())
        if self._console.is_terminal:
            table = Table(title=f"{self._command}: {word} in {seconds:.1f} s")
            table.add_column("what")
            table.add_column("number", justify="right")
            for name, number in figures:
                table.add_row(name.replace("_", " "), f"{number:,}")
            self._console.print(table)
        else:
            counts = " ".join(f"{name}={number}" for name, number in figures)
            line = f"{self._command}: {word} {counts} seconds={seconds:.1f}"
            self._console.print(line, soft_wrap=True)

    @property
    def _outcome(self) -> Outcome:
        return self.collector.outcome if isinstance(self.collector, AbstractCollector) else Outcome()

    @property
    def _requests(self) -> int:
        return (
            self.collector.meter.snapshot().requests if isinstance(self.collector, AbstractCollector) else 0
        )

    def _say(self, category: CollectorFailureCategory, text: str) -> None:
        if self._plain:
            sys.stderr.write(printable(f"{self._command}: {category}: {text}") + "\n")
        else:
            extra = {"collector": self._command, "failure_category": str(category)}
            logger.error("%s", text, extra=extra)

    def _print_plan(self, outcome: Outcome) -> None:
        table = Table(title="what a run would do")
        table.add_column("scope", overflow="fold")
        table.add_column("what", overflow="fold")
        table.add_column("requests", justify="right")
        for line in outcome.planned:
            table.add_row(line.scope, line.what, f"about {line.requests:,}")
        table.add_row("total", "", f"about {sum(line.requests for line in outcome.planned):,}")
        self._console.print(table)
