"""The database by natural keys: what two collections of one world must have in common, row by row.

Left out is what may differ between them: run records, call budgets, surrogate ids, attempts and times of
the project's own clock. A foreign key is replaced by the natural key of the row it points to.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Q

from core.models import ArchiveVersion, CallBudget, Checkpoint, QuarantinedItem, Run

Key = tuple[Any, ...]
Row = dict[str, Any]
# Model label -> natural key -> the other columns.
Snapshot = dict[str, dict[Key, Row]]

OWN_TIME = "a time of our own clock"
_LEFT_OUT_MODELS = frozenset({Run, CallBudget})
_LEFT_OUT_COLUMNS: dict[type[models.Model], frozenset[str]] = {
    QuarantinedItem: frozenset({"attempts", "next_attempt_at"})
}
MISSING, UNEXPECTED, DIFFERS = "is missing", "is not expected", "differs"
_SHOWN = 120  # characters of a value
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d[\d:.]*([+-]\d\d:\d\d|Z)?)?")


@dataclass(frozen=True, slots=True)
class Window:
    """From before the first run of either collection to after the last: times in it are our own clock's.

    The times that a source tells are not in it, as the twins' worlds end before.
    """

    start: dt.datetime
    end: dt.datetime

    def plain(self, value: Any) -> Any:
        return OWN_TIME if isinstance(value, dt.datetime) and self.start <= value <= self.end else value

    def plain_text(self, text: str) -> str:
        """Replace times that are written inside a checkpoint's text, whole days included."""

        def replaced(match: re.Match[str]) -> str:
            found = match[0]
            try:
                time = dt.datetime.fromisoformat(found)
            except ValueError:
                return found
            if match[1] is None:
                return OWN_TIME if self.start.date() <= time.date() <= self.end.date() else found
            time = time if time.tzinfo else time.replace(tzinfo=dt.UTC)
            return OWN_TIME if self.start <= time <= self.end else found

        return _ISO_TIME.sub(replaced, text)


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is missing, unexpected, or has other values than expected: column -> (expected, found)."""

    table: str
    key: Key
    what: str
    columns: Mapping[str, tuple[Any, Any]]

    def __str__(self) -> str:
        values = "; ".join(
            f"{column}: {_short(expected)} expected, {_short(found)} found"
            for column, (expected, found) in self.columns.items()
        )
        return f"{self.table} {_short(self.key)} {self.what}" + (f": {values}" if values else "")


def snapshot(app_labels: Iterable[str], window: Window) -> Snapshot:
    """All tables of these apps. Raises TypeError for one whose rows nothing identifies but their id."""
    models_of_apps = (model for label in app_labels for model in apps.get_app_config(label).get_models())
    return snapshot_of((model for model in models_of_apps if model not in _LEFT_OUT_MODELS), window)


def snapshot_of(tables: Iterable[type[models.Model]], window: Window) -> Snapshot:
    """These tables alone."""
    return {model._meta.label: _rows(model, window) for model in tables}  # noqa: SLF001 - Django documents _meta as public API


def differences(expected: Snapshot, found: Snapshot) -> Iterator[Difference]:
    """Row by row, in the order of the keys."""
    for table in sorted({*expected, *found}):
        wanted, have = expected.get(table, {}), found.get(table, {})
        for key in sorted({*wanted, *have}, key=repr):
            if key not in have:
                yield Difference(table, key, MISSING, {})
            elif key not in wanted:
                yield Difference(table, key, UNEXPECTED, {})
            elif wanted[key] != have[key]:
                pairs = {column: (value, have[key].get(column)) for column, value in wanted[key].items()}
                differing = {column: pair for column, pair in pairs.items() if pair[0] != pair[1]}
                yield Difference(table, key, DIFFERS, differing)


def differences_from_truth(truth: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Difference]:
    """Compare what is stored with `Twin.truth()`, where `removed` stands for a `removed_at` that is set."""
    expected: Snapshot = {}
    found: Snapshot = {}
    for label, rows in truth.items():
        model = apps.get_model(label)
        columns = list(rows[0]) if rows else []
        stored = model._default_manager.all()  # noqa: SLF001 - as above
        if "removed" in columns:
            is_removed = models.ExpressionWrapper(Q(removed_at__isnull=False), models.BooleanField())
            stored = stored.annotate(removed=is_removed)
        key = natural_key(model)
        expected[label] = _by_key(key, rows)
        found[label] = _by_key(key, stored.values(*columns) if columns else stored.values())
    yield from differences(expected, found)


def natural_key(model: type[models.Model]) -> list[str]:
    """The lookups that identify a row without its id. Raises TypeError where there are none."""
    meta = model._meta  # noqa: SLF001 - as above
    constraints = (c for c in meta.constraints if isinstance(c, models.UniqueConstraint))
    keys = [list(constraint.fields) for constraint in constraints if constraint.condition is None]
    keys += [[field.name] for field in meta.concrete_fields if field.unique and not _is_surrogate(field)]
    if not keys:
        raise TypeError(f"{meta.label} has no unique constraint that tells its rows apart")
    return [lookup for name in keys[0] for lookup in _lookups(meta.get_field(name))]


def _is_surrogate(field: Any) -> bool:
    return isinstance(field, models.AutoField)


def _lookups(field: Any) -> list[str]:
    if field.many_to_one:
        return [f"{field.name}__{lookup}" for lookup in natural_key(field.related_model)]
    return [field.name]


def _rows(model: type[models.Model], window: Window) -> dict[Key, Row]:
    if model is ArchiveVersion:
        return _histories()
    left_out = _LEFT_OUT_COLUMNS.get(model, frozenset[str]())
    columns = [
        lookup
        for field in model._meta.concrete_fields  # noqa: SLF001 - as above
        if field.name not in left_out and not _is_surrogate(field) and not _is_stamp(field)
        for lookup in _lookups(field)
    ]
    rows = model._default_manager.values(*columns).iterator()  # noqa: SLF001 - as above
    plain = ({column: window.plain(value) for column, value in row.items()} for row in rows)
    return _by_key(natural_key(model), _progress(plain, window) if model is Checkpoint else plain)


def row_versions() -> dict[str, str]:
    """Table -> what changes when any row of it is written, even with what it held before.

    Left out are the same models as of a snapshot.
    """
    found: dict[str, str] = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model not in _LEFT_OUT_MODELS:
                table = model._meta.db_table  # noqa: SLF001 - as above
                cursor.execute(
                    "SELECT count(*) || ' rows, ' || coalesce(md5(string_agg(ctid::text || xmin::text, ' '"  # noqa: S608 - a table of ours
                    f" ORDER BY ctid)), '') FROM \"{table}\""
                )
                ((found[table],),) = cursor.fetchall()
    return found


def _is_stamp(field: Any) -> bool:
    """Whether the database sets it when it stores the row; versions of exports come from that, too."""
    return field.has_db_default() or field.name == "version"


def _by_key(key: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> dict[Key, Row]:
    return {tuple(row[column] for column in key): dict(row) for row in rows}


def _progress(checkpoints: Iterable[Row], window: Window) -> Iterator[Row]:
    """Checkpoints without the times in them; an empty state is the same as none."""
    for row in checkpoints:
        if row["token"] is not None or row["marker"] is not None or row["extras"]:
            texts = {column: window.plain_text(row[column]) for column in ("token", "marker") if row[column]}
            yield row | texts


def _histories() -> dict[Key, Row]:
    """The versions of each archived item in order.

    An item that was away for a while, and came back as it was, has no other history than one that stayed.
    """
    histories: dict[Key, list[bytes | None]] = {}
    versions = ArchiveVersion.objects.order_by("id").values_list(
        "source", "scope", "kind", "external_id", "content_hash"
    )
    for *item, content_hash in versions.iterator():
        history = histories.setdefault(tuple(item), [])
        if history and history[-1] is None:
            history.pop()
        if not history or history[-1] != content_hash:
            history.append(content_hash)
    return {item: {"versions": history} for item, history in histories.items()}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
