"""`manage.py backup FILE`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from core.postgres import direct_parameters
from core.postgres.transfer import dump


class Command(BaseCommand):
    help = "Writes the whole database into FILE, for `restore` or PostgreSQL's pg_restore."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="a new file, such as backup.dump")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        del args, options
        if file.exists():
            raise CommandError(f"{file} exists already.")
        if not file.absolute().parent.is_dir():
            raise CommandError(f"{file.absolute().parent} is not a folder.")
        if not connection.introspection.table_names():
            raise CommandError("The database is empty.")
        dump(direct_parameters(), file)
        self.stdout.write(f"{file}: {file.stat().st_size / 1e6:.1f} MB")
        # In this order a copy holds every blob that the rows in the file name.
        blobs = Path(settings.WORKSPACE_DIR) / "blobs"
        if blobs.is_dir():
            self.stdout.write(f"Not in it: the files of the archive. Copy {blobs} now, after the database.")
