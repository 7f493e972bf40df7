"""`manage.py run_*`: options in, a collector's run, an exit code out."""

import argparse
import datetime as dt
import logging.config
import signal
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console

from core.collectors.base import AbstractCollector, CollectorRunnable
from core.collectors.options import CollectorOptions, parse_time
from core.collectors.report import Report
from core.errors import StopRequested
from core.logs import logging_config
from core.open_pages import network_is_awaited
from core.postgres import require_migrated
from core.terminal import console_for

PATIENCE = 5.0  # seconds for a source to deliver the page in hand; service managers kill after 10
LOG_LEVELS = {0: "ERROR", 1: "WARNING", 2: "INFO", 3: "DEBUG"}


class BaseCollectorCommand(BaseCommand):
    """Runs `get_collector(**options).run()`, then `sync_pinecone()`; each fails on its own.

    A tracker's command names its `collector`; one with options of its own has `add_source_arguments` and
    `get_collector`.
    """

    collector: ClassVar[type[AbstractCollector]]

    # The common options that this source has no use for, e.g. {"--until"}.
    without: ClassVar[frozenset[str]] = frozenset()

    def get_collector(self, **options: Any) -> CollectorRunnable:
        """Return the collector for these options; `common_options` gives those of CollectorOptions."""
        return self.collector(CollectorOptions(**self.common_options(options)))

    def add_source_arguments(self, parser: CommandParser) -> None:
        """Add the options that only this source has."""

    def add_arguments(self, parser: CommandParser) -> None:
        self._add_common_arguments(parser)
        self.add_source_arguments(parser)

    def _add_common_arguments(self, parser: CommandParser) -> None:
        common: dict[str, dict[str, Any]] = {
            "--dry-run": {
                "action": "store_true",
                "help": "read, print the plan with its requests, store nothing",
            },
            "--since": {
                "type": parse_time_argument,
                "metavar": "TIME",
                "help": "only items from this date or time on (UTC)",
            },
            "--until": {
                "type": parse_time_argument,
                "metavar": "TIME",
                "help": "only items before this date or time (UTC)",
            },
            "--full": {"action": "store_true", "help": "read everything again, as if never read"},
            "--from-archive": {"action": "store_true", "help": "load the archive again, without the network"},
            "--limit": {"type": int, "metavar": "N", "help": "stop after about N new items per scope"},
            "--minutes": {
                "type": float,
                "metavar": "N",
                "help": "stop after N minutes, exit 75; the next run continues there",
            },
            "--retry-quarantined": {"action": "store_true", "help": "try quarantined items now"},
            "--skip-pinecone": {
                "action": "store_true",
                "help": "renew the local search index only",
            },
        }
        for option, arguments in common.items():
            if option not in self.without:
                parser.add_argument(option, **arguments)
        parser.add_argument(
            "--log-format", choices=("text", "json"), default="text", help="form of the logs on stderr"
        )

    @staticmethod
    def add_time_aliases(parser: CommandParser, since: Sequence[str], until: Sequence[str]) -> None:
        """Other names for `--since` and `--until`."""
        for option, aliases in {"since": since, "until": until}.items():
            for alias in aliases:
                parser.add_argument(
                    alias,
                    dest=option,
                    type=parse_time_argument,
                    metavar="TIME",
                    help=f"another name of --{option}",
                )

    @staticmethod
    def common_options(options: dict[str, Any]) -> dict[str, Any]:
        """Return those of a command's options that CollectorOptions takes."""
        return {
            field.name: options[field.name] for field in fields(CollectorOptions) if field.name in options
        }

    def handle(self, *_args: Any, **options: Any) -> None:
        logging.config.dictConfig(
            logging_config(format=options["log_format"], level=LOG_LEVELS[options["verbosity"]])
        )
        console = console_for(self.stdout)
        code = self._run(console, options)
        if code:
            sys.exit(code)

    def _run(self, console: Console, options: dict[str, Any]) -> int:
        command = self.__module__.rpartition(".")[2]
        report = Report(console, command, plain=options["log_format"] == "text")
        with report.failures():
            require_migrated()
            collector = self.get_collector(**options)
            report.watch(collector)
            with _stop_on_signals(collector), report.progress(collector):
                report.finished(collector.run())
        report.print()
        if report.collector is not None and not options.get("dry_run") and not report.stopped:
            with report.failures(report.collector.handle_error):
                report.collector.sync_pinecone()
        return report.code


def parse_time_argument(text: str) -> dt.datetime:
    try:
        return parse_time(text)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a date or a time: write 2024-05-01 or 2024-05-01T12:00"
        ) from error


@contextmanager
def _stop_on_signals(collector: CollectorRunnable) -> Generator[None]:
    """The first Ctrl-C or SIGTERM, or the end of its minutes, finishes the page in hand, which the source
    has a moment to deliver; a second one gives that page up. The next run fetches it again.
    """
    if not isinstance(collector, AbstractCollector):
        yield
        return

    stopped = StopRequested("stopped on request", remedy="run it again: it continues where it stopped")

    asked = threading.Event()

    def ask(_number: int, _frame: object) -> None:
        if asked.is_set():
            raise stopped
        asked.set()
        collector.request_stop()
        signal.setitimer(signal.ITIMER_REAL, PATIENCE, PATIENCE)

    def give_up_waiting(_number: int, _frame: object) -> None:
        if network_is_awaited() and collector.stop_requested():
            raise stopped

    handlers = {signal.SIGINT: ask, signal.SIGTERM: ask, signal.SIGALRM: give_up_waiting}
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    if collector.deadline is not None:
        left = max(0.0, collector.deadline - collector.clock())
        signal.setitimer(signal.ITIMER_REAL, left + PATIENCE, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in previous.items():
            signal.signal(number, handler)
