"""`manage.py upgrade_database`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from core.postgres import binaries
from core.postgres.server import embedded_server
from core.postgres.upgrade import upgrade


class Command(BaseCommand):
    help = "Takes the embedded database to the PostgreSQL version of this program; keeps the old folder."

    def handle(self, *args: Any, **options: Any) -> None:
        del args, options
        home = connection.settings_dict.get("EMBEDDED_IN")
        if home is None:
            raise CommandError("DATABASE_URL is set: its server is upgraded by whoever runs it.")
        kept = upgrade(embedded_server(home))
        if kept is None:
            self.stdout.write(f"Nothing to do: the database is at PostgreSQL {binaries.MAJOR}.")
        else:
            self.stdout.write(
                f"The database is at PostgreSQL {binaries.MAJOR} now. Delete {kept} when content."
            )
