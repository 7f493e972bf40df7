"""Peak memory of a collector's backfill at two sizes of the source: it must not follow the size.

The twin runs in this process and the database in its own, so only the collector is measured.
"""

import argparse
import contextlib
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.laboratory import LONGEST, Laboratory
from core.models import Run

AIM = 250
POLL_SECONDS = 0.02
_HIGH_WATER = re.compile(r"VmHWM:\s+(\d+) kB")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--collector", required=True, metavar="NAME")
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[2_000, 20_000],
        help="items of the twin (default: 2000 20000)",
    )


def measure(lab: Laboratory, options: argparse.Namespace) -> dict[str, Any]:
    source = lab.source(options.collector)
    found: dict[str, Any] = {"collector": source.collector, "aim_mb": AIM}
    for size in options.sizes:
        with lab.world(source, size=size):
            found[f"{size} items"] = backfill(lab, source.command)
    return found


def backfill(lab: Laboratory, command: str, *options: str) -> dict[str, Any]:
    """Run a command to its end; return its peak memory, seconds and counts."""
    began = time.perf_counter()
    process = lab.start(command, "--skip-pinecone", *options)
    high_water = 0.0
    try:
        while True:
            high_water = max(high_water, _high_water(process.pid))
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.perf_counter() - began > LONGEST:
                raise TimeoutError(f"{command} takes more than {LONGEST:.0f} s: {lab.output()}")
            time.sleep(POLL_SECONDS)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    run = Run.objects.latest("pk")
    if process.returncode:
        raise RuntimeError(f"{command} ended with exit code {process.returncode}: {lab.output()}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return {
        "peak_mb": round(high_water, 1),
        "max_rss_mb": round(usage.ru_maxrss / unit, 1),
        "seconds": round(time.perf_counter() - began, 1),
        "counts": run.counts,
    }


def _high_water(pid: int) -> float:
    """Return the most memory that the process has had so far, in MiB, as Linux knows it; elsewhere 0."""
    # A process that has ended but was not waited for has no memory.
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        if match := _HIGH_WATER.search(Path(f"/proc/{pid}/status").read_text()):
            return int(match[1]) / 1024
    return 0.0
