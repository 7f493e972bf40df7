"""Write the files that are generated from the code, or say which of them are stale."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.generated_files import COMMAND, stale_files


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when one is stale")

    def handle(self, *_args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        stale = stale_files(root)
        names = ", ".join(str(path.relative_to(root)) for path in stale)
        if options["check"] and stale:
            raise CommandError(f"stale: {names}. Run `{COMMAND}` and commit what it writes.")
        for path, text in stale.items():
            path.write_text(text, encoding="utf-8")
        self.stdout.write(f"written: {names}" if stale else "all generated files are up to date")
