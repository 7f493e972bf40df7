"""One PostgreSQL data directory and its server, from the wheel's programs, reached by a Unix socket only.

A kernel lock (flock) on the file beside the directory says whether a server lives: the server holds it,
inherited from who launched it by every process it forks, however it dies. Nobody has to believe a pid.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import (
    AlreadyRunning,
    CollectorError,
    ConfigurationError,
    DatabaseFailed,
    ResourceExhausted,
)
from core.postgres import binaries
from core.postgres.account import Account, server_account
from core.postgres.folders import (
    SOCKET_NAME,
    make_socket_directory,
    remove_socket_directory,
    remove_unused_cluster,
    socket_directory,
    works_in,
)

POLL_SECONDS = 0.01
LOG_LINES = 8
FULL_BYTES = 1 << 20
SAY_AFTER_SECONDS = 3.0


@contextmanager
def said_when_slow(what: str) -> Generator[None]:
    """Print `what` on stderr, once, when the block lasts longer than a user takes for granted."""
    timer = threading.Timer(SAY_AFTER_SECONDS, sys.stderr.write, [f"{what}\n"])
    timer.daemon = True
    with suppress(RuntimeError):  # Python 3.12 starts no thread while the interpreter ends
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def private(path: str | Path, flags: int = os.O_RDWR | os.O_CREAT) -> int:
    """Open a file so that, if this creates it, only its owner can read it."""
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


@contextmanager
def lock_file(path: Path) -> Generator[int]:
    descriptor = private(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Cluster:
    """One data directory and the server over it, run from the wheel's binaries of version `major`."""

    def __init__(self, data: Path, *, major: int = binaries.MAJOR, durable: bool = True) -> None:
        self.data = data
        self.major = major
        self.durable = durable
        self.lock = data.with_name(f"{data.name}.lock")
        self.log = data.with_name(f"{data.name}.log")
        # A complete successor, of which an upgrade was killed before it could rename it.
        self.upgraded = data.with_name(f"{data.name}.upgraded")
        self._child: int | None = None

    def start(self) -> str:
        """Start the server unless it runs; return its socket directory once it accepts connections.

        There is no limit on the wait: recovery after a crash takes the time it takes, and a server that
        dies meanwhile is noticed by its lock.
        """
        if directory := self.listening():
            return directory
        launched = False
        with said_when_slow(f"Waiting for PostgreSQL in {self.data} (see {self.log})"):
            while True:
                with lock_file(self.lock) as lock:
                    if try_lock(lock):
                        if launched:
                            log = self.log.read_text(errors="replace")
                            raise self._failure("PostgreSQL stopped while starting", log)
                        try:
                            self._launch(lock)
                        except OSError as error:
                            raise self._failure("PostgreSQL cannot be started", str(error)) from error
                        launched = True
                if directory := self.listening():
                    return directory
                # PostgreSQL announces readiness only in this file, so it can only be polled.
                time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop the server if it runs, and return when its last process is gone."""
        with lock_file(self.lock) as lock, said_when_slow(f"Waiting for PostgreSQL in {self.data} to stop"):
            while not try_lock(lock):
                pid = self._recorded_pid()
                if pid and works_in(pid, self.data) is not False:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGINT)  # "fast": ends sessions, writes a checkpoint
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    self._reap()
                    remove_socket_directory(self.data, server_account(self.data, []))
                    return
                time.sleep(POLL_SECONDS)  # it was launched a moment ago and has not said its pid yet
            self._reap()

    def _reap(self, *, ended: bool = True) -> None:
        """Note the end of a server that this process launched.

        One that has not `ended` for sure may live on in a folder that was moved, and is not waited for.
        """
        if self._child is not None:
            with suppress(ChildProcessError):  # this is a fork of the process that launched it
                os.waitpid(self._child, 0 if ended else os.WNOHANG)
            self._child = None

    def _recorded(self, line: int) -> str | None:
        """Line of postmaster.pid: 0 process id, 1 data directory, 7 status.

        It decides nothing alone: the file outlives a server that is killed, and is copied with its folder.
        """
        with suppress(FileNotFoundError):
            lines = (self.data / "postmaster.pid").read_text(errors="replace").splitlines()
            if len(lines) > line:
                return lines[line].strip()
        return None

    def _recorded_pid(self) -> int | None:
        with suppress(ValueError):
            return abs(int(self._recorded(0) or 0)) or None  # below zero in PostgreSQL's single-user mode
        return None

    def listening(self) -> str | None:
        """Return the socket directory, if this data's server accepts connections there."""
        if self._recorded(7) != "ready":
            return None
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                directory = socket_directory(self.data)
                probe.connect(str(directory / SOCKET_NAME))
            except (FileNotFoundError, ConnectionRefusedError):
                return None
        return str(directory)

    def _launch(self, lock: int) -> None:
        """Start the server in a session of its own, so that Ctrl-C in a terminal does not reach it."""
        self._reap(ended=False)
        self._check_version()
        account = server_account(self.data, [self.data, Path(binaries.tool("postgres", self.major))])
        if not self.data.exists():
            self._initialise(lock, account)
        self._remove_stale_pid_file()
        directory = make_socket_directory(self.data, account)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        command = [binaries.tool("postgres", self.major), "-D", str(self.data), "-k", str(directory)]
        with open(self.log, "wb", opener=private) as log:
            server = subprocess.Popen(
                command + ([] if self.durable else ["-F"]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock],
                start_new_session=True,
                umask=0o077,
                cwd="/",
                env=binaries.ENVIRONMENT,
                **account.popen_arguments(),
            )
        self._child = server.pid
        server.returncode = 0  # Popen must not complain when this process ends before the server

    def _remove_stale_pid_file(self) -> None:
        """Remove postmaster.pid when its server is gone: PostgreSQL believes a pid that is another's now.

        The lock proves that no server of this program lives. One that somebody started by hand would end
        without its file: AlreadyRunning.
        """
        pid = self._recorded_pid()
        lives = works_in(pid, self.data) if pid else False
        if lives:
            raise AlreadyRunning(
                f"A PostgreSQL that was started by hand (process {pid}) uses this data.",
                item=str(self.data),
                remedy=f"end it: kill -INT {pid}",
            )
        recorded = Path(self._recorded(1) or self.data)
        # What cannot be told here is left to PostgreSQL, unless the file came with a copy of the folder.
        if lives is False or (recorded.exists() and not recorded.samefile(self.data)):
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _initialise(self, lock: int, account: Account) -> None:
        """Run initdb beside the data directory and rename, so that half a cluster is never seen."""
        unfinished = self.data.with_name(f"{self.data.name}.unfinished")
        remove_unused_cluster(unfinished, account)
        unfinished.mkdir(mode=0o700)
        account.give(unfinished)
        command = [
            binaries.tool("initdb", self.major),
            "-D",
            str(unfinished),
            *binaries.initdb_options(self.major),
        ]
        done = subprocess.run(
            command + ([] if self.durable else ["--no-sync"]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            pass_fds=[lock],
            umask=0o077,
            cwd="/",
            env=binaries.ENVIRONMENT,
            **account.popen_arguments(),
        )
        if done.returncode:
            remove_unused_cluster(unfinished, account)
            raise self._failure("initdb failed", done.stdout)
        unfinished.rename(self.data)

    def version(self) -> int | None:
        """Return the major version that wrote the data directory, if there is one."""
        if not self.data.exists() and self.upgraded.exists():
            self.upgraded.rename(self.data)
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def _check_version(self) -> None:
        if (found := self.version()) not in (None, self.major):
            raise ConfigurationError(
                f"It was written by PostgreSQL {found}, this is {self.major}.",
                item=str(self.data),
                remedy="run: uv run manage.py upgrade_database",
            )

    def _failure(self, what: str, output: str) -> CollectorError:
        message = "\n".join([f"{what}:", *output.splitlines()[-LOG_LINES:]])
        # On a full disk the log, too, may have remained empty.
        if "No space left on device" in output or shutil.disk_usage(self.data.parent).free < FULL_BYTES:
            return ResourceExhausted(message, item=str(self.data), remedy="free space on that file system")
        return DatabaseFailed(message, item=str(self.data))
