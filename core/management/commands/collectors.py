"""List the collectors: last run, result, freshness, items, gaps and quarantined items."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.table import Table

from core.postgres import require_migrated
from core.status import CollectorStatus, ScopeStatus, ago, collectors
from core.terminal import console_for


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object, for machines")

    def handle(self, *_args: Any, **options: Any) -> None:
        require_migrated()
        found = collectors()
        if options["json"]:
            self.stdout.write(json.dumps({"collectors": [status.as_json() for status in found]}, indent=2))
            return
        console = console_for(self.stdout)
        console.print(_table(found))
        for status in found:
            console.print(f"{status.command}:")
            for line in _details(status):
                console.print(line, soft_wrap=True)


def _table(found: list[CollectorStatus]) -> Table:
    table = Table(title="collectors")
    for heading in ("command", "last run", "result", "complete as of"):
        table.add_column(heading, overflow="fold")
    for heading in ("items", "gaps", "quarantined"):
        table.add_column(heading, justify="right")
    for status in found:
        run = status.last_run
        table.add_row(
            status.command,
            ago(run.started_at) if run else "never",
            _result(status),
            ago(status.fresh_as_of),
            f"{sum(scope.stored for scope in status.scopes):,}",
            str(sum(len(scope.gaps) for scope in status.scopes)),
            str(sum(scope.quarantined for scope in status.scopes)),
        )
    return table


def _result(status: CollectorStatus) -> str:
    run = status.last_run
    if run is None:
        return "-"
    return f"{run.status}: {run.failure_category}" if run.failure_category else str(run.status)


def _details(status: CollectorStatus) -> list[str]:
    lines: list[str] = []
    for scope in status.scopes:
        lines.append(f"  {scope.scope}: {_numbers(scope)}")
        lines += [
            f"    gap in {part}: {stored:,} of {at_source:,}; to fetch again: uv run {scope.repair}"
            for part, (at_source, stored) in scope.gaps.items()
        ]
    if status.last_run:
        lines += [
            f"    {error['category']}: {error['item']} {error['message']}" for error in status.last_run.errors
        ]
    return lines


def _numbers(scope: ScopeStatus) -> str:
    if scope.unavailable and not scope.stored:
        return f"unavailable: {scope.unavailable}"
    at_source = "" if scope.at_source is None else f" of {scope.at_source:,} at the source"
    newest = "" if scope.newest is None else f", newest {scope.newest:%Y-%m-%d %H:%M} UTC"
    quarantined = f", {scope.quarantined} quarantined" if scope.quarantined else ""
    unavailable = f", unavailable: {scope.unavailable}" if scope.unavailable else ""
    return f"{scope.stored:,}{at_source}{newest}{quarantined}{unavailable}"
