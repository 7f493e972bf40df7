"""A Discord server of 100,000 messages from nothing: requests, the share of the allowed rate, memory, SQL.

The twin's clock is slowed down until its limits, and not this machine, are what a run waits for: 50 calls a
second in all, 5 in 5 seconds for one channel's messages. 100 messages a page are the floor: 10 requests for
1,000 messages, if all were in one channel. Then a second run, when nothing has changed; with --rows also
what is made of the rows: Markdown, twice, and search documents.
"""

import argparse
import time
from typing import Any

from benchmarks.laboratory import Laboratory
from benchmarks.memory import backfill
from core.models import Run
from core.twins import TwinClock, TwinRequest, TwinResponse, World
from core.twins.snapshot import differences_from_truth
from discord_activity_tracker.documents import DiscordDocuments
from discord_activity_tracker.twin import DiscordTwin

AIM_SHARE, AIM_REFUSED, AIM_MB = 0.8, 0, 250
SHOWN = 20
CALLS = "DISCORD_REQUESTS_PER_SECOND"


class TimedTwin(DiscordTwin):
    """Knows when its first and its last call came, in its own time."""

    first: float | None = None
    last: float | None = None

    def answer(self, request: TwinRequest) -> TwinResponse:
        self.last = self.clock.now().timestamp()
        self.first = self.first or self.last
        return super().answer(request)

    @property
    def seconds(self) -> float:
        """Between the two."""
        return (self.last or 0.0) - (self.first or 0.0)

    def forget(self) -> None:
        """A new run begins."""
        self.first = self.last = None
        self.limits.refused.clear()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", type=int, default=100_000, help="messages (default: 100000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", action="store_true", help="measure Markdown and search documents, too")
    parser.add_argument(
        "--clock",
        type=float,
        default=0.2,
        help="twin seconds in a real one; lower on a slow machine (default: 0.2)",
    )


def measure(lab: Laboratory, options: argparse.Namespace) -> dict[str, Any]:
    source = lab.source("discord_activity")
    made: list[TimedTwin] = []

    def twin(world: World, _: TwinClock) -> TimedTwin:
        clock = TwinClock(start=world.until, multiple=options.clock)
        made.append(TimedTwin(world, clock=clock, size=options.size))
        return made[0]

    with lab.world(source, seed=options.seed, make=twin):
        first = _run(lab, source.command, made[0])
        second = _run(lab, source.command, made[0])
        made_of_rows = _made_of_rows(lab, source.command) if options.rows else {}
        wrong = [str(each) for each in differences_from_truth(made[0].truth())]
    return {
        "clock": options.clock,
        "calls_a_real_second_allowed": lab.environment[CALLS],
        "first_run": first,
        "aims": {"share_of_50_a_second": AIM_SHARE, "refused": AIM_REFUSED, "peak_mb": AIM_MB},
        "second_run": second,
        "aims_of_second_run": {"rows_written": 0},
        **made_of_rows,
        "differences": wrong[:SHOWN],
        "differences_total": len(wrong),
    }


def _made_of_rows(lab: Laboratory, command: str) -> dict[str, Any]:
    first, second = (_exported(lab, command) for _ in range(2))
    return {"markdown": first, "markdown_again": second, "documents": _documents()}


def _run(lab: Laboratory, command: str, twin: TimedTwin) -> dict[str, Any]:
    """A run as cron starts it: what the ledger, the server of the database and the twin say of it."""
    twin.forget()
    written = lab.rows_written()
    ended: list[dict[str, Any]] = []
    statements = lab.statements(lambda: ended.append(backfill(lab, command, "--skip-markdown-export")))
    run = Run.objects.latest("pk")
    messages = sum(len(room) for room in twin.server.rooms if room.has_messages and room.is_readable)
    calls, seconds = twin.limits.everything
    return {
        **ended[0],
        "messages_at_source": messages,
        "requests": run.requests,
        "requests_per_1000_messages": round(1000 * run.requests / messages, 1),
        "share_of_50_a_second": round(run.requests / (twin.seconds / seconds * calls), 3),
        "refused": dict(twin.limits.refused),
        "twin_seconds": round(twin.seconds, 1),
        "seconds_waited": round(run.seconds_waited, 1),
        "statements": len(statements),
        "rows_written": lab.rows_written() - written,
    }


def _exported(lab: Laboratory, command: str) -> dict[str, Any]:
    """Return a file for each day of each public channel."""
    written = lab.rows_written()
    ended = backfill(lab, command, "--task", "export", "--skip-remote-push")
    return {**ended, "rows_written": lab.rows_written() - written}


def _documents() -> dict[str, Any]:
    began = time.perf_counter()
    number = sum(1 for _ in DiscordDocuments().documents())
    return {"documents": number, "seconds": round(time.perf_counter() - began, 1)}
