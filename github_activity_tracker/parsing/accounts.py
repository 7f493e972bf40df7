"""Who did it: GraphQL's Actor, Assignee, RequestedReviewer and User as accounts."""

from collections.abc import Mapping
from typing import Any

from github_activity_tracker.parsing.fields import Fields
from github_activity_tracker.protocol_impl.records import GHOST_ID, GHOST_LOGIN, AccountRecord

# GraphQL type -> Account.Kind.
KINDS = {
    "User": "user",
    "Bot": "bot",
    "Organization": "organization",
    "Mannequin": "mannequin",
}
NAMED = frozenset({"User", "Organization"})
ENTERPRISE = "EnterpriseUserAccount"  # stands for a user
GHOST_PAYLOAD: Mapping[str, Any] = {
    "__typename": "User",
    "login": GHOST_LOGIN,
    "databaseId": GHOST_ID,
    "name": "",
}


def parse_account(payload: Mapping[str, Any]) -> AccountRecord:
    """Return an account as the API shows it. `name` is None where the payload does not tell it."""
    return _account(Fields(payload))


def parse_address(payload: Mapping[str, Any]) -> tuple[str, int | None]:
    """Return an e-mail address in commits, and the id of its account; None where GitHub knows none."""
    fields = Fields(payload)
    account = None if fields.value("account") is None else fields.database_id("account")
    return fields.text("email"), account


def author_id(fields: Fields) -> int:
    """Return who wrote it: GitHub answers null for an account that was deleted, and shows a ghost."""
    return account_id(fields, "author") or GHOST_ID


def account_id(fields: Fields, name: str) -> int | None:
    """Return the account that a field shows; None for null and for what is no account (a team)."""
    actor = fields.optional_inner(name)
    if actor is not None and actor.text_or("__typename") == ENTERPRISE:
        actor = actor.optional_inner("user")
    if actor is None or actor.text_or("__typename") not in KINDS:
        return None
    return _account(actor).github_id


def is_account(payload: Mapping[str, Any]) -> bool:
    """Whether this object of a payload is an account with an id."""
    return (
        isinstance(payload.get("login"), str)
        and type(payload.get("databaseId")) is int
        and str(payload.get("__typename")) in KINDS
    )


def _account(fields: Fields) -> AccountRecord:
    type_name = fields.text("__typename")
    if type_name not in KINDS:
        raise fields.wrong("__typename", "an account's type", type_name)
    github_id = fields.database_id("databaseId")
    if github_id == GHOST_ID:
        return AccountRecord(GHOST_ID, "ghost", GHOST_LOGIN, "")
    name = (fields.text_or("name") if fields.has("name") else None) if type_name in NAMED else ""
    return AccountRecord(github_id, KINDS[type_name], fields.filled("login"), name)
