"""Accounts and the logins that they were seen with."""

from collections.abc import Iterable

from core.store import Upserted, upsert
from github_activity_tracker.models import Account, AccountLogin
from github_activity_tracker.protocol_impl import AccountRecord

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


def _row(record: AccountRecord) -> Account:
    return Account(github_id=record.github_id, kind=record.kind, login=record.login, name=record.name)
