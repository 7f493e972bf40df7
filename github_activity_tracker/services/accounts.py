"""Accounts and the logins that they were seen with."""

import datetime as dt
from collections.abc import Iterable

from core.store import Upserted, upsert
from github_activity_tracker.models import Account, AccountLogin
from github_activity_tracker.protocol_impl.records import AccountRecord
from github_activity_tracker.services.sightings import date_back

SHOWN_EVERYWHERE = ("kind", "login")


def save_accounts(records: Iterable[AccountRecord]) -> Upserted:
    """Save accounts as they were seen. A place that does not tell a name leaves the known one as it is."""
    accounts = {
        record.github_id: record for record in sorted(records, key=lambda record: record.name is not None)
    }
    named = [_row(record) for record in accounts.values() if record.name is not None]
    unnamed = [_row(record) for record in accounts.values() if record.name is None]
    saved = upsert(Account, named, key=("github_id",))
    saved += upsert(Account, unnamed, key=("github_id",), update=SHOWN_EVERYWHERE)
    logins = [AccountLogin(account_id=record.github_id, login=record.login) for record in accounts.values()]
    upsert(AccountLogin, logins, key=("account", "login"), update=())
    return saved


def save_logins(sightings: Iterable[tuple[AccountRecord, dt.datetime]]) -> None:
    """Save the logins that accounts were seen with in earlier runs, oldest first."""
    logins = [(record.github_id, record.login, at) for record, at in sightings]
    rows = [AccountLogin(account_id=account, login=login) for account, login, _ in logins]
    upsert(AccountLogin, rows, key=("account", "login"), update=())
    date_back(AccountLogin, ("account_id", "login"), logins)


def _row(record: AccountRecord) -> Account:
    return Account(github_id=record.github_id, kind=record.kind, login=record.login, name=record.name)
