"""Loading the archive again: the same records, without the network. Commits come from the mirrors."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, cast

from core import archive
from core.archive import ArchivedItem, ArchivedVersion
from core.collectors import AbstractCollector
from core.errors import CollectorError
from core.pages import Page
from github_activity_tracker.parsing import parse
from github_activity_tracker.protocol_impl import KINDS, AccountRecord, Kind, Leaf, Record, RepositoryRecord
from github_activity_tracker.services import (
    retire_namesakes,
    save_accounts,
    save_logins,
    save_repositories,
    save_sightings,
    tombstone_leaves,
)
from github_activity_tracker.sync.accounts import load_addresses
from github_activity_tracker.sync.commits import Ingestion
from github_activity_tracker.sync.mirrors import stored_mirror
from github_activity_tracker.sync.probing import SCOPE as REPOSITORIES
from github_activity_tracker.sync.saving import ACCOUNTS, save_leaves
from github_activity_tracker.sync.session import RepositorySession

PAGE_ITEMS = 500
ITEM_KINDS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind not in ("repository", "account"))
THREADS = ("issue", "pull_request", "discussion")


def replay_repositories(collector: AbstractCollector) -> None:
    """Load what is archived of all repositories and accounts."""
    last_seen: dict[int, dt.datetime] = {}
    for items in _pages(collector, REPOSITORIES, "repository"):
        with collector.page(REPOSITORIES) as page:
            records = [cast("RepositoryRecord", record) for record in _parsed(page, "repository", items)]
            page.saved("repositories", "repository", save_repositories(records, {}, None), key="github_id")
            seen = list(_seen(page, REPOSITORIES, "repository", items))
            save_sightings(seen)
            last_seen |= {record.github_id: at for record, at in seen}
    with collector.page(REPOSITORIES):
        retire_namesakes(last_seen)
    for items in _pages(collector, ACCOUNTS, "account"):
        with collector.page(ACCOUNTS) as page:
            accounts = [cast("AccountRecord", record) for record in _parsed(page, "account", items)]
            page.saved("accounts", "account", save_accounts(accounts), key="github_id")
            save_logins(_seen(page, ACCOUNTS, "account", items))


def replay_repository(session: RepositorySession) -> None:
    """Load what is archived of one repository, and the commits of its mirror."""
    gone: set[str] = set()
    for kind in ITEM_KINDS:  # threads before what is below them
        for items in _pages(session.collector, session.scope, kind):
            if kind in THREADS:
                gone |= {item.external_id for item in items if item.absent}
            _load(session, kind, items, gone)
    mirror = stored_mirror(session)
    if mirror is not None:
        Ingestion(session, mirror).load_all()
    load_addresses(session)


def _load(session: RepositorySession, kind: Kind, items: list[ArchivedItem], gone: set[str]) -> None:
    """Load items of one kind. What is absent, or below a thread in `gone`, is removed, or stays so."""
    leaves = [_leaf(kind, item) for item in items]
    absent = {item.external_id for item in items if item.absent}
    removed = {leaf.external_id for leaf in leaves if leaf.external_id in absent or leaf.subject_id in gone}
    with session.page() as page:
        here = [leaf for leaf in leaves if leaf.external_id not in removed]
        away = [leaf for leaf in leaves if leaf.external_id in removed]
        save_leaves(session, page, here, complete=set())
        save_leaves(session, page, away, complete=set(), keep_removed=True)
        page.count(f"{kind}s_removed", tombstone_leaves(kind, removed))


def _seen(page: Page, scope: str, kind: Kind, items: list[ArchivedItem]) -> Iterator[tuple[Any, dt.datetime]]:
    """Everything that was ever said of these: names, logins and counts of earlier days are nowhere else."""
    for version in archive.versions(page.collector, scope, kind, [item.external_id for item in items]):
        for record in _parsed(page, kind, [version]):
            yield record, version.observed_at


def _parsed(page: Page, kind: Kind, items: Iterable[ArchivedItem | ArchivedVersion]) -> Iterator[Record]:
    for item in items:
        try:
            yield parse(kind, Leaf.payload_of(item.body))
        except CollectorError as error:
            page.quarantine(kind, item.external_id, item.body, error)


def _leaf(kind: Kind, item: ArchivedItem) -> Leaf:
    payload = Leaf.payload_of(item.body)
    subject = item.external_id if kind in THREADS else cast("str | None", payload.get("_subject"))
    return Leaf(kind, item.external_id, subject, payload)


def _pages(collector: AbstractCollector, scope: str, kind: str) -> Iterator[list[ArchivedItem]]:
    after = ""
    while items := archive.replay(collector.name, scope, kind, after=after, limit=PAGE_ITEMS):
        yield items
        after = items[-1].external_id
