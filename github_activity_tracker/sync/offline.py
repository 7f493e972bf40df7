"""Loading the archive again: the same records, without the network. Commits come from the mirrors.

An item that cannot be parsed goes to quarantine alone. Where a repository is such an item, a row of its id
and of the name that its items show takes its place until the next run with the network.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, cast

from core import archive
from core.archive import ArchivedItem
from core.collectors import AbstractCollector
from core.errors import InvalidInput
from core.items import each_understood
from core.pages import Page
from github_activity_tracker.models import Repository
from github_activity_tracker.parsing import parse
from github_activity_tracker.protocol_impl import KINDS, AccountRecord, Kind, Leaf, Record, RepositoryRecord
from github_activity_tracker.services import (
    save_accounts,
    save_logins,
    save_repositories,
    save_sightings,
    save_unknown,
    tombstone_leaves,
)
from github_activity_tracker.sync.accounts import load_addresses
from github_activity_tracker.sync.commits import Ingestion
from github_activity_tracker.sync.mirrors import stored_mirror
from github_activity_tracker.sync.probing import SCOPE as REPOSITORIES
from github_activity_tracker.sync.saving import ACCOUNTS, save_leaves
from github_activity_tracker.sync.session import RepositorySession

PAGE_ITEMS = 500
SHOWN = 10  # items of a kind that are looked at for a name
PARTS_OF_A_REPOSITORY = 4  # https:, nothing, host, owner; then the name
ITEM_KINDS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind not in ("repository", "account"))
THREADS = ("issue", "pull_request", "discussion")


def replay_repositories(collector: AbstractCollector) -> None:
    """Load what is archived of all repositories and accounts."""
    for items in _pages(collector, REPOSITORIES, "repository"):
        with collector.page(REPOSITORIES) as page:
            records = cast("list[RepositoryRecord]", page.parsed("repository", items, _of("repository")))
            page.saved("repositories", "repository", save_repositories(records, {}, None), key="github_id")
            save_sightings(_seen(page, REPOSITORIES, "repository", items))
    _add_unknown(collector)
    for items in _pages(collector, ACCOUNTS, "account"):
        with collector.page(ACCOUNTS) as page:
            accounts = cast("list[AccountRecord]", page.parsed("account", items, _of("account")))
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
    absent = {item.external_id for item in items if item.absent}
    with session.page() as page:
        leaves = page.parsed(kind, items, partial(_leaf, kind))
        removed = {
            each.external_id for each in leaves if each.external_id in absent or each.subject_id in gone
        }
        here = [leaf for leaf in leaves if leaf.external_id not in removed]
        away = [leaf for leaf in leaves if leaf.external_id in removed]
        save_leaves(session, page, here, complete=set())
        save_leaves(session, page, away, complete=set(), keep_removed=True)
        page.count(f"{kind}s_removed", tombstone_leaves(kind, removed))


def _seen(page: Page, scope: str, kind: Kind, items: list[ArchivedItem]) -> Iterator[tuple[Any, dt.datetime]]:
    """Everything that was ever said of these: names, logins and counts of earlier days are nowhere else."""
    versions = archive.versions(page.collector, scope, kind, [item.external_id for item in items])
    yield from each_understood(
        versions,
        lambda version: (parse(kind, Leaf.payload_of(version.body)), version.observed_at),
        lambda version, error: page.quarantine(kind, version.external_id, version.body, error),
    )


def _add_unknown(collector: AbstractCollector) -> None:
    """Make a row for each repository that has none and of which items are archived."""
    scopes = {int(scope) for scope in archive.scopes(collector.name) if scope.isdecimal()}
    known = set(Repository.objects.filter(pk__in=scopes).values_list("pk", flat=True))
    with collector.page(REPOSITORIES):
        for github_id in sorted(scopes - known):
            if full_name := _name_shown(collector, str(github_id)):
                save_unknown(github_id, *full_name)


def _name_shown(collector: AbstractCollector, scope: str) -> tuple[str, str] | None:
    """The owner and name of a repository in the address of one of its items."""
    for kind in ITEM_KINDS:
        for item in archive.replay(collector.name, scope, kind, limit=SHOWN):
            with suppress(InvalidInput):
                parts = str(Leaf.payload_of(item.body).get("url")).split("/")
                if len(parts) > PARTS_OF_A_REPOSITORY and parts[0] in ("https:", "http:"):
                    return parts[3], parts[4]
    return None


def _of(kind: Kind) -> Callable[[ArchivedItem], Record]:
    return lambda item: parse(kind, Leaf.payload_of(item.body))


def _leaf(kind: Kind, item: ArchivedItem) -> Leaf:
    payload = Leaf.payload_of(item.body)
    subject = item.external_id if kind in THREADS else cast("str | None", payload.get("_subject"))
    return Leaf(kind, item.external_id, subject, payload)


def _pages(collector: AbstractCollector, scope: str, kind: str) -> Iterator[list[ArchivedItem]]:
    after = ""
    while items := archive.replay(collector.name, scope, kind, after=after, limit=PAGE_ITEMS):
        yield items
        after = items[-1].external_id
