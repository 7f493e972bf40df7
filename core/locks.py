"""One writer per scope: PostgreSQL advisory locks on a connection of their own, so they work across machines.

The connection is direct (DATABASE_LOCK_URL behind a transaction pooler), because a session lock lives and
dies with its session. That is also how a dead process is told from a slow one: its locks are gone.
"""

import os
import socket
from hashlib import sha256
from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg

from core.errors import AlreadyRunning, Superseded
from core.postgres import direct_connection
from core.postgres.cluster import said_when_slow

# Held shared by everything that writes, alone by what puts another database in its place.
DATABASE_IN_USE = "the database"

_TRY: dict[bool, LiteralString] = {
    False: "SELECT pg_try_advisory_lock(%s)",
    True: "SELECT pg_try_advisory_lock_shared(%s)",
}
_RELEASE: dict[bool, LiteralString] = {
    False: "SELECT pg_advisory_unlock(%s)",
    True: "SELECT pg_advisory_unlock_shared(%s)",
}


def lock_key(name: str) -> int:
    """Return the 64-bit key of a named advisory lock, the same in every process and release."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)


def this_process(what: str) -> str:
    """Return the description of this process that others are shown when it holds a lock."""
    return f"{what} pid {os.getpid()} on {socket.gethostname()}"


class Locks:
    """The locks of one process. `holder` is what others are told, e.g. `run 12 on host (pid 3)`.

    A connection that is lost is made again at the next use, and the locks are taken again if nobody took
    one meanwhile; otherwise Superseded.
    """

    def __init__(self, holder: str) -> None:
        # PostgreSQL cuts an application name at 63 bytes; the run's id comes first.
        self._holder = holder[:63]
        self._held: list[tuple[str, bool]] = []
        self._connection: psycopg.Connection[tuple[Any, ...]] = self._connect()

    def try_acquire(self, name: str, *, shared: bool = False) -> bool:
        """Take a lock if it is free, and tell whether it was. Never waits. Raises Superseded."""
        taken = self._ask(_TRY[shared], [lock_key(name)]) == [(True,)]
        if taken:
            self._held.append((name, shared))
        return taken

    def acquire(self, name: str, *, shared: bool = False, held: str = "is being collected by") -> None:
        """Take a lock or raise AlreadyRunning, which says who holds it and since when. Never waits."""
        if not self.try_acquire(name, shared=shared):
            raise AlreadyRunning(
                f"{name} {held} {self._held_by(name)}",
                item=name,
                remedy="wait for it to end, or stop that process; both would write the same rows",
            )

    def wait(self, name: str, *, seconds: float, held: str) -> None:
        """Take the lock as `acquire` does, after waiting for up to `seconds`, and say so."""
        if not self.try_acquire(name):
            with said_when_slow(f"Waiting: {name} {held} {self._held_by(name)}"):
                self._ask("SELECT set_config('lock_timeout', %s, false)", [f"{seconds * 1000:.0f}ms"])
                try:
                    self._ask("SELECT pg_advisory_lock(%s)", [lock_key(name)])
                    self._held.append((name, False))
                except psycopg.errors.LockNotAvailable:
                    self.acquire(name, held=held)

    def release(self, name: str, *, shared: bool = False) -> None:
        """Give back a lock that is held in this mode; ValueError when it is not."""
        self._held.remove((name, shared))
        self._ask(_RELEASE[shared], [lock_key(name)])

    def keep(self) -> None:
        """Notice now whether the connection was lost, and make it again."""
        self._ask("SELECT 1", [])

    def close(self) -> None:
        """Release everything."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return direct_connection(application_name=self._holder)

    def _ask(self, statement: LiteralString, parameters: list[Any]) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, parameters).fetchall()
        except psycopg.OperationalError:
            if not self._connection.closed:
                raise
        # A session's locks ended with it, so somebody else may have one of them by now: each is taken again
        # before anything else is done.
        self._connection = self._connect()
        for name, shared in self._held:
            if self._connection.execute(_TRY[shared], [lock_key(name)]).fetchall() != [(True,)]:
                taker = self._held_by(name)
                raise Superseded(
                    f"its connection to the database was lost, and {name} was taken by {taker}",
                    remedy="that one continues from the last saved page; nothing is lost",
                )
        return self._connection.execute(statement, parameters).fetchall()

    def _held_by(self, name: str) -> str:
        # pg_locks shows a 64-bit key as two unsigned halves; objsubid 1 says that it is one key, not two.
        key = lock_key(name) & (2**64 - 1)
        rows = self._ask(
            "SELECT application_name, backend_start FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = %s AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " ORDER BY backend_start",
            [key >> 32, key & (2**32 - 1)],
        )
        if not rows:
            return "a run that has just ended"
        return ", ".join(f"{holder} since {since:%Y-%m-%d %H:%M:%S %Z}" for holder, since in rows)
