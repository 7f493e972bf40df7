"""The embedded server, shared by processes: started by the first that connects, stopped by the last to leave.

Every process that uses it holds a shared lock (flock) on `users.lock`. The kernel drops the lock of a
process however it dies, so there is no list of pids to prune and none to mistake for a later process's.
Who leaves tries for the lock alone; who gets it was the last, and stops the server. A server whose last
user was killed is found running by the next one, and stopped by that.
"""

import atexit
import fcntl
import functools
import os
import pwd
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import AlreadyRunning, ConfigurationError
from core.postgres import DATABASE
from core.postgres.cluster import Cluster, private, said_when_slow, try_lock

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

SUPERUSER = "postgres"
TIDY_EVERY_SECONDS = 86_400


class EmbeddedServer:
    """The cluster in `home`, shared by all processes that call `socket_directory`, stopped by the last."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.cluster = Cluster(home / "data")
        self._users: int | None = None
        self._has_database = False
        self._mutex = threading.Lock()
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.leave)

    def socket_directory(self) -> str:
        """Make this process a user of the server, which is started if needed."""
        with self._mutex:
            if self._users is None:
                users = self._open_users()
                with said_when_slow(f"Waiting for the PostgreSQL in {self.home} to stop, to start it again"):
                    fcntl.flock(users, fcntl.LOCK_SH)
                self._users = users
            directory = self.cluster.start()
            if not self._has_database:
                create_database(directory)
                self._has_database = True
            return directory

    @contextmanager
    def nobody_else(self) -> Generator[None]:
        """Keep all users away, this process included. Raises AlreadyRunning when there are others."""
        self.leave()
        descriptor = self._open_users()
        try:
            if not try_lock(descriptor):
                raise AlreadyRunning("The database is in use.", item=str(self.home))
            yield
        finally:
            os.close(descriptor)

    def _open_users(self) -> int:
        try:
            # Root keeps the folder, and lets the account that runs the server through.
            self.home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            if (owner := self.home.stat().st_uid) != os.geteuid():
                raise ConfigurationError(
                    f"It belongs to another user, {_user_name(owner)}.",
                    item=str(self.home),
                    remedy="run this as that user, or set WORKSPACE_DIR or DATABASE_URL",
                )
            return private(self.home / "users.lock")
        except OSError as error:
            raise ConfigurationError(
                f"The embedded database cannot be kept there: {error.strerror}.",
                item=str(self.home),
                remedy="set WORKSPACE_DIR to a folder of this user, or DATABASE_URL to a PostgreSQL server",
            ) from error

    def leave(self) -> None:
        """Stop the server unless another process uses it."""
        with self._mutex:
            if self._users is None:
                return
            try:
                self._tidy_now_and_then()
            finally:
                try:
                    # Trying gives up the shared lock, so the last of several to try finds none in its way. A
                    # folder that was moved has taken its server along, for the next user to stop; what
                    # stands in its place now has users of its own.
                    if try_lock(self._users) and self._is_where_it_was(self._users):
                        self.cluster.stop()
                finally:
                    os.close(self._users)
                    self._users = None

    def _is_where_it_was(self, users: int) -> bool:
        try:
            return os.path.samestat(os.fstat(users), (self.home / "users.lock").stat())
        except FileNotFoundError:
            return False

    def _tidy_now_and_then(self) -> None:
        """VACUUM and ANALYZE once a day: a server that lives for seconds does not get round to it itself.

        Before the last one leaves, so that nobody who comes meanwhile has to wait.
        """
        mark = self.home / "vacuumed"
        try:
            is_new = not mark.exists()
            if not is_new and 0 <= time.time() - mark.stat().st_mtime < TIDY_EVERY_SECONDS:
                return
            mark.touch(mode=0o600)
        except OSError:  # the folder was moved, or the disk fails: what follows says so
            return
        if not is_new and (directory := self.cluster.listening()):
            with said_when_slow(f"Tidying the PostgreSQL in {self.home}, as once a day"):
                vacuum(directory)

    def _forget(self) -> None:
        """A forked child shares the parent's lock; it must neither keep nor drop it."""
        self._mutex = threading.Lock()
        if self._users is not None:
            os.close(self._users)
            self._users = None


@functools.cache
def embedded_server(home: Path) -> EmbeddedServer:
    return EmbeddedServer(home)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def address(directory: str) -> dict[str, Any]:
    """libpq's parameters, save the database. No PG* variable of the user's decides any of the others.

    They leave this process's environment, because nothing else is complete: for what is not said libpq asks
    a variable, and to say all is no way out. An empty `service`, for one, is looked for under that name, and
    the next libpq knows more variables than this one.
    """
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    return {"host": directory, "port": 5432, "user": SUPERUSER}


def is_server_of(home: Path, cursor: "CursorWrapper") -> bool:
    """Tell whether the embedded server of `home` answers: by its folder, and the number of its initdb.

    A role that may not know where the data are is none of the embedded server.
    """
    data = home / "data"
    cursor.execute("SELECT pg_has_role('pg_read_all_settings', 'member')")
    if cursor.fetchone() != (True,):
        return False
    cursor.execute("SELECT current_setting('data_directory'), system_identifier FROM pg_control_system()")
    folder, number = cursor.fetchone() or ("", 0)
    try:
        with (data / "global" / "pg_control").open("rb") as control:
            own = int.from_bytes(control.read(8), sys.byteorder, signed=True)
        return number == own and data.samefile(folder)
    except OSError:  # not on this machine, or not for this user
        return False


def vacuum(directory: str) -> None:
    """Vacuum and analyze the project's database with its catalogs; a failure is reported and does no harm."""
    import psycopg  # noqa: PLC0415 - as below

    try:
        with psycopg.connect(**address(directory), dbname=DATABASE, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE, SKIP_LOCKED)")
    except psycopg.Error as error:
        sys.stderr.write(f"The database was not tidied: {error}\n")


def create_database(directory: str) -> None:
    """Create the project's database unless it exists; safe to call at once from several processes."""
    import psycopg  # noqa: PLC0415 - settings import this package, and --help shall not pay for a driver
    from psycopg import sql  # noqa: PLC0415 - as above

    with psycopg.connect(**address(directory), dbname="postgres", autocommit=True) as connection:
        with said_when_slow("Waiting for another process, which creates the database"):
            connection.execute("SELECT pg_advisory_lock(1)")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
