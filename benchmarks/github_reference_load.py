"""One repository of a known size through the whole collector: requests by the run ledger, SQL by the server.

1,000 commits with 5 files each, 200 issues and 300 pull requests with 3 comments and 4 inline comments each;
then a second run, when nothing has changed.
"""

import argparse
from typing import Any

from benchmarks.laboratory import Laboratory
from core.models import Run
from core.twins import TwinClock, World
from core.twins.snapshot import differences_from_truth
from github_activity_tracker.twin import LlvmTwin, RepositorySpec

AIM_REQUESTS, AIM_STATEMENTS, AIM_SECOND_REQUESTS = 40, 800, 3
SHOWN = 20
LOAD = RepositorySpec(
    "llvm",
    "llvm-project",
    issues=200,
    pull_requests=300,
    comments=3,
    inline_comments=4,
    commits=1000,
    files=5,
    layout="llvm",
)

# What the twin sets otherwise, for tests: the usual values.
USUAL = {"GITHUB_SWEEP_DAYS": "28", "GITHUB_SWEEP_REQUESTS": "4"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1)


def measure(lab: Laboratory, options: argparse.Namespace) -> dict[str, Any]:
    source = lab.source("clang_github_tracker")

    def twin(world: World, clock: TwinClock) -> LlvmTwin:
        return LlvmTwin(world, clock=clock, repositories=[LOAD])

    with lab.world(source, seed=options.seed, make=twin) as (served, _):
        lab.environment |= USUAL
        # Every file change is wanted here, not only those below the usual folders.
        lab.environment["CLANG_GITHUB_PATHS"] = ""
        first = _run(lab, source.command)
        second = _run(lab, source.command)
        wrong = [str(each) for each in differences_from_truth(served.truth())]
    return {
        "first_run": first,
        "aims": {"requests": AIM_REQUESTS, "statements": AIM_STATEMENTS},
        "second_run": second,
        "aims_of_second_run": {"requests": AIM_SECOND_REQUESTS, "rows written": 0},
        "differences": wrong[:SHOWN],
        "differences_total": len(wrong),
    }


def _run(lab: Laboratory, command: str) -> dict[str, Any]:
    """A run as cron starts it: what the ledger and the server say of it."""
    written = lab.rows_written()
    ended: list[Any] = []
    statements = lab.statements(lambda: ended.append(lab.run(command, "--skip-pinecone")))
    run = Run.objects.latest("pk")
    if ended[0].code:
        raise RuntimeError(f"{command} ended with exit code {ended[0].code}: {ended[0].output}")
    return {
        "requests": run.requests,
        "statements": len(statements),
        "rows_written": lab.rows_written() - written,
        "seconds": round(ended[0].seconds, 1),
        "seconds_waited": round(run.seconds_waited, 1),
        "counts": run.counts,
    }
