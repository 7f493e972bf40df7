"""A derived collector under test: what the promises of these need beyond those of a source."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.db.models.expressions import RawSQL

from core.models import Checkpoint
from core.twins.snapshot import natural_key
from tests.subjects import SOURCES, Subject

ROOT = Path(__file__).parents[1]
Rows = set[tuple[str, tuple[Any, ...]]]  # model label, natural key


@dataclass(frozen=True)
class Derived(Subject):
    """Its app has a module `tests.derived` with a function `change_one_row`."""

    @property
    def sources(self) -> Sequence[Subject]:
        """Return the collectors that store what it works on."""
        return SOURCES

    def change_one_row(self) -> Rows:
        """Change one stored row that it works on; which of its own rows hang on that, and no others."""
        return import_module(f"{self.tracker.app}.tests.derived").change_one_row()

    def forget(self) -> None:
        """Leave nothing of what it has written."""
        for model in self.tables():
            model.objects.all().delete()
        Checkpoint.objects.filter(collector=self.collector.name).delete()

    def versions(self) -> dict[tuple[str, tuple[Any, ...]], str]:
        """Each of its rows -> what changes when the row is written."""
        found: dict[tuple[str, tuple[Any, ...]], str] = {}
        for model in self.tables():
            table = connection.ops.quote_name(model._meta.db_table)
            rows = model.objects.annotate(version=RawSQL(f"{table}.xmin::text || {table}.ctid::text", []))  # noqa: S611 - a table of ours
            for *key, version in rows.values_list(*natural_key(model), "version"):
                found[model._meta.label, tuple(key)] = version
        return found


def kill_in_page(number: int, subject: Derived, environment: Mapping[str, str]) -> None:
    """Start the command and kill it while it writes this page (0 is the first), which it cannot finish.

    Whoever asks for a table comes after those that asked before: each time the tables are let go and taken
    again, a page gets through, if not more. A command that has fewer pages ends by itself.
    """
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in subject.tables())
    process: subprocess.Popen[bytes] | None = None
    for page in range(number + 1):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {tables} IN SHARE MODE")
            process = process or subprocess.Popen(subject.program, cwd=ROOT, env=os.environ | environment)
            while process.poll() is None and not _is_blocked(subject.tables()):
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.01)
            if page == number:
                process.kill()
                assert process.wait() in {0, -9}


def _is_blocked(tables: Sequence[type[Model]]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_class ON pg_class.oid = relation"
            " WHERE NOT granted AND relname = ANY(%s)"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [[model._meta.db_table for model in tables]],
        )
        return cursor.fetchone() == (True,)
