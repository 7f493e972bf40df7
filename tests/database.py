"""The tests' database: migrated once in a run, copied for each process, emptied after a test that commits."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

# All processes of a run have this folder in common. Its name is random, and so are those of the databases.
FOLDER = Path(os.environ["WORKSPACE_DIR"])
PREFIX = f"test_{FOLDER.name.rpartition('-')[2]}_"
TEMPLATE = f"{PREFIX}template"
UNFINISHED = f"{PREFIX}unfinished"


def create(process: str) -> None:
    """Points Django at a database of this process alone, a copy of what the first process migrates."""
    with _one_at_a_time():
        if TEMPLATE not in _databases():
            if connection.settings_dict.get("EMBEDDED_IN"):  # a crash loses it anyway
                _execute("ALTER SYSTEM SET fsync = off")
                _execute("SELECT pg_reload_conf()")
            _execute(f"CREATE DATABASE {UNFINISHED}")
            _use(UNFINISHED)
            call_command("migrate", verbosity=0)
            _execute(f"ALTER DATABASE {UNFINISHED} RENAME TO {TEMPLATE}")
        _execute(f"CREATE DATABASE {PREFIX}{process} TEMPLATE {TEMPLATE}")
        _use(PREFIX + process)
    _statements()


def drop(process: str) -> None:
    """Drops the database of this process, and the last process the template. Embedded ones go with FOLDER."""
    if connection.settings_dict.get("EMBEDDED_IN"):
        return
    with _one_at_a_time():
        _execute(f"DROP DATABASE {PREFIX}{process} WITH (FORCE)")
        if _databases() == {TEMPLATE}:
            _execute(f"DROP DATABASE {TEMPLATE}")


def reset() -> None:
    """Deletes all rows but those that migrations wrote, whose number has to be what it was.

    Django's flush takes forty times as long: it truncates every table, which gives new files to it and to its
    indexes, and announces a migration. The lock waits, as that does, for what a killed client still writes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_statements())


@cache
def _statements() -> str:
    """SQL for a database that no test has used yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted(name for (name,) in cursor.fetchall())
        checks: list[str] = []
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - a table of ours
            ((number,),) = cursor.fetchall()
            checks.append(
                f"ASSERT {number} = (SELECT count(*) FROM {table}), 'a test changed {table}';"  # noqa: S608 - as above
                if number
                else f"IF EXISTS (SELECT FROM {table}) THEN DELETE FROM {table}; END IF;"  # noqa: S608 - as above
            )
    return f"""
        BEGIN;
        LOCK TABLE {", ".join(tables)} IN EXCLUSIVE MODE;
        DO $$ BEGIN {" ".join(checks)} END $$;
        COMMIT;
    """


def _use(name: str) -> None:
    """The next query goes to this database."""
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def _databases() -> set[str]:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        return {name for (name,) in cursor.fetchall()}


def _execute(statement: str) -> None:
    """Runs it in a session with no database of the tests."""
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def _one_at_a_time() -> Generator[None]:
    with (FOLDER / "databases.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
