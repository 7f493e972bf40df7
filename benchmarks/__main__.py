"""`python -m benchmarks` lists the benchmarks; `python -m benchmarks NAME [--json]` runs one."""

import argparse
import json
import signal
import sys
from importlib import import_module
from typing import Any, cast

from benchmarks.laboratory import laboratory

BENCHMARKS = {
    "upsert": "rows per second of core.store.upsert against raw COPY into the same indexed table",
    "startup": "a run with nothing to do as a whole process, with the database starting and running",
    "memory": "peak memory of a backfill at two sizes",
    "git_ingest": "a repository's whole history into the database against git's own reading of it",
    "github_reference_load": "requests and SQL statements of a repository of a known size",
    "github_idle_day": "requests of a run over 190 repositories when nothing has changed",
    "slack_backfill": "a Slack workspace of 100,000 messages at its pace: requests, share, memory, SQL",
    "discord_backfill": "a Discord server of 100,000 messages at its pace: requests, share, memory, SQL",
    "survive": "kills at random moments against an uninterrupted run, row by row",
}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in BENCHMARKS:
        for name, sentence in BENCHMARKS.items():
            print(f"{name:21} {sentence}")
        wanted_list = not arguments or arguments[0] in {"-h", "--help"}
        return 0 if wanted_list else 2
    name = arguments[0]
    signal.signal(signal.SIGTERM, _stop)  # ends what was started, as Ctrl-C does
    with laboratory() as lab:
        # Benchmarks import models, so Django must know the throw-away database first.
        benchmark = import_module(f"benchmarks.{name}")
        parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=benchmark.__doc__)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        benchmark.add_arguments(parser)
        options = parser.parse_args(arguments[1:])
        figures = benchmark.measure(lab, options)
    if options.json:
        print(json.dumps(figures))
    else:
        show(figures)
    return 1 if figures.get("differences") else 0


def _stop(_number: int, _frame: object) -> None:
    sys.exit("stopped")


def show(figures: dict[str, Any], indent: str = "") -> None:
    for name, value in figures.items():
        label = f"{indent}{str(name).replace('_', ' ')}:"
        if isinstance(value, dict):
            print(label)
            show(cast("dict[str, Any]", value), f"{indent}  ")
        elif isinstance(value, list):
            lines = cast("list[Any]", value) or ["none"]
            print(label, *lines, sep=f"\n{indent}  ")
        else:
            print(label, value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
