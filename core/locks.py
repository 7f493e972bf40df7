"""One writer per scope: PostgreSQL advisory locks on a connection of their own, so they work across machines.

The connection is direct (DATABASE_LOCK_URL behind a transaction pooler), because a session lock lives and
dies with its session. That is also how a dead process is told from a slow one: its locks are gone.
"""

import hashlib
from types import TracebackType
from typing import Self

import psycopg

from core.errors import AlreadyRunning
from core.postgres import direct_connection


def lock_key(name: str) -> int:
    """The 64-bit key of a named advisory lock."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


class Locks:
    """The locks of one process. `holder` is what others are told, e.g. `run 12 on host (pid 3)`."""

    def __init__(self, holder: str) -> None:
        # PostgreSQL cuts an application name at 63 bytes; the run's id comes first.
        self._connection: psycopg.Connection[tuple[object, ...]] = direct_connection(
            autocommit=True, application_name=holder[:63]
        )

    def try_acquire(self, name: str) -> bool:
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", [lock_key(name)]).fetchone()
        return row is not None and row[0] is True

    def acquire(self, name: str) -> None:
        """Take a lock or raise AlreadyRunning, which says who holds it and since when. Never waits."""
        if not self.try_acquire(name):
            raise AlreadyRunning(
                f"{name} is being collected by {self._held_by(name)}",
                item=name,
                remedy="wait for it to end, or stop that process; both would write the same rows",
            )

    def release(self, name: str) -> None:
        self._connection.execute("SELECT pg_advisory_unlock(%s)", [lock_key(name)])

    def close(self) -> None:
        """Release everything."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _held_by(self, name: str) -> str:
        key = lock_key(name) & (2**64 - 1)
        row = self._connection.execute(
            "SELECT application_name, backend_start FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = %s AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [key >> 32, key & (2**32 - 1)],
        ).fetchone()
        if row is None:
            return "a run that has just ended"
        return f"{row[0]} since {row[1]:%Y-%m-%d %H:%M:%S %Z}"
