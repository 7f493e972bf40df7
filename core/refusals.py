"""Whose fault it is that the database refuses a row: the row's, the program's, or the database's."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models

from core.errors import AllRefused, SchemaDiffers

# What one bad row raises while its batch is adapted, copied or inserted; `is_about_a_row` knows the others.
ROW_ERRORS = (DataError, IntegrityError, ValidationError, ValueError, TypeError, OverflowError)
LIMIT_EXCEEDED = "54"  # class of SQLSTATEs: a key too long for its index, ...
# What a table demands of all its rows: NOT NULL, FOREIGN KEY, CHECK.
RULES = frozenset({"23502", "23503", "23514"})
# So many bad values alike can be one item's; that a rule is broken is hardly the second row's fault.
FEW_VALUES = 9


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that the database refused, and why."""

    row: models.Model
    error: Exception


def is_about_a_row(error: Exception) -> bool:
    """Tell whether another row could be saved where this one was not."""
    if isinstance(error, ROW_ERRORS):
        return True
    cause = error.__cause__
    if not isinstance(cause, psycopg.Error):
        return False
    cannot_adapt = isinstance(cause, psycopg.ProgrammingError) and cause.sqlstate is None
    return cannot_adapt or (cause.sqlstate or "").startswith(LIMIT_EXCEEDED)


def require_known_schema(model: type[models.Model], error: Exception) -> None:
    """Raise SchemaDiffers for a table, column or rule that only the database knows, or only the program."""
    meta = model._meta  # noqa: SLF001 - Django documents _meta as public API
    cause = error.__cause__
    if isinstance(cause, psycopg.errors.NotNullViolation):
        differs = cause.diag.column_name not in {field.column for field in meta.concrete_fields}
    elif isinstance(cause, psycopg.errors.CheckViolation):
        differs = cause.diag.constraint_name not in {each.name for each in meta.constraints}
    else:
        differs = isinstance(cause, (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable))
    if differs:
        raise SchemaDiffers(
            f"{meta.db_table} is not as the program knows it: {error}", remedy=SchemaDiffers.REMEDY
        ) from error


def require_reasons_of_their_own(model: type[models.Model], rejected: Sequence[Rejected]) -> None:
    """Raise AllRefused when the database has the same against all of several rows."""
    table = model._meta.db_table  # noqa: SLF001 - as above
    reasons = {_reason(each.error.__cause__) for each in rejected}
    sqlstate = reasons.pop()[0] if len(reasons) == 1 else ""
    few = 1 if sqlstate in RULES else FEW_VALUES
    if sqlstate and len(rejected) > few:
        raise AllRefused(
            f"all {len(rejected)} rows of {table} were refused: {rejected[0].error}",
            remedy="find what they have in common, or what changed in the database; the page was not saved",
        ) from rejected[0].error


def _reason(cause: BaseException | None) -> tuple[str, str | None, str | None]:
    """SQLSTATE, column and constraint; the first is "" where the program itself has refused the row."""
    if not isinstance(cause, psycopg.Error):
        return "", None, None
    return cause.sqlstate or "", cause.diag.column_name, cause.diag.constraint_name
