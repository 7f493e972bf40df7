"""Repositories, their names and their daily counts."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from django.db import connection
from django.db.models import Q

from core.changes import Change
from core.store import Upserted, upsert
from github_activity_tracker.models import Repository, RepositoryDay, RepositoryName
from github_activity_tracker.protocol_impl import RepositoryRecord
from github_activity_tracker.services.sightings import date_back
from github_activity_tracker.services.tombstones import touch_below

# What a probe does not tell: `mailmap_blob` is what the last ingestion of commits read.
# What an archived description does not tell.
LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
NOT_ARCHIVED = frozenset({"source_counts", "unavailable", "removed_at"})
NOT_PROBED = frozenset({"github_id", "mailmap_blob", "stored_at", "changed_in"})


def save_repositories(
    records: Iterable[RepositoryRecord], counts: Mapping[int, Mapping[str, int]], day: dt.date | None
) -> Upserted:
    """Save repositories as they were seen on `day` (UTC; None: long ago). One that was away is no longer;
    what is below it, or below one that became private or public, is said to have changed. One whose name
    another one has now is retired.

    `counts`: id -> how many issues, ... GitHub counts; without any, those that are stored stay.
    """
    found = list(records)
    fields = [
        field.name
        for field in Repository._meta.concrete_fields  # noqa: SLF001 - Django documents _meta as public API
        if field.name not in NOT_PROBED and (day is not None or field.name not in NOT_ARCHIVED)
    ]
    rows = [
        Repository(
            **asdict(record)
            | {"topics": list(record.topics), "source_counts": counts.get(record.github_id, {})}
        )
        for record in found
    ]
    ids = [record.github_id for record in found]
    private = [record.github_id for record in found if record.is_private]
    turned = Q(is_private=True) ^ Q(pk__in=private)
    differing = turned if day is None else turned | Q(removed_at__isnull=False)
    changed = list(Repository.objects.filter(differing, pk__in=ids).values_list("pk", flat=True))
    saved = upsert(Repository, rows, key=("github_id",), update=fields)
    touch_below(changed)
    if day is not None:
        retire_namesakes({record.github_id: dt.datetime.now(dt.UTC) for record in found})
    names = [RepositoryName(repository_id=r.github_id, full_name=r.full_name) for r in found]
    upsert(RepositoryName, names, key=("repository", "full_name"), update=())
    if day is None:
        return saved
    upsert(RepositoryDay, [_day(record, day) for record in found], key=("repository", "day"))
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
    """Who had a name that another repository was seen with later is gone: GitHub leads nobody to it.

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
