"""Throughput of core.store.upsert as a ratio to raw COPY into the same indexed table.

Both sides get Python values and commit once; `upsert` gets model instances and returns counts, COPY gets
ready tuples. The repetitions are interleaved, so a busy machine slows both sides. A page is timed at two
sizes of the table: its cost must not follow what is stored.
"""

import argparse
import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.core.management import call_command
from django.db import connection, models, transaction
from psycopg import sql
from psycopg.types.json import Jsonb

from benchmarks.laboratory import Laboratory
from boost_mailing_list_tracker.models import MailingList, Message
from core.models import SweptItem
from core.store import Upserted, upsert
from core.twins import World

PAGE = 500
AIMS = {"new": 0.4, "unchanged": 0.8}
BEGINNING = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=20_000, help="rows per call (default: 20000)")
    parser.add_argument("--repetitions", type=int, default=5, help="of each case (default: 5)")
    parser.add_argument(
        "--stored",
        type=int,
        nargs="+",
        default=[10_000, 500_000],
        help=f"sizes of the table at which a page of {PAGE} rows is timed (default: 10000 500000)",
    )


def measure(lab: Laboratory, options: argparse.Namespace) -> dict[str, Any]:
    call_command("migrate", verbosity=0)
    return {
        "rows": options.rows,
        "aims": AIMS,
        **{
            case.name: {
                **_ratios(lab, case, options.rows, options.repetitions),
                "page": _pages(case, options.stored),
            }
            for case in (messages(), swept_items())
        },
    }


@dataclass(frozen=True, slots=True)
class Case:
    """A table, how to make its nth row, and how that row changes. `changed` is a variant number."""

    name: str
    model: type[models.Model]
    key: Sequence[str]
    make: Callable[[int, int], models.Model]

    def rows(self, first: int, number: int, variant: int = 0) -> list[models.Model]:
        return [self.make(n, variant) for n in range(first, first + number)]

    def upsert(self, rows: list[models.Model]) -> Upserted:
        return upsert(self.model, rows, key=self.key)

    @property
    def table(self) -> str:
        return self.model._meta.db_table  # noqa: SLF001 - Django documents _meta as public API


def messages() -> Case:
    """The widest table there is: text of a few thousand characters, an array, JSON and eleven indexes."""
    mailing_list = MailingList.objects.create(name="boost@lists.boost.org")
    world = World(1)
    rng = world.rng("upsert")
    bodies = ["\n\n".join(world.talk.paragraph(rng) for _ in range(8)) for _ in range(500)]
    subjects = [world.talk.subject(rng) for _ in range(500)]

    def make(number: int, variant: int) -> Message:
        subject, body = subjects[number % len(subjects)], bodies[number % len(bodies)]
        scattered = f"{number * 2654435761 % 2**32:032X}"
        person = world.people[number % len(world.people)]
        date = BEGINNING + dt.timedelta(minutes=number)
        return Message(
            mailing_list=mailing_list,
            message_id_hash=scattered,
            message_id=f"{scattered}@example.org",
            thread_id=f"{number // 8 * 2654435761 % 2**32:032X}",
            parent_hash=None,
            subject=subject,
            subject_normalized=subject.lower(),
            library_tags=[world.libraries[number % len(world.libraries)]],
            author_name=person.name,
            author_address=person.addresses[0],
            date=date,
            sent_at=date,
            archived_at=date,
            body=f"{body}\n{number} {variant}",
            segments=[["text", 0, len(body)]],
            body_source=Message.BodySource.EXPORT,
            permalink=f"https://lists.example.org/message/{scattered}/",
        )

    return Case("messages", Message, ("mailing_list", "message_id_hash"), make)


def swept_items() -> Case:
    """Return a narrow table: four short texts, one of them outside the key."""

    def make(number: int, variant: int) -> SweptItem:
        return SweptItem(
            collector="benchmark",
            scope="narrow",
            external_id=f"{number * 2654435761 % 2**32:010}",
            part=f"part {variant}",
        )

    return Case("swept_items", SweptItem, ("collector", "scope", "external_id"), make)


def _ratios(lab: Laboratory, case: Case, number: int, repetitions: int) -> dict[str, Any]:
    """Medians in rows per second; ratios are of medians."""
    rates: dict[str, list[float]] = {"copy": [], "new": [], "unchanged": [], "updated": []}
    rows, changed = case.rows(0, number), case.rows(0, number, variant=1)
    columns, tuples = _copied(rows)
    _copy(case, columns, tuples)  # the first one also fills caches
    for _ in range(repetitions):
        _empty(case)
        rates["copy"].append(number / _seconds(lambda: _copy(case, columns, tuples)))
        _empty(case)
        for what, given, wanted in (
            ("new", rows, Upserted(created=number)),
            ("unchanged", rows, Upserted(unchanged=number)),
            ("updated", changed, Upserted(updated=number)),
        ):
            rates[what].append(number / _seconds(lambda g=given, w=wanted: _checked(case, g, w)))
            _settle(case)
    _empty(case)
    asked = lab.statements(lambda: _checked(case, rows, Upserted(created=number)))
    _empty(case)
    medians = {what: median(values) for what, values in rates.items()}
    return {
        "rows_per_second": {what: round(value) for what, value in medians.items()},
        "ratio_to_copy": {what: round(value / medians["copy"], 2) for what, value in medians.items()},
        "statements_per_call": asked,
    }


def _pages(case: Case, sizes: Sequence[int]) -> dict[str, dict[str, float]]:
    """Return milliseconds for a page of new and of unchanged rows, with so many rows stored."""
    found: dict[str, dict[str, float]] = {}
    stored = 0
    for size in sorted(sizes):
        while stored < size:
            columns, tuples = _copied(case.rows(stored, min(PAGE * 20, size - stored)))
            _copy(case, columns, tuples)
            stored += len(tuples)
        _settle(case)
        new: list[float] = []
        unchanged: list[float] = []
        for _ in range(9):
            page = case.rows(stored, PAGE)
            new.append(_seconds(lambda page=page: _checked(case, page, Upserted(created=PAGE))))
            unchanged.append(_seconds(lambda page=page: _checked(case, page, Upserted(unchanged=PAGE))))
            stored += PAGE
        found[f"at {size:,} rows"] = {
            "new_ms": round(median(new) * 1000, 1),
            "unchanged_ms": round(median(unchanged) * 1000, 1),
        }
    _empty(case)
    return found


def _checked(case: Case, rows: list[models.Model], expected: Upserted) -> None:
    found = case.upsert(rows)
    if found != expected:
        raise AssertionError(f"{expected} expected, {found} found")


def _copied(rows: list[models.Model]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and ready tuples as an application without models would have them."""
    fields = [
        field
        for field in rows[0]._meta.concrete_fields  # noqa: SLF001 - as above
        if not isinstance(field, models.AutoField) and not field.has_db_default()
    ]
    json = [isinstance(field, models.JSONField) for field in fields]
    tuples = [
        tuple(
            Jsonb(getattr(row, field.attname)) if is_json else getattr(row, field.attname)
            for field, is_json in zip(fields, json, strict=True)
        )
        for row in rows
    ]
    return [field.column for field in fields], tuples


def _copy(case: Case, columns: list[str], tuples: list[tuple[Any, ...]]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(case.table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with transaction.atomic(), connection.cursor() as cursor:
        psycopg_cursor: Any = cursor.cursor
        with psycopg_cursor.copy(statement) as copy:
            for each in tuples:
                copy.write_row(each)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _empty(case: Case) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'TRUNCATE "{case.table}" CASCADE')


def _settle(case: Case) -> None:
    """Do now what autovacuum does in its own time, so that it does not fall into a measured one."""
    with connection.cursor() as cursor:
        cursor.execute(f'VACUUM ANALYZE "{case.table}"')
        cursor.execute("CHECKPOINT")
