"""Whose an e-mail address in commits is: GitHub is asked once for each, a hundred commits a request."""

from collections.abc import Mapping
from typing import Any, cast

from core.errors import SourceError
from github_activity_tracker.client import CommitAccounts
from github_activity_tracker.models import CommitIdentity
from github_activity_tracker.sync.kinds import ACCOUNT, ACCOUNTS, ADDRESS
from github_activity_tracker.sync.session import RepositoryScope

COMMITS_A_REQUEST = 100


def link_accounts(scope: RepositoryScope) -> None:
    """Find the accounts of the addresses that this repository's commits were the first to carry."""
    row = scope.row
    while asked := _unseen(scope):
        people = scope.source.client.commit_accounts(row.owner, row.name, sorted(set(asked.values())))
        found: dict[str, Mapping[str, Any] | None] = {e: None for e, sha in asked.items() if sha in people}
        if not found:
            raise SourceError(
                f"GitHub does not say who wrote {len(asked)} commits", remedy="run it again later"
            )
        for of_commit in people.values():
            found |= _users(of_commit) if of_commit else {}
        with scope.page() as page:
            users = [user for user in found.values() if user]
            known = page.take(ACCOUNT, None, users, scope=ACCOUNTS).records
            # Who cannot be understood is nobody that we know: asking again would answer the same.
            owners = {email: known.get(ACCOUNT.name_of(user)) for email, user in found.items()}
            addresses = [
                {"email": email, "account": owner.github_id if owner else None}
                for email, owner in owners.items()
            ]
            page.take(ADDRESS, row.github_id, addresses)


def _users(of_commit: CommitAccounts) -> dict[str, Mapping[str, Any]]:
    """Return the users by e-mail address, of all that a commit names."""
    named = [of_commit.author, of_commit.committer, *of_commit.authors]
    return {
        signature["email"]: cast("Mapping[str, Any]", signature["user"])
        for signature in named
        if signature and signature.get("email") and signature.get("user")
    }


def _unseen(scope: RepositoryScope) -> dict[str, str]:
    """Return a commit that carries it for each address that nobody was asked for yet."""
    rows = CommitIdentity.objects.filter(repository=scope.row, looked_up=False).order_by("sha", "email")
    found: dict[str, str] = {}
    for email, sha in rows.values_list("email", "sha"):
        if len({*found.values(), sha}) > COMMITS_A_REQUEST:
            break
        found[email] = sha
    return found
