#!/usr/bin/env python
"""Django's command line: `uv run manage.py collectors`, `uv run manage.py run_...`."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - settings module first
    from django.db import Error as DatabaseError  # noqa: PLC0415 - as above

    from core.errors import CollectorError, classify_failure, exit_code  # noqa: PLC0415 - as above
    from core.terminal import printable  # noqa: PLC0415 - as above

    try:
        execute_from_command_line(sys.argv)
    except (CollectorError, DatabaseError) as error:
        if "--traceback" in sys.argv:
            raise
        category = classify_failure(error)
        sys.stderr.write(f"{category}: {printable(str(error).strip())}\n")
        sys.exit(exit_code(category))


if __name__ == "__main__":
    main()
