"""Kills a collector (SIGKILL) at random moments of its runs and compares what is stored in the end.

A campaign begins with an empty database. In each round the collector is started and killed until one run
gets through; then drift and faults end, runs go on until one is complete and writes nothing, and the
database is compared with that of an uninterrupted, faultless collection of the same world. Then the world
changes and the next round begins: the first one is a backfill, the others are daily runs. There are as many
campaigns as it takes to kill a live run as often as asked. Before a round of a derived collector all sources
are collected, which nothing disturbs.
"""

import argparse
import datetime as dt
import random
import signal
import subprocess
import time
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.utils import OperationalError

from benchmarks.laboratory import LONGEST, Laboratory, Source
from core.models import Run
from core.twins import Faults, Served, Twin
from core.twins.snapshot import (
    UNEXPECTED,
    Snapshot,
    Window,
    differences,
    differences_from_truth,
    row_versions,
    snapshot,
)

ROUNDS = 2
MOST_RUNS = 12  # until one must have written nothing
SHOWN = 20
CORRECTION = 1.1
UNBORN = ("before its run record", "database starting")  # a run that was killed in its start-up
ARCHIVE = "core.ArchiveVersion"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--collector", required=True, metavar="NAME")
    parser.add_argument("--kills", type=int, default=100, help="of live runs (default: 100)")
    parser.add_argument("--faults", choices=("all", "none"), default="all", help="of the twin")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=600, help="items of the twin (default: 600)")
    parser.add_argument("--kill-database", action="store_true", help="kill the database server as well")
    parser.add_argument("--minutes", type=float, default=15, help="no new campaign after this (default: 15)")


def measure(lab: Laboratory, options: argparse.Namespace) -> dict[str, Any]:
    return Survival(lab, lab.source(options.collector), options).measure()


@dataclass(slots=True)
class Tally:
    """The figures of all campaigns."""

    kills: int = 0
    too_late: int = 0
    campaigns: int = 0
    aborted: int = 0
    rows: int = 0
    archived_besides: int = 0
    phases: Counter[str] = field(default_factory=Counter[str])
    moments: Counter[str] = field(default_factory=Counter[str])
    runs: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    differences: list[str] = field(default_factory=list[str])


class Survival:
    def __init__(self, lab: Laboratory, source: Source, options: argparse.Namespace) -> None:
        self.lab = lab
        self.source = source
        self.options = options
        self.rng = random.Random(options.seed)  # noqa: S311 - reproducible, not secret
        self.tally = Tally()
        self.labels = ("core", *source.tracker.table_apps)
        others = lab.sources() if source.kind == "derived" else []
        # What stores that which a derived collector works on.
        self.feeding = [each for each in others if each.kind == "source" and each.twin]
        # The machine's load changes: how much slower or faster than expected the runs are now.
        self.pace = 1.0
        self.began = dt.datetime.now(dt.UTC)

    def measure(self) -> dict[str, Any]:
        began = time.monotonic()
        expected = self._reference()
        if self.tally.differences:
            return {"differences": self.tally.differences[:SHOWN], "why": "a faultless run is already wrong"}
        # How long the runs take that are to be killed; it also shows what the faults do by themselves.
        lengths = self._campaign(expected, None)
        deadline = began + self.options.minutes * 60
        while self.tally.kills < self.options.kills and time.monotonic() < deadline:
            self._campaign(expected, lengths)
        tally = self.tally
        return {
            "collector": self.source.collector,
            "faults": self.options.faults,
            "seed": self.options.seed,
            "size": self.options.size,
            "kills_of_live_runs": tally.kills,
            "kills_that_came_too_late": tally.too_late,
            "kills_by_phase_in_the_ledger": dict(tally.phases),
            "kills_by_what_the_database_was_doing": dict(tally.moments),
            "database_killed_too": self.options.kill_database,
            "runs_aborted": tally.aborted,
            "runs_by_status": dict(tally.runs),
            "campaigns": tally.campaigns,
            "seconds_of_an_uninterrupted_run": [round(seconds, 2) for seconds in lengths],
            "faults_met": dict(tally.faults),
            "rows_compared": tally.rows,
            "archived_besides": tally.archived_besides,
            "differences": tally.differences[:SHOWN],
            "differences_total": len(tally.differences),
            "seconds": round(time.monotonic() - began, 1),
        }

    def _reference(self) -> list[Snapshot]:
        """Return the database at the end of each round when nothing goes wrong."""
        found: list[Snapshot] = []
        with self._world() as (twins, served):
            for number in range(ROUNDS):
                for twin in twins:
                    twin.settle()
                self._feed(twins, served)
                self._quiesce("reference")
                found.append(self._snapshot())
                self._compare(f"reference, round {number}", found[-1], twins)
                for twin in twins:
                    twin.mutate()
        return found

    def _campaign(self, expected: list[Snapshot], lengths: list[float] | None) -> list[float]:
        """One collection from an empty database, not killed without `lengths`. Seconds of each round."""
        tally = self.tally
        tally.campaigns += 1
        name = f"campaign {tally.campaigns}"
        seconds: list[float] = []
        with self._world() as (twins, served):
            own = twins[len(self.feeding) :]
            for number in range(ROUNDS):
                self._feed(twins, served)
                if self.options.faults == "all":
                    for twin in own:
                        twin.faults = Faults.all(self.rng.randrange(2**32))
                seconds.append(self._lives(None if lengths is None else lengths[number]))
                for twin in own:
                    with twin.lock:
                        twin.faults = Faults.none()
                    twin.settle()
                where = f"{name}, round {number}"
                self._quiesce(where)
                self._compare(where, expected[number], twins)
                for twin in twins:
                    twin.mutate()
            tally.faults.update({str(kind): n for kind, n in served.faults.items()})
        statuses = Counter(Run.objects.values_list("status", flat=True))
        tally.runs += statuses
        tally.aborted += statuses[Run.Status.ABORTED]
        return seconds

    def _world(self) -> AbstractContextManager[tuple[list[Twin], Served]]:
        """Return the twins of `feeding`, then the collector's own, if it has one."""
        sources = [*self.feeding, *([self.source] if self.source.twin else [])]
        makers = [source.twin_of_size(self.options.size) for source in sources]
        return self.lab.worlds(makers, seed=self.options.seed)

    def _feed(self, twins: list[Twin], served: Served) -> None:
        """Collect what a derived collector works on; two of the twins may stand behind the same setting."""
        for source, twin in zip(self.feeding, twins, strict=False):
            self.lab.environment |= served.environment(twin.name)
            ended = self.lab.run(source.command, "--skip-pinecone")
            if ended.code:
                raise RuntimeError(f"{source.command} ended with exit code {ended.code}: {ended.output}")

    def _lives(self, expected: float | None) -> float:
        """Start and kill until a run ends by itself; its seconds. None: no kill."""
        while True:
            kills = expected is not None and self.tally.kills < self.options.kills
            moment = self.rng.uniform(0, expected * self.pace) if kills and expected else LONGEST
            began = time.perf_counter()
            process = self.lab.start(self.source.command, "--skip-pinecone")
            try:
                process.wait(timeout=moment)
            except subprocess.TimeoutExpired:
                if not kills:
                    raise
                self._kill(process)
                continue
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            if kills:
                self._was_too_late()
            return time.perf_counter() - began

    def _kill(self, process: "subprocess.Popen[bytes]") -> None:
        phase, doing = self._look(process.pid)
        if self.options.kill_database:
            connection.close()
            self.lab.kill_database()
        process.kill()
        if process.wait() != -signal.SIGKILL:
            self._was_too_late()  # it ended between the look and the kill
            return
        self.tally.phases[phase] += 1
        if phase in UNBORN:
            self.pace *= CORRECTION  # not a live run yet
            return
        self.tally.kills += 1
        self.tally.moments[doing] += 1

    def _was_too_late(self) -> None:
        self.tally.too_late += 1
        self.pace /= CORRECTION

    def _look(self, pid: int) -> tuple[str, str]:
        """Return the phase of the process in the ledger, and what its main connection is doing, just now."""
        if not self.lab.database_is_up():
            return UNBORN[1], "starting"  # asking would start it in the collector's place
        try:
            with connection.cursor() as cursor:
                cursor.execute(_DOING)
                doing = cursor.fetchone()
        except OperationalError:
            connection.close()
            return "not looked at", "down"
        run = Run.objects.filter(pid=pid, status=Run.Status.RUNNING).order_by("-pk").first()
        return run.phase if run else UNBORN[0], doing[0] if doing else "not connected"

    def _quiesce(self, where: str) -> None:
        """Run until a run is complete and writes nothing."""
        said = ""
        for _ in range(MOST_RUNS):
            before = row_versions()
            ended = self.lab.run(self.source.command, "--skip-pinecone", "--retry-quarantined")
            run = Run.objects.order_by("pk").last()
            if run and run.status == Run.Status.OK and row_versions() == before:
                return
            said = f"exit {ended.code}: {ended.output}"
        self.tally.differences.append(f"{where}: {MOST_RUNS} runs in a row wrote something; {said}")

    def _compare(self, where: str, expected: Snapshot, twins: list[Twin]) -> None:
        found = self._snapshot()
        self.tally.rows += sum(map(len, found.values()))
        for each in differences(expected, found):
            # After a fault a collector may ask elsewhere, and keeps what it is told there, too.
            if self.options.faults == "all" and each.table == ARCHIVE and each.what == UNEXPECTED:
                self.tally.archived_besides += 1
            else:
                self.tally.differences.append(f"{where}: {each}")
        for twin in twins:
            with twin.lock:
                truth = twin.truth()
            self.tally.differences += [f"{where}, truth: {each}" for each in differences_from_truth(truth)]
        running = Run.objects.filter(status=Run.Status.RUNNING).count()
        if running:
            self.tally.differences.append(f"{where}: {running} runs of dead processes are still `running`")

    def _snapshot(self) -> Snapshot:
        return snapshot(self.labels, Window(self.began, dt.datetime.now(dt.UTC)))


# The collector's page transactions are the only ones open at the moment of a kill, besides this query.
_DOING = """
    SELECT CASE WHEN state = 'active' AND query ILIKE 'COMMIT%' THEN 'committing a page'
                WHEN state = 'active' THEN 'in a statement'
                WHEN state LIKE 'idle in transaction%' THEN 'in a page, between statements'
                ELSE 'outside a page' END
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    ORDER BY state LIKE 'idle in%' DESC, state = 'active' DESC LIMIT 1
"""
