"""Accounts: the names under which sources count a credential's calls, kept because asking costs a call."""

from collections.abc import Iterable

BUCKET = "account"


def known_accounts(credential_ids: Iterable[str]) -> dict[str, str]:
    """Return the accounts of the credentials whose account was asked for before, by credential id."""
    from core.models import CallBudget  # noqa: PLC0415 - settings are read before there are models

    rows = CallBudget.objects.filter(bucket=BUCKET, credential__in=credential_ids, account__isnull=False)
    return {credential: account or "" for credential, account in rows.values_list("credential", "account")}


def remember_account(credential_id: str, account: str) -> None:
    """Keep what was answered; at most 64 characters."""
    from core.models import CallBudget  # noqa: PLC0415 - as above

    CallBudget.objects.update_or_create(
        bucket=BUCKET, credential=credential_id, defaults={"account": account}
    )
