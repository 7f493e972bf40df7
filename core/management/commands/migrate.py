"""`manage.py migrate`: Django's, by one process at a time."""

from typing import Any

from django.core.management.commands import migrate
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from core.errors import AlreadyRunning
from core.locks import DATABASE_IN_USE, Locks, this_process

PATIENCE_SECONDS = 60.0


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Raise AlreadyRunning when another one works for more than a minute, or `restore` does, or somebody
        holds a table that is to be changed.
        """
        if options["check_unapplied"] or options["plan"]:  # they only read
            super().handle(*args, **options)
            return
        connection.ensure_connection()  # says in Django's words what is wrong
        with Locks(this_process("migrate")) as locks:
            locks.acquire(DATABASE_IN_USE, shared=True, held="is being replaced by")
            locks.wait("migrate", seconds=PATIENCE_SECONDS, held="is being run by")
            _set_lock_timeout(f"{PATIENCE_SECONDS * 1000:.0f}ms")
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                raise AlreadyRunning(
                    f"somebody has held a table that is to be changed for more than {PATIENCE_SECONDS:.0f} s",
                    remedy="let runs and sessions end (a stopped one: kill -CONT), then migrate again",
                ) from error
            finally:
                if connection.connection is not None and connection.is_usable():
                    _set_lock_timeout("0")


def _set_lock_timeout(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [text])
