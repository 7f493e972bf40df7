#!/usr/bin/env python
"""Django's command line: `uv run manage.py collectors`, `uv run manage.py run_...`."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - settings module first

    from core.errors import CollectorError, exit_code  # noqa: PLC0415 - as above

    try:
        execute_from_command_line(sys.argv)
    except CollectorError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(exit_code(error.category))


if __name__ == "__main__":
    main()
