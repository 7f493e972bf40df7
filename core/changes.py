"""Changed rows, found by the number of the transaction that changed them, never by a clock.

Every row that others follow has a `changed_in`: the number of the change that wrote it last, which is its
transaction's. A consumer takes `mark()` before it reads, and asks the next time for rows whose number is not
below that mark. A row may come twice; one that was committed late is never skipped.
"""

from django.db import connection
from django.db.models import BigIntegerField, Func

__all__ = ["Change", "follow_server", "mark"]


class Change(Func):
    """The number of the change that is being made, for `changed_in`; the same for a whole transaction."""

    function = "core_change"
    arity = 0
    allowed_default = True

    def __init__(self) -> None:
        super().__init__(output_field=BigIntegerField())


def mark() -> int:
    """Return the mark of this moment: all changes below it can be seen by whatever is read from now on.

    A transaction that is still writing, of any database of the server, holds it back.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + shift FROM core_change_origin"
        )
        ((number,),) = cursor.fetchall()
    return number


def follow_server() -> None:
    """Let the numbers go on above all earlier ones when the database has come to another server.

    Each server counts its transactions from anew. To be called before anything is written.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW_SERVER)


# No server makes so many transactions: 500 a second for a thousand years.
_FOLLOW_SERVER = """
    UPDATE core_change_origin AS origin
    SET shift = shift + (1::bigint << 44), system_identifier = server.system_identifier
    FROM pg_control_system() AS server
    WHERE origin.system_identifier <> server.system_identifier
"""
