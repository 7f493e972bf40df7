"""Transactions that end in another order than they began, and marks that other tests do not hold back."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from django.db import connection, transaction

PATIENCE = 60  # seconds


def quiet_mark() -> int:
    """Return `core.changes.mark` where nobody else writes; not inside a transaction that goes on to write."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT core_change()")
        ((number,),) = cursor.fetchall()
    return number


@contextmanager
def committed_late(write: Callable[[], object]) -> Generator[None]:
    """Another connection writes before the block and commits behind it."""
    written, done = threading.Event(), threading.Event()

    def work() -> None:
        try:
            with transaction.atomic():
                write()
                written.set()
                done.wait(PATIENCE)
        finally:
            connection.close()

    other = threading.Thread(target=work)
    other.start()
    try:
        assert written.wait(PATIENCE)
        yield
    finally:
        done.set()
        other.join()
