"""A quiet day over Boost's repositories: the requests of a run that finds nothing new.

The repositories are small, as their number is what counts. The day before is collected first.
"""

import argparse
from typing import Any

from benchmarks.laboratory import Laboratory
from core.models import Run
from core.twins import TwinClock, World
from github_activity_tracker.models import Repository
from github_activity_tracker.twin import BoostorgTwin, RepositorySpec

AIM_REQUESTS = 5

# What the twin sets otherwise, for tests: the usual values.
USUAL = {"GITHUB_SWEEP_DAYS": "28", "GITHUB_SWEEP_REQUESTS": "4"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repositories", type=int, default=190, help="the superproject included")
    parser.add_argument("--seed", type=int, default=1)


def measure(lab: Laboratory, options: argparse.Namespace) -> dict[str, Any]:
    source = lab.source("boost_github_activity")
    names = [f"library{number}" for number in range(1, options.repositories)]
    specs = [
        RepositorySpec("boostorg", "boost", 3, 3, layout="superproject", submodules=names),
        *(RepositorySpec("boostorg", name, 2, 2, commits=5, releases=1) for name in names),
    ]

    def twin(world: World, clock: TwinClock) -> BoostorgTwin:
        return BoostorgTwin(world, clock=clock, repositories=specs)

    with lab.world(source, seed=options.seed, make=twin):
        lab.environment |= USUAL
        first = _run(lab, source.command)
        written = lab.rows_written()
        quiet = _run(lab, source.command)
        return {
            "repositories": Repository.objects.count(),
            "first_run": first,
            "quiet_day": quiet,
            "aim_requests": AIM_REQUESTS,
            "rows_written_on_the_quiet_day": lab.rows_written() - written,
        }


def _run(lab: Laboratory, command: str) -> dict[str, Any]:
    ended = lab.run(command, "--skip-pinecone")
    if ended.code:
        raise RuntimeError(f"{command} ended with exit code {ended.code}: {ended.output}")
    run = Run.objects.latest("pk")
    return {"requests": run.requests, "seconds": round(ended.seconds, 1), "counts": run.counts}
