"""Repositories, their names and their daily counts."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from django.db import connection
from django.db.models import Q

from core.changes import Change
from core.store import Upserted, upsert
from github_activity_tracker.models import Repository, RepositoryDay, RepositoryName
from github_activity_tracker.protocol_impl.records import RepositoryRecord
from github_activity_tracker.services.items import touch_below
from github_activity_tracker.services.sightings import date_back

LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# What a probe does not tell: `mailmap_blob` is what the last ingestion of commits read.
NOT_PROBED = frozenset({"github_id", "mailmap_blob", "stored_at", "changed_in"})
# What an archived description does not tell.
NOT_ARCHIVED = frozenset({"source_counts", "unavailable", "removed_at"})


@dataclass(frozen=True, slots=True)
class Sighting:
    """The day (UTC) on which repositories were seen. `counts`: id -> how many issues, ... GitHub counts."""

    day: dt.date
    counts: Mapping[int, Mapping[str, int]]


def save_repositories(seen: Sighting | None, records: Sequence[RepositoryRecord]) -> Upserted:
    """Save repositories as they were seen; None: long ago, as the archive has them.

    One that was away is no longer; what is below it, or below one that became private or public, is said to
    have changed. One whose name another one has now is retired.
    """
    ids = [record.github_id for record in records]
    left = NOT_PROBED if seen else NOT_PROBED | NOT_ARCHIVED
    fields = [
        field.name
        for field in Repository._meta.concrete_fields  # noqa: SLF001 - Django documents _meta as public API
        if field.name not in left
    ]
    rows = [
        Repository(
            **asdict(record)
            | {
                "topics": list(record.topics),
                "source_counts": seen.counts.get(record.github_id, {}) if seen else {},
            }
        )
        for record in records
    ]
    private = [record.github_id for record in records if record.is_private]
    turned = Q(is_private=True) ^ Q(pk__in=private)
    differing = turned | Q(removed_at__isnull=False) if seen else turned
    changed = list(Repository.objects.filter(differing, pk__in=ids).values_list("pk", flat=True))
    saved = upsert(Repository, rows, key=("github_id",), update=fields)
    touch_below(changed)
    names = [RepositoryName(repository_id=r.github_id, full_name=r.full_name) for r in records]
    upsert(RepositoryName, names, key=("repository", "full_name"), update=())
    if seen:
        retire_namesakes(dict.fromkeys(ids, dt.datetime.now(dt.UTC)))
        upsert(RepositoryDay, [_day(record, seen.day) for record in records], key=("repository", "day"))
    return saved


def save_unknown(github_id: int, owner: str, name: str) -> None:
    """Make a row for a repository of which nothing is known but its id and its name."""
    row = Repository(
        github_id=github_id,
        node_id="",
        owner=owner,
        name=name,
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
        unavailable="what the archive has of it cannot be read",
    )
    upsert(Repository, [row], key=("github_id",), update=())


def save_sightings(sightings: Iterable[tuple[RepositoryRecord, dt.datetime]]) -> None:
    """Save the names and counts that repositories were seen with in earlier runs, oldest first."""
    seen = list(sightings)
    names = [(record.github_id, record.full_name, at) for record, at in seen]
    rows = [RepositoryName(repository_id=each, full_name=name) for each, name, _ in names]
    upsert(RepositoryName, rows, key=("repository", "full_name"), update=())
    date_back(RepositoryName, ("repository_id", "full_name"), names)
    days = [_day(record, at.astimezone(dt.UTC).date()) for record, at in seen]
    upsert(RepositoryDay, days, key=("repository", "day"))


def _day(record: RepositoryRecord, day: dt.date) -> RepositoryDay:
    counts = {"stars": record.stars, "forks": record.forks, "watchers": record.watchers}
    return RepositoryDay(repository_id=record.github_id, day=day, **counts)


def retire_namesakes(seen: Mapping[int, dt.datetime]) -> None:
    """Retire who had a name that another repository was seen with later: GitHub leads nobody to it.

    `seen`: id -> when it was last seen; the others were seen before. What is below the retired ones is said
    to have changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RETIRE, [list(seen), list(seen.values())])
        retired = [github_id for (github_id,) in cursor.fetchall()]
    touch_below(retired)


_RETIRE = (
    "WITH seen AS (SELECT * FROM unnest(%s::bigint[], %s::timestamptz[]) AS told(id, at))"
    " UPDATE github_activity_tracker_repository AS former SET removed_at = now(), changed_in = core_change(),"
    " unavailable = 'another repository has its name'"
    " FROM github_activity_tracker_repository AS today JOIN seen ON seen.id = today.github_id"
    " WHERE lower(former.owner) = lower(today.owner) AND lower(former.name) = lower(today.name)"
    " AND former.github_id <> today.github_id AND former.removed_at IS NULL"
    " AND NOT EXISTS (SELECT FROM seen AS later WHERE later.id = former.github_id AND later.at >= seen.at)"
    " RETURNING former.github_id"
)


def save_unavailable(owner: str, name: str, why: str) -> int:
    """Note why a repository cannot be collected now; returns how many rows say so that did not before."""
    rows = Repository.objects.filter(owner__iexact=owner, name__iexact=name).exclude(unavailable=why)
    return rows.update(unavailable=why, changed_in=Change())
