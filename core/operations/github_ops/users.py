"""Whose tokens they are: GitHub counts calls by user, whatever the token."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, cast

from core.budget import known_accounts, remember_account
from core.errors import AuthError, NotFound, PermissionDenied, RateLimited

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.http import Credential, HttpClient


class Users:
    """Finds the users of tokens; asks GitHub once for each token that it does not know."""

    def __init__(self, client: Callable[[Credential], HttpClient]) -> None:
        """`client` asks the REST API with a credential."""
        self._client = client

    def identified(self, credentials: Sequence[Credential], reject: Callable[[str], None]) -> dict[str, str]:
        """Accounts by credential id; `reject` hears of a token that is refused.

        A single token is not worth a call, and counts alone as long as nothing is known of it.
        """
        known = known_accounts([credential.id for credential in credentials])
        if len(credentials) > 1:
            unknown = [each for each in credentials if each.id not in known and not each.account]
            known |= self._asked(unknown, reject)
        return known

    def _asked(self, credentials: Sequence[Credential], reject: Callable[[str], None]) -> dict[str, str]:
        found: dict[str, str] = {}
        for credential in credentials:
            try:
                account = self._account(credential)
            except AuthError:
                reject(credential.id)
                continue
            except RateLimited:
                continue  # it can be asked another day; until then it counts alone
            remember_account(credential.id, account)
            found[credential.id] = account
        return found

    def _account(self, credential: Credential) -> str:
        with closing(self._client(credential)) as http:
            try:
                said: Any = http.get("user").json()
            except (NotFound, PermissionDenied):
                return credential.id  # a token of an App or of a workflow is no user's
        number: Any = cast("dict[str, Any]", said).get("id") if isinstance(said, dict) else None
        return f"user {number}" if isinstance(number, int) else credential.id
