"""Check Python, git, database, disk, settings, and each source's reachability and credentials."""

import datetime as dt
import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string

from core import registry
from core.budget.holds import holds, lift_holds
from core.conf import AppSettings
from core.errors import ConfigurationError, ResourceExhausted, classify_failure, exit_code
from core.operations.file_ops import make_private
from core.postgres import require_migrated
from core.programs import program_environment
from core.terminal import printable

FREE_BYTES_WANTED = 2 * 1024**3


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--lift-holds",
            action="store_true",
            help="forget what sources said about waiting, so that the next run asks them again",
        )

    def handle(self, *_args: Any, lift_holds: bool = False, **_options: Any) -> None:
        checks: list[tuple[str, Callable[[], str]]] = [
            ("Python", _python),
            ("git", _git),
            ("disk", _disk),
            ("database", _database),
            ("migrations", _migrations),
            ("holds", _lifted if lift_holds else _holds),
        ]
        for tracker in registry.trackers():
            if tracker.settings:
                checks.append((f"settings of {tracker.app}", _settings(tracker.settings)))
            if tracker.source_check:
                checks.append((f"source of {tracker.app}", registry.load_source_check(tracker.source_check)))
        codes = [self._check(name, check) for name, check in checks]
        if failed := [code for code in codes if code]:
            self.stderr.write(f"{len(failed)} of {len(codes)} checks failed")
            sys.exit(failed[0])
        self.stdout.write(f"all {len(codes)} checks passed")

    def _check(self, name: str, check: Callable[[], str]) -> int:
        try:
            self.stdout.write(f"ok    {name}: {printable(check())}")
        except Exception as error:  # noqa: BLE001 - one failed check must not hide the others
            category = classify_failure(error)
            self.stdout.write(f"FAIL  {name}: {category}: {printable(str(error))}")
            return exit_code(category)
        return 0


def _python() -> str:
    return sys.version.split()[0]


def _git() -> str:
    if shutil.which("git") is None:
        raise ConfigurationError("git is not on PATH", remedy="install it with the system's package manager")
    done = subprocess.run(
        ["git", "--version"], env=program_environment(), check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def _disk() -> str:
    workspace = Path(settings.WORKSPACE_DIR)
    try:
        make_private(workspace)
    except OSError as error:
        raise ConfigurationError(
            f"WORKSPACE_DIR {workspace} cannot be made: {error.strerror}", remedy="name a folder of your own"
        ) from error
    free = shutil.disk_usage(workspace).free
    if free < FREE_BYTES_WANTED:
        raise ResourceExhausted(
            f"{workspace} has {free // 1024**2} MiB free, less than {FREE_BYTES_WANTED // 1024**2}",
            remedy="free some, or set WORKSPACE_DIR to another disk",
        )
    return f"{free // 1024**3} GiB free in {workspace}"


def _database() -> str:
    connection.ensure_connection()
    major, minor = divmod(connection.pg_version, 10_000)
    where = (
        "embedded"
        if connection.settings_dict.get("EMBEDDED_IN")
        else connection.settings_dict["HOST"] or "server"
    )
    return f"PostgreSQL {major}.{minor}, {where}"


def _migrations() -> str:
    require_migrated()
    return "all applied"


def _holds() -> str:
    """List who may not call now, which is no fault: runs that need them end with 75 until then."""
    now = timezone.now()
    shown = [
        f"{hold.bucket} ({hold.credential[:8]}) for {_minutes(hold.until - now)} min: {hold.why}"
        for hold in holds()
    ]
    return "; ".join([*shown, "--lift-holds forgets them"]) if shown else "none, every source may be asked"


def _minutes(time: dt.timedelta) -> int:
    return math.ceil(time.total_seconds() / 60)


def _lifted() -> str:
    return f"{lift_holds()} lifted"


def _settings(path: str) -> Callable[[], str]:
    def check() -> str:
        chosen: type[AppSettings] = import_string(path)
        chosen.load()
        return "all can be read"

    return check
