"""A run with nothing to do, as a whole process: what every cron line costs.

On a running server, and with the embedded database starting before and stopping after it.
"""

import argparse
import re
from collections import Counter
from statistics import median
from typing import Any

from benchmarks.laboratory import Ended, Laboratory, stop_database
from core.models import Run

AIMS = {"server_running": 0.7, "database_starting": 1.5}
SHOWN = 12
MOST_RUNS = 5  # until one must have had nothing to do
_IMPORT_TIME = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--collector", default="boost_mailing_lists", metavar="NAME")
    parser.add_argument("--repetitions", type=int, default=7, help="of each case (default: 7)")
    parser.add_argument("--size", type=int, default=300, help="items of the twin (default: 300)")


def measure(lab: Laboratory, options: argparse.Namespace) -> dict[str, Any]:
    source = lab.source(options.collector)
    arguments = (source.command, "--skip-pinecone")
    with lab.world(source, size=options.size) as (twin, served):
        for _ in range(MOST_RUNS):
            lab.run(*arguments)
            if nothing_was_done():
                break
        else:
            raise RuntimeError(f"{MOST_RUNS} runs in a row had something to do: {lab.output()}")
        already = served.requests[twin.name]
        asked = Counter(lab.statements(lambda: lab.run(*arguments)))
        requests = served.requests[twin.name] - already
        lab.environment["PYTHONPROFILEIMPORTTIME"] = "1"
        import_times = imports(lab.run(*arguments).output)
        del lab.environment["PYTHONPROFILEIMPORTTIME"]
        check = [succeeded(lab.run("check")) for _ in range(options.repetitions)]
        running = [succeeded(lab.run(*arguments)) for _ in range(options.repetitions)]
        stop_database(lab.workspace)
        starting = [succeeded(lab.run(*arguments)) for _ in range(options.repetitions)]
    return {
        "collector": source.collector,
        "aims_in_seconds": AIMS,
        "seconds": {
            "manage_py_check": spread(check),
            "server_running": spread(running),
            "database_starting": spread(starting),
        },
        "requests": requests,
        "statements": dict(asked),
        "import_ms_by_package": import_times,
    }


def nothing_was_done() -> bool:
    run = Run.objects.order_by("pk").last()
    return run is not None and run.status == Run.Status.OK and not any(run.counts.values())


def succeeded(ended: Ended) -> float:
    if ended.code:
        raise RuntimeError(f"a run with nothing to do ended with exit code {ended.code}: {ended.output}")
    return ended.seconds


def spread(seconds: list[float]) -> dict[str, float]:
    return {"median": round(median(seconds), 3), "best": round(min(seconds), 3)}


def imports(output: str) -> dict[str, float]:
    """Milliseconds that the modules of each top-level package took by themselves, the slowest first."""
    spent: Counter[str] = Counter()
    for microseconds, module in _IMPORT_TIME.findall(output):
        spent[module.partition(".")[0]] += int(microseconds)
    return {package: round(each / 1000, 1) for package, each in spent.most_common(SHOWN)}
