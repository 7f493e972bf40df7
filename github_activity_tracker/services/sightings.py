"""When a name or login was first seen, where that was before its row was stored."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from github_activity_tracker.models import AccountLogin, RepositoryName


def date_back(
    model: type[AccountLogin] | type[RepositoryName],
    key: tuple[str, str],
    seen: Sequence[tuple[int, str, dt.datetime]],
) -> None:
    """Set `first_seen_at` of rows to the first time that each was seen; (id, name, time) each."""
    owner, name = key
    statement = _DATE_BACK.format(table=model._meta.db_table, owner=owner, name=name)  # noqa: SLF001 - Django documents _meta as public API
    with connection.cursor() as cursor:
        cursor.execute(statement, [[each[place] for each in seen] for place in range(3)])


_DATE_BACK = (
    "UPDATE {table} AS stored SET first_seen_at = seen.at"
    " FROM (SELECT id, name, min(at) AS at FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[])"
    " AS each(id, name, at) GROUP BY id, name) AS seen"
    " WHERE stored.{owner} = seen.id AND stored.{name} = seen.name AND stored.first_seen_at > seen.at"
)
