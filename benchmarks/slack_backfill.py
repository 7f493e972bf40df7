"""A whole Slack workspace through the whole collector, at the pace that Slack allows.

The twin's clock runs faster than ours, so that the tier of the busiest method is what takes the time, and
not hours of it. Requests are counted by the twin and by the run ledger, SQL by the server; then a second run,
when nothing has changed.
"""

import argparse
from bisect import bisect_left
from collections import Counter
from statistics import median
from typing import Any

from benchmarks.laboratory import Laboratory
from benchmarks.memory import backfill
from core.models import Run
from core.twins import TwinClock, World
from core.twins.snapshot import differences_from_truth
from cppa_slack_tracker.twin import SlackTwin
from cppa_slack_tracker.twin.methods import METHODS

AIMS = {"share of the allowed rate": 0.9, "429s": 0, "peak_mb": 250, "rows written by a second run": 0}
SHOWN = 20
MINUTE = 60.0

# What the twin sets otherwise, for tests: the usual value.
USUAL = {"SLACK_SWEEP_DAYS": "30"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", type=int, default=100_000, help="messages (default: 100000)")
    parser.add_argument("--clock", type=float, default=16, help="twin seconds in a real one (default: 16)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--changes", action="store_true", help="then change the workspace, and read all of it again"
    )


def measure(lab: Laboratory, options: argparse.Namespace) -> dict[str, Any]:
    source = lab.source("cppa_slack")

    made: list[SlackTwin] = []

    def make(world: World, _: TwinClock) -> SlackTwin:
        clock = TwinClock(start=world.until, multiple=options.clock)
        made.append(SlackTwin(world, clock=clock, size=options.size))
        return made[0]

    with lab.world(source, seed=options.seed, make=make) as (twin, urls):
        lab.environment |= USUAL
        limits = made[0].limits
        first = _run(lab, source.command)
        calls = Counter({method: len(times) for (_, method), times in limits.allowed.items()})
        ((team, busiest), times) = max(limits.allowed.items(), key=lambda item: len(item[1]))
        figures: dict[str, Any] = {
            "messages": options.size,
            "twin_seconds_in_one": options.clock,
            "first_run": first,
            "requests_by_twin": sum(urls.requests.values()),
            "requests_per_1000_messages": round(1000 * first["requests"] / options.size, 1),
            "calls": dict(calls.most_common()),
            "busiest": f"{busiest} of {team}",
            "share_of_the_allowed_rate": shares(times, METHODS[busiest][1]),
            "answered_429": limits.refused,
        }
        figures["second_run"] = _run(lab, source.command)
        wrong = [str(each) for each in differences_from_truth(twin.truth())]
        if options.changes:
            twin.mutate()
            lab.environment["SLACK_SWEEP_DAYS"] = "0"
            figures["run_after_changes"] = _run(lab, source.command)
            wrong += [f"after changes: {each}" for each in differences_from_truth(twin.truth())]
    return {
        **figures,
        "aims": AIMS,
        "differences": wrong[:SHOWN],
        "differences_total": len(wrong),
    }


def shares(times: list[float], allowed: int) -> dict[str, float]:
    """Calls a minute to those that the tier allows: of all minutes the middle one, the most, all of them."""
    whole = (len(times) - 1) * MINUTE / max(times[-1] - times[0], MINUTE) / allowed
    minutes = [
        bisect_left(times, start + MINUTE) - place
        for place, start in enumerate(times)
        if start + MINUTE <= times[-1]
    ]
    return {
        "usual_minute": round(median(minutes) / allowed, 3) if minutes else 0.0,
        "busiest_minute": round(max(minutes) / allowed, 3) if minutes else 0.0,
        "from_the_first_to_the_last": round(whole, 3),
    }


def _run(lab: Laboratory, command: str) -> dict[str, Any]:
    """A run as cron starts it: what the ledger, the system and the server say of it."""
    written = lab.rows_written()
    found: list[dict[str, Any]] = []
    statements = lab.statements(lambda: found.append(backfill(lab, command)))
    run = Run.objects.latest("pk")
    return {
        **found[0],
        "requests": run.requests,
        "seconds_waited": round(run.seconds_waited, 1),
        "statements": len(statements),
        "rows_written": lab.rows_written() - written,
    }
