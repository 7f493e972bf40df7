"""`manage.py migrate`: Django's, by one process at a time."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connection

from core.locks import DATABASE_IN_USE, Locks, this_process

PATIENCE_SECONDS = 60.0


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Raises AlreadyRunning when another one works for more than a minute, or `restore` does."""
        if options["check_unapplied"] or options["plan"]:  # they only read
            super().handle(*args, **options)
            return
        connection.ensure_connection()  # says in Django's words what is wrong
        with Locks(this_process("migrate")) as locks:
            locks.acquire(DATABASE_IN_USE, shared=True, held="is being replaced by")
            locks.wait("migrate", seconds=PATIENCE_SECONDS, held="is being run by")
            super().handle(*args, **options)
