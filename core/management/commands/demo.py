"""Run every collector against local stand-ins of its source, in a workspace of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from rich.console import Console
from rich.table import Table

from core import registry
from core.models import Run
from core.postgres.server import is_server_of
from core.programs import program_environment
from core.terminal import console_for
from core.twins import World, serve

DEMO = "demo"  # folder of the demo's workspace inside the user's
OF_THE_LAST_DEMO = ("blobs", "exports", "git")
STARTED_IN = "BOOST_TRACKERS_DEMO"  # set by the demo itself: it empties its database, so nothing else may
OF_PYTHON_AND_TERMINAL = (
    *("DJANGO_SETTINGS_MODULE", "PYTHONPATH", "PYTHONUTF8", "VIRTUAL_ENV"),
    *("COLORTERM", "COLUMNS", "FORCE_COLOR", "NO_COLOR"),
)
MARK = "made-by-demo"  # a file in a workspace that the demo made, so that all in it may go


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", type=int, default=1000, metavar="N", help="items per source, about")

    def handle(self, *_args: Any, **options: Any) -> None:
        workspace = Path(settings.WORKSPACE_DIR)
        if os.environ.get(STARTED_IN) != str(workspace):
            _start_again_in(workspace / DEMO)
        _claim(workspace)
        console = console_for(self.stdout)
        console.print(f"database: starting PostgreSQL in {workspace}")
        _require_own_database(workspace)
        call_command("migrate", verbosity=0)
        call_command("flush", interactive=False, verbosity=0)
        for folder in OF_THE_LAST_DEMO:
            shutil.rmtree(workspace / folder, ignore_errors=True)
        world = World()
        shown = [each for _, each in registry.scheduled() if each.twin or each.kind == "derived"]
        twins = {each.twin: registry.load_twin(each.twin) for each in shown if each.twin}
        with serve([twin(world, size=options["size"]) for twin in twins.values()]) as served:
            for name, url in served.items():
                console.print(f"stand-in of {name}: {url}")
            codes = [
                _run(console, each.command, served.environment(twins[each.twin].name) if each.twin else {})
                for each in shown
            ]
        _show(console)
        _where_next(console, workspace)
        if any(codes):
            sys.exit(max(codes))


def _start_again_in(workspace: Path) -> None:
    """Run the demo in its own workspace and embedded database, whatever the user has set.

    No other setting comes along, neither from the environment nor from .env: a run publishes to where they
    say, with the user's token.
    """
    environment = program_environment(*OF_PYTHON_AND_TERMINAL) | {
        STARTED_IN: str(workspace),
        "ENV_FILE": "",
        "WORKSPACE_DIR": str(workspace),
    }
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.argv], environment)  # noqa: S606 - this very program


def _claim(workspace: Path) -> None:
    """Make the demo's workspace, or find it made by an earlier demo. A folder of the user's is refused."""
    if (workspace / MARK).is_file():
        return
    workspace.mkdir(parents=True, exist_ok=True)
    if any(workspace.iterdir()):
        raise CommandError(
            f"{workspace} was not made by this demo, which empties it. Move it away, or set WORKSPACE_DIR."
        )
    (workspace / MARK).touch()


def _require_own_database(workspace: Path) -> None:
    """Ask the server itself which database is about to be emptied; believe no setting and no variable."""
    with connection.cursor() as cursor:
        if not is_server_of(workspace / "postgres", cursor):
            raise CommandError(f"The database is not the one in {workspace}; nothing was changed.")


def _show(console: Console) -> None:
    """Print what each collector did."""
    table = Table(title="demo")
    table.add_column("collector")
    for heading in ("items", "requests", "seconds"):
        table.add_column(heading, justify="right")
    table.add_column("result")
    for _, declared in registry.scheduled():
        _add_row(table, registry.load_collector(declared.collector).name, declared.coverage)
    console.print(table)


def _run(console: Console, command: str, environment: dict[str, str]) -> int:
    """Run a command as cron would; trackers of one source each have a stand-in of their own."""
    console.print(f"running {command}")
    ended = subprocess.run([sys.executable, sys.argv[0], command], env=os.environ | environment, check=False)
    return ended.returncode


def _add_row(table: Table, name: str, coverage: str | None) -> None:
    run = Run.objects.filter(collector=name).order_by("-started_at").first()
    if run is None or run.ended_at is None:
        table.add_row(name, "-", "-", "-", "did not run")
        return
    items = sum(scope.stored for scope in registry.load(coverage).scopes()) if coverage else 0
    seconds = (run.ended_at - run.started_at).total_seconds()
    table.add_row(name, f"{items:,}", f"{run.requests:,}", f"{seconds:.1f}", run.status)


def _where_next(console: Console, workspace: Path) -> None:
    shown = os.path.relpath(workspace)
    steps = {
        f"WORKSPACE_DIR={shown} uv run manage.py collectors": "what is stored, what is missing",
        "uv run manage.py doctor": "what a real run needs",
        "uv run manage.py migrate": "then any of the commands above collects from the real source",
        "CONTRIBUTING.md": "how to add a tracker",
    }
    width = max(map(len, steps))
    console.print("where to look next:")
    for step, purpose in steps.items():
        console.print(f"  {step:{width}}  {purpose}", soft_wrap=True)
