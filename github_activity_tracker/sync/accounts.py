"""Whose an e-mail address in commits is: GitHub is asked once for each, a hundred commits a request."""

import json
from collections.abc import Mapping
from typing import Any, cast

from core import archive
from core.archive import ArchivedItem
from core.errors import InvalidInput, SourceError
from core.items import each_understood
from core.json_text import json_bytes, parse_json
from core.payloads import MOST_OF_AN_ID, shown
from github_activity_tracker.client import CommitAccounts
from github_activity_tracker.models import CommitIdentity
from github_activity_tracker.parsing import parse_account
from github_activity_tracker.protocol_impl import AccountRecord, Leaf
from github_activity_tracker.services import link_identities, save_accounts
from github_activity_tracker.sync.saving import ACCOUNTS
from github_activity_tracker.sync.session import RepositorySession

ADDRESS = "address"  # archived: an e-mail address and the id of its account, null where GitHub knows none
COMMITS_A_REQUEST = 100
ADDRESSES_A_PAGE = 500


def link_accounts(session: RepositorySession) -> None:
    """Find the accounts of the addresses that this repository's commits were the first to carry."""
    while asked := _unseen(session):
        row = session.row
        people = session.source.client.commit_accounts(row.owner, row.name, sorted(set(asked.values())))
        found: dict[str, Mapping[str, Any] | None] = {e: None for e, sha in asked.items() if sha in people}
        if not found:
            raise SourceError(
                f"GitHub does not say who wrote {len(asked)} commits", remedy="run it again later"
            )
        for of_commit in people.values():
            found |= _users(of_commit) if of_commit else {}
        with session.page() as page:
            known = each_understood(
                found.items(),
                _account,
                lambda item, error: page.quarantine("account", item[0], json_bytes(item[1]), error),
            )
            bodies = {str(account.github_id): body for _, account, body in known if account}
            page.archive_all({"account": bodies}, scope=ACCOUNTS)
            accounts = {account.github_id: account for _, account, _ in known if account}
            page.saved("accounts", "account", save_accounts(accounts.values()), key="github_id")
            # Who cannot be understood is nobody that we know: asking again would answer the same.
            linked: dict[str, int | None] = dict.fromkeys(found)
            linked |= {email: account.github_id if account else None for email, account, _ in known}
            page.archive(ADDRESS, {email: json.dumps(owner).encode() for email, owner in linked.items()})
            page.count("addresses_looked_up", link_identities(linked))


def load_addresses(session: RepositorySession) -> None:
    """What was answered once, from the archive."""
    after, name = "", session.collector.name
    while items := archive.replay(name, session.scope, ADDRESS, after=after, limit=ADDRESSES_A_PAGE):
        with session.page() as page:
            linked = dict(page.parsed(ADDRESS, items, _owner))
            page.count("addresses_looked_up", link_identities(linked))
        after = items[-1].external_id


def _account(found: tuple[str, Mapping[str, Any] | None]) -> tuple[str, AccountRecord | None, bytes]:
    """An e-mail address, whose it is, and that account's payload."""
    email, user = found
    if user is None:
        return email, None, b""
    account = parse_account(user)
    return email, account, Leaf("account", str(account.github_id), None, user).body()


def _owner(item: ArchivedItem) -> tuple[str, int | None]:
    owner: Any = parse_json(item.body)
    if owner is not None and (type(owner) is not int or not 0 < owner <= MOST_OF_AN_ID):
        raise InvalidInput(f"not the id of an account but {shown(owner)}", item=item.external_id)
    return item.external_id, owner


def _users(of_commit: CommitAccounts) -> dict[str, Mapping[str, Any]]:
    """E-mail -> user, of all that a commit names."""
    named = [of_commit.author, of_commit.committer, *of_commit.authors]
    return {
        signature["email"]: cast("Mapping[str, Any]", signature["user"])
        for signature in named
        if signature and signature.get("email") and signature.get("user")
    }


def _unseen(session: RepositorySession) -> dict[str, str]:
    """E-mail -> a commit that carries it, of addresses that nobody was asked for yet."""
    rows = CommitIdentity.objects.filter(repository=session.row, looked_up=False).order_by("sha", "email")
    found: dict[str, str] = {}
    for email, sha in rows.values_list("email", "sha"):
        if len({*found.values(), sha}) > COMMITS_A_REQUEST:
            break
        found[email] = sha
    return found
