"""A workspace and a database to throw away, and commands run in them as a user would."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from core.registry import Tracker
    from core.twins import Served, Twin, TwinClock, World

    MakeTwin = Callable[[World, TwinClock], Twin]

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
LONGEST = 600.0  # seconds that one command may take
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"  # with it every start compiles all that it imports
STATUS = 7  # line of postmaster.pid
KEPT = {"postgres", "bytecode"}
TWIN_CLOCK = 1000.0  # twin seconds per real one: waits for limits are over at once


@dataclass(frozen=True, slots=True)
class Source:
    """A registered collector with what belongs to it. `twin` is None for some that are derived."""

    command: str
    collector: str
    kind: str
    tracker: "Tracker"
    twin: "type[Twin] | None"

    def twin_of_size(self, size: int) -> "MakeTwin":
        twin = self.twin
        if twin is None:
            raise SystemExit(f"{self.collector} has no twin")
        return lambda world, clock: twin(world, clock=clock, size=size)


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ran to its end."""

    seconds: float
    code: int
    output: str


@dataclass(slots=True)
class Laboratory:
    workspace: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])
    _ports: dict[str, int] = field(default_factory=dict[str, int])
    _killed: int | None = None

    @property
    def _log(self) -> Path:
        return self.workspace / "command.log"

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """`manage.py ...` as a process of its own; its pid is the collector's."""
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, str(MANAGE), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.workspace,  # the user's .env is not read
                env={name: value for name, value in os.environ.items() if name != NO_BYTECODE}
                | {"PYTHONPYCACHEPREFIX": str(self.workspace / "bytecode")}
                | self.environment,
            )

    @contextlib.contextmanager
    def world(
        self,
        source: Source,
        *,
        size: int = 0,
        seed: int = 1,
        make: "MakeTwin | None" = None,
    ) -> Generator[tuple["Twin", "Served"]]:
        """The world as it is in the beginning, always behind the same URL, and an empty database.

        `make` makes another twin than the source's own of that size.
        """
        with self.worlds([make or source.twin_of_size(size)], seed=seed) as ([twin], served):
            yield twin, served

    @contextlib.contextmanager
    def worlds(
        self, makers: "Sequence[MakeTwin]", *, seed: int = 1
    ) -> Generator[tuple[list["Twin"], "Served"]]:
        """Set up several twins of one world, as `world` sets up one."""
        from django.core.management import call_command  # noqa: PLC0415 - needs Django, set up by laboratory()

        from core.twins import TwinClock, World, serve  # noqa: PLC0415 - as above

        call_command("migrate", verbosity=0)
        call_command("flush", interactive=False, verbosity=0)
        for path in self.workspace.iterdir():
            if path.is_dir() and path.name not in KEPT:
                shutil.rmtree(path)
        world = World(seed)
        clock = TwinClock(start=world.until, multiple=TWIN_CLOCK)
        twins = [make(world, clock) for make in makers]
        with serve(twins, ports=self._ports) as served:
            for twin in twins:
                self._ports[twin.name] = int(served[twin.name].rpartition(":")[2])
            self.environment |= served.environment()
            yield twins, served

    def run(self, *arguments: str) -> Ended:
        """Raise TimeoutExpired for a command that does not end; it is killed."""
        began = time.perf_counter()
        process = self.start(*arguments)
        try:
            code = process.wait(timeout=LONGEST)
        except BaseException:
            process.kill()
            process.wait()
            raise
        return Ended(time.perf_counter() - began, code, self.output())

    def statements(self, work: Callable[[], object]) -> list[str]:
        """The first word of all that `work` and its commands ask the database, from the server's log."""
        from django.db import connection  # noqa: PLC0415 - as above

        log = self.workspace / "postgres/data.log"
        with connection.cursor() as cursor:
            cursor.execute("SET log_statement = 'all'")
            self.environment["PGOPTIONS"] = "-c log_statement=all"
            already = log.stat().st_size
            work()
            told = log.read_bytes()[already:].decode()
            del self.environment["PGOPTIONS"]
            cursor.execute("RESET log_statement")
        return re.findall(r"LOG:  (?:statement|execute [^:]*): (\w+)", told)

    def rows_written(self) -> int:
        """Rows inserted, updated and deleted so far, by the server's own count, runs and budgets left out."""
        from django.db import connection  # noqa: PLC0415 - as above

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables"
                " WHERE relname NOT IN ('core_run', 'core_call_budget')"
            )
            ((number,),) = cursor.fetchall()
            return int(number)

    def output(self) -> str:
        """Return what the last command said."""
        return self._log.read_text(errors="replace")

    def source(self, name: str) -> Source:
        """Find a collector by its name or its command's. Raises SystemExit that lists the known ones."""
        known = self.sources()
        for source in known:
            if name in {source.command, source.collector}:
                return source
        raise SystemExit(f"no collector {name!r}; there are: {', '.join(s.collector for s in known)}")

    def sources(self) -> list[Source]:
        """All scheduled collectors, in the order in which they run."""
        from core import registry  # noqa: PLC0415 - as above

        return [
            Source(
                each.command,
                registry.load_collector(each.collector).name,
                each.kind,
                tracker,
                registry.load_twin(each.twin) if each.twin else None,
            )
            for tracker, each in registry.scheduled()
        ]

    def database_is_up(self) -> bool:
        """Tell whether the server accepts connections, without starting it."""
        recorded = self._postmaster()
        return (
            len(recorded) > STATUS
            and recorded[STATUS].strip() == "ready"
            and int(recorded[0]) != self._killed
        )

    def kill_database(self) -> None:
        """SIGKILL to the server's first process, when there is one; the others end with it."""
        if recorded := self._postmaster():
            self._killed = int(recorded[0])
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._killed, signal.SIGKILL)

    def _postmaster(self) -> list[str]:
        """Return what the server wrote about itself: its process id first. It is there after a kill, too."""
        with contextlib.suppress(FileNotFoundError):
            return (self.workspace / "postgres/data/postmaster.pid").read_text().split("\n")
        return []


@contextlib.contextmanager
def laboratory() -> Generator[Laboratory]:
    """Django over a database of its own. It starts with the first query and is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        workspace = Path(folder)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "WORKSPACE_DIR": folder,
            "DATABASE_URL": "",
            "DATABASE_LOCK_URL": "",
        }
        home = Path.cwd()
        os.chdir(workspace)
        try:
            django.setup()
            yield Laboratory(workspace)
        finally:
            os.chdir(home)
            stop_database(workspace)


def stop_database(workspace: Path) -> None:
    """Leave the database; it stops, as nobody else uses it."""
    from django.db import connections  # noqa: PLC0415 - as above

    from core.postgres.server import embedded_server  # noqa: PLC0415 - as above

    connections.close_all()
    embedded_server(workspace / "postgres").leave()
