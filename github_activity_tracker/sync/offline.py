"""Loading the archive again: the same records, without the network. Commits come from the mirrors.

An item that cannot be parsed goes to quarantine alone. Where a repository is such an item, a row of its id
and of the name that its items show takes its place until the next run with the network.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from core import archive
from core.archive import ArchivedItem
from core.collectors import AbstractCollector, Scope, archived, replay
from core.errors import InvalidInput
from core.items import each_understood
from core.json_text import parse_json
from core.kinds import Kind
from core.pages import Page
from github_activity_tracker.models import Repository
from github_activity_tracker.services.accounts import save_logins
from github_activity_tracker.services.items import touch_changed
from github_activity_tracker.services.repositories import retire_namesakes, save_sightings, save_unknown
from github_activity_tracker.sync.commits import Ingestion
from github_activity_tracker.sync.kinds import (
    ACCOUNT,
    ACCOUNTS,
    ADDRESS,
    CHILDREN,
    LISTED,
    REPOSITORIES,
    REPOSITORY,
    THREADS,
    ItemKind,
)
from github_activity_tracker.sync.mirrors import stored_mirror
from github_activity_tracker.sync.session import RepositoryScope

R = TypeVar("R")

SHOWN = 10  # items of a kind that are looked at for a name
PARTS_OF_A_REPOSITORY = 3  # nothing, owner, name; then its item


def replay_repositories(collector: AbstractCollector) -> None:
    """Load what is archived of all repositories and accounts."""
    repositories, accounts = Scope(collector, REPOSITORIES), Scope(collector, ACCOUNTS)
    last_seen: dict[int, dt.datetime] = {}
    for items in archived(repositories, REPOSITORY.name):
        with repositories.page() as page:
            page.restore(REPOSITORY, None, items)
            seen = list(_seen(page, REPOSITORY, items))
            save_sightings(seen)
            last_seen |= {record.github_id: at for record, at in seen}
    with repositories.page():
        retire_namesakes(last_seen)
    _add_unknown(repositories)
    for items in archived(accounts, ACCOUNT.name):
        with accounts.page() as page:
            page.restore(ACCOUNT, None, items)
            save_logins(_seen(page, ACCOUNT, items))


def replay_repository(scope: RepositoryScope) -> None:
    """Load what is archived of one repository, and the commits of its mirror."""
    repository = scope.row.github_id
    gone: set[str] = set()

    def is_gone(item: ArchivedItem) -> bool:
        return item.absent or (bool(gone) and _payload_of(item).get("_subject") in gone)

    for kind in (*LISTED, *CHILDREN):  # threads before what is below them
        for items in archived(scope, kind.name):
            if kind in THREADS:
                gone |= {item.external_id for item in items if item.absent}
            with scope.page() as page:
                taken = page.restore(kind, repository, items, gone=is_gone)
                _touch(kind, repository, taken.records.values())
    mirror = stored_mirror(scope)
    if mirror is not None:
        Ingestion(scope, mirror).load_all()
    replay(scope, repository, [ADDRESS])


def _touch(kind: ItemKind, repository: int, records: Iterable[Any]) -> None:
    """Say which threads changed, where these records are of them, or below them."""
    below = [kind.stored(repository)] if kind in CHILDREN else []
    ids = {getattr(record, "subject_id", record.node_id) for record in records}
    for thread in THREADS if ids else ():
        touch_changed(thread.live(repository).filter(pk__in=ids), below)


def _payload_of(item: ArchivedItem) -> Mapping[str, Any]:
    """Return what is archived of an item; nothing of what is no object, which no parser takes either."""
    with suppress(InvalidInput):
        payload = parse_json(item.body)
        if isinstance(payload, dict):
            return cast("dict[str, Any]", payload)
    return {}


def _seen(page: Page, kind: Kind[Any, R], items: Sequence[ArchivedItem]) -> Iterator[tuple[R, dt.datetime]]:
    """Yield all that was ever said of these: names, logins and counts of earlier days are nowhere else."""
    versions = archive.versions(page.collector, page.scope, kind.name, [item.external_id for item in items])
    yield from each_understood(
        versions,
        lambda version: (kind.reread(version.external_id, version.body), version.observed_at),
        lambda version, error: page.quarantine(kind.name, version.external_id, version.body, error),
    )


def _add_unknown(repositories: Scope) -> None:
    """Make a row for each repository that has none and of which items are archived."""
    source = repositories.collector.name
    scopes = {int(scope) for scope in archive.scopes(source) if scope.isdecimal()}
    known = set(Repository.objects.filter(pk__in=scopes).values_list("pk", flat=True))
    with repositories.page():
        for github_id in sorted(scopes - known):
            if full_name := _name_shown(source, str(github_id)):
                save_unknown(github_id, *full_name)


def _name_shown(source: str, scope: str) -> tuple[str, str] | None:
    """Return the owner and name of a repository in the address of one of its items."""
    for kind in (*LISTED, *CHILDREN):
        for item in archive.replay(source, scope, kind.name, limit=SHOWN):
            parts = urlsplit(str(_payload_of(item).get("url"))).path.split("/")
            if len(parts) > PARTS_OF_A_REPOSITORY:
                return parts[1], parts[2]
    return None
