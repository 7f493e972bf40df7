"""`manage.py restore FILE`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from core.locks import DATABASE_IN_USE, Locks, this_process
from core.postgres import direct_parameters
from core.postgres.transfer import restore


class Command(BaseCommand):
    help = "Loads a file of `backup` into the empty database; all of it or, on any error, nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="a file that `backup` wrote")
        parser.add_argument("--replace", action="store_true", help="drop what the database holds, first")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        del args, options
        if not file.is_file():
            raise CommandError(f"{file} is not a file.")
        if not replace and (tables := connection.introspection.table_names()):
            raise CommandError(
                f"The database holds {len(tables)} tables already. --replace drops them, first."
            )
        connection.ensure_connection()  # says in Django's words what is wrong
        parameters = direct_parameters()
        connection.close()
        # What a run saves afterwards would stand beside rows and checkpoints of another time.
        with Locks(this_process("restore")) as locks:
            locks.acquire(DATABASE_IN_USE, held="is in use by")
            restore(parameters, file, replace=replace)
        self.stdout.write(
            f"{file} is restored. Run `uv run manage.py migrate` if this program is newer than the file, "
            "and put the copy of workspace/blobs that belongs to it back."
        )
