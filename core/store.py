"""Bulk writes: COPY into a temporary table, then one statement that inserts or updates what differs.

All bulk writes of all trackers go through `upsert`. It is idempotent, writes only what changed, does not
lock or dirty an unchanged row, and costs a few SQL statements a call whatever the number of rows.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any, Literal, TypeVar, cast

from django.contrib.postgres.fields import ArrayField
from django.db import Error, connection, models, transaction
from psycopg import sql
from psycopg.types.json import Jsonb

from core.refusals import (
    ROW_ERRORS,
    Rejected,
    is_about_a_row,
    require_known_schema,
    require_reasons_of_their_own,
)
from core.storable import storable_json, storable_text

__all__ = ["Rejected", "Upserted", "upsert"]

# A page of so many rows must not cost more when more is stored; bigger loads are joined as a whole.
LOOKED_UP = 2000

M = TypeVar("M", bound=models.Model)
_Table = Literal["stored", "incoming", "excluded"]

_table_numbers = itertools.count()
# Stands in statements for the name of a temporary table, of which one transaction may have several.
_INCOMING = sql.Identifier("the incoming rows")


@dataclass(frozen=True, slots=True)
class Upserted:
    """The counts of one `upsert`; rows with the same key count once."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: tuple[Rejected, ...] = ()

    def __add__(self, other: "Upserted") -> "Upserted":
        return Upserted(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.rejected + other.rejected,
        )


def upsert(
    model: type[M], rows: Iterable[M], *, key: Sequence[str], update: Sequence[str] | None = None
) -> Upserted:
    """Insert `rows`, or update those whose `key` is stored and whose `update` fields differ.

    `key` names not-NULL fields with a unique constraint over exactly them. `update` defaults to all other
    fields; an empty one never touches a stored row. Fields with a database default (`stored_at`, ...) are
    left to the database, and `changed_in` (`core.changes`) follows every change of a row. Of rows with the
    same key the last one counts. Text is stored as `core.storable` has it.

    Rows that the database refuses are found by bisection and returned in `rejected`; the others are saved.
    Raises SchemaDiffers or AllRefused where that is not about the rows, and saves none.
    """
    plan = _plan(model, tuple(key), None if update is None else tuple(update))
    unique = {plan.key_of(row): row for row in rows}
    if not unique:
        return Upserted()
    saved = _save_or_bisect(plan, list(unique.values()))
    if len(saved.rejected) == len(unique):
        require_reasons_of_their_own(model, saved.rejected)
    return saved


def _save_or_bisect(plan: "_Plan", rows: list[Any]) -> Upserted:
    # A savepoint: a refused row must not end the page's transaction.
    try:
        with transaction.atomic():
            return plan.save(rows)
    except (*ROW_ERRORS, Error) as error:
        require_known_schema(plan.model, error)
        if not is_about_a_row(error):
            raise
        if len(rows) == 1:
            return Upserted(rejected=(Rejected(rows[0], error),))
    half = len(rows) // 2
    return _save_or_bisect(plan, rows[:half]) + _save_or_bisect(plan, rows[half:])


class _Plan:
    """The columns and statements for one combination of model, key and updated fields."""

    def __init__(self, model: type[models.Model], key: Sequence[str], update: Sequence[str] | None) -> None:
        meta = model._meta  # noqa: SLF001 - Django documents _meta as public API
        fields = [
            field
            for field in meta.concrete_fields
            if not (isinstance(field, models.AutoField) or field.has_db_default() or field.generated)
        ]
        self._key = [meta.get_field(name) for name in key]
        if update is None:
            updated = [field for field in fields if field not in self._key]
        else:
            updated = [meta.get_field(name) for name in update]
        self._read = _reader([field.attname for field in fields])
        self._read_key = _reader([field.attname for field in self._key])
        self._text_in_key = [place for place, field in enumerate(self._key) if _adapter(field) is _text]
        self._adapters = [_adapter(field) for field in fields]
        self.model = model
        self._table = sql.Identifier(meta.db_table)
        self._columns = [sql.Identifier(field.column) for field in fields]
        self._key_columns = [sql.Identifier(field.column) for field in self._key]
        self._updated = [sql.Identifier(field.column) for field in updated]
        self._primary_key = sql.Identifier(cast("models.Field[Any, Any]", meta.pk).column)
        self._numbered = any(field.name == "changed_in" for field in meta.concrete_fields)
        self._refers = any(isinstance(f, models.ForeignKey) and cast("Any", f).db_constraint for f in fields)
        columns = sql.SQL(", ").join(self._columns)
        self._create = (
            sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA")
            .format(_INCOMING, columns, self._table)
            .as_string()
        )
        self._copy = sql.SQL("COPY {} ({}) FROM STDIN").format(_INCOMING, columns).as_string()
        self._merge_few = self._merge(few=True).as_string()
        self._merge_many = self._merge(few=False).as_string()

    def key_of(self, row: Any) -> tuple[Any, ...]:
        """Return the key as the database will see it."""
        key = self._read_key(row)
        for place in self._text_in_key:
            if isinstance(key[place], str) and storable_text(key[place]) != key[place]:
                return tuple(storable_text(part) if isinstance(part, str) else part for part in key)
        return key

    def save(self, rows: list[Any]) -> Upserted:
        merge = self._merge_few if len(rows) <= LOOKED_UP else self._merge_many
        create, copy_in, merge = _with_a_table_of_their_own(self._create, self._copy, merge)
        # Any: django-types still takes psycopg 3's cursor for psycopg2's.
        with cast("Any", connection.cursor()) as cursor, connection.wrap_database_errors:
            cursor.execute(create)
            with cursor.cursor.copy(copy_in) as copy:
                write_row, adapters, read = copy.write_row, self._adapters, self._read
                for row in rows:
                    write_row(
                        [
                            value if value is None or adapt is None else adapt(value)
                            for adapt, value in zip(adapters, read(row), strict=True)
                        ]
                    )
            cursor.execute(merge)
            created, written = cast("tuple[int, int]", cursor.fetchone())
        if self._refers:
            # Now, while it is known whose row it is, rather than when the page commits.
            connection.check_constraints()
        return Upserted(created, written - created, len(rows) - written)

    def _merge(self, *, few: bool) -> sql.Composed:
        """Compose the statement. Only rows that are new or differ reach INSERT: a conflict dirties a row."""
        same_key = sql.SQL(" AND ").join(
            sql.SQL("stored.{0} = incoming.{0}").format(column) for column in self._key_columns
        )
        stored = sql.SQL("{} AS stored").format(self._table)
        if few:
            # LIMIT makes the planner look each row up by its key. Left alone it reads tables of up to some
            # 50,000 rows as a whole: it knows neither how many rows come in nor that the index is in memory.
            stored = sql.SQL("LATERAL (SELECT * FROM {} WHERE {} LIMIT 1) AS stored").format(stored, same_key)
        wanted = sql.SQL("stored.{} IS NULL").format(self._primary_key)
        on_conflict = sql.SQL("NOTHING")
        if self._updated:
            wanted = sql.SQL("{} OR {}").format(wanted, self._differs("stored", "incoming"))
            assignments: list[sql.Composable] = [
                sql.SQL("{0} = EXCLUDED.{0}").format(column) for column in self._updated
            ]
            if self._numbered:
                assignments.append(sql.SQL("changed_in = EXCLUDED.changed_in"))
            on_conflict = sql.SQL("UPDATE SET {} WHERE {}").format(
                sql.SQL(", ").join(assignments), self._differs("stored", "excluded")
            )
        return sql.SQL(
            "WITH written AS ("
            " INSERT INTO {table} AS stored ({columns})"
            " SELECT {qualified} FROM {incoming} AS incoming LEFT JOIN {stored} ON {same_key}"
            " WHERE {wanted} ORDER BY {order}"
            " ON CONFLICT ({key}) DO {on_conflict}"
            # xmax is 0 in a row that was inserted, and not in one that was updated.
            " RETURNING xmax = 0 AS created)"
            " SELECT count(*) FILTER (WHERE created), count(*) FROM written"
        ).format(
            table=self._table,
            columns=sql.SQL(", ").join(self._columns),
            qualified=sql.SQL(", ").join(sql.SQL("incoming.{}").format(c) for c in self._columns),
            incoming=_INCOMING,
            stored=stored,
            same_key=same_key,
            wanted=wanted,
            # One order of locking for all writers: no deadlocks.
            order=sql.SQL(", ").join(sql.SQL("incoming.{}").format(c) for c in self._key_columns),
            key=sql.SQL(", ").join(self._key_columns),
            on_conflict=on_conflict,
        )

    def _differs(self, left: _Table, right: _Table) -> sql.Composed:
        def side(table: _Table) -> sql.Composed:
            return sql.SQL(", ").join(sql.SQL("{}.{}").format(sql.SQL(table), c) for c in self._updated)

        return sql.SQL("ROW({}) IS DISTINCT FROM ROW({})").format(side(left), side(right))


@cache
def _plan(model: type[models.Model], key: tuple[str, ...], update: tuple[str, ...] | None) -> _Plan:
    """Return the plan, kept: composing it takes longer than PostgreSQL does for a page of a few rows."""
    return _Plan(model, key, update)


def _with_a_table_of_their_own(*statements: str) -> list[str]:
    name = f"incoming_{next(_table_numbers)}"
    return [statement.replace(_INCOMING.as_string(), name) for statement in statements]


def _reader(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda row: (get(row),)


def _adapter(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    """Return what a value of `field` must pass through before psycopg can copy it; None: nothing."""
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, ArrayField):
        element = _adapter(field.base_field)
        return None if element is None else lambda values: [None if v is None else element(v) for v in values]
    if isinstance(field, (models.CharField, models.TextField)):
        return _text
    if isinstance(field, _PLAIN):
        return None
    return lambda value: field.get_db_prep_save(value, connection)


_PLAIN = (
    models.IntegerField,
    models.FloatField,
    models.BooleanField,
    models.DateTimeField,
    models.DateField,
    models.UUIDField,
    models.BinaryField,
)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"not a text but {type(value).__name__}")
    return storable_text(value)


def _json(value: Any) -> Jsonb:
    return Jsonb(storable_json(value))
