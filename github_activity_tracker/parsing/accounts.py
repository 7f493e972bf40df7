"""Who did it: GraphQL's Actor, Assignee, RequestedReviewer and User as accounts."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, cast

from core.errors import InvalidInput
from github_activity_tracker.parsing.fields import Fields
from github_activity_tracker.protocol_impl import GHOST_ID, GHOST_LOGIN, AccountRecord

# GraphQL type -> Account.Kind.
KINDS = {
    "User": "user",
    "Bot": "bot",
    "Organization": "organization",
    "Mannequin": "mannequin",
}
NAMED = frozenset({"User", "Organization"})
ENTERPRISE = "EnterpriseUserAccount"  # stands for a user
GHOST = AccountRecord(GHOST_ID, "ghost", GHOST_LOGIN, "")


def parse_account(payload: Mapping[str, Any]) -> AccountRecord:
    """An account as the API shows it. `name` is None where the payload does not tell it.

    Raises InvalidInput naming the field.
    """
    return _account(Fields(payload))


def author_id(fields: Fields, name: str = "author") -> int:
    """Who wrote it: GitHub answers null for an account that was deleted, and shows a ghost."""
    return account_id(fields, name) or GHOST_ID


def account_id(fields: Fields, name: str) -> int | None:
    """The account that a field shows; None for null and for what is no account (a team)."""
    actor = fields.optional_inner(name)
    if actor is None:
        return None
    actor = _user_behind(actor)
    return _account(actor).github_id if actor and _is_account(actor) else None


def accounts_in(payload: object) -> Iterator[AccountRecord]:
    """The accounts that a payload shows, wherever they stand in it; those that make no sense are left out.

    A missing author is the ghost.
    """
    if isinstance(payload, list):
        for inner in cast("list[object]", payload):
            yield from accounts_in(inner)
    elif isinstance(payload, Mapping):
        fields = cast("Mapping[str, Any]", payload)
        if is_account(fields):
            with suppress(InvalidInput):
                yield _account(Fields(fields))
            return
        if "author" in fields and fields["author"] is None:
            yield GHOST
        for inner in fields.values():
            yield from accounts_in(inner)


def is_account(payload: Mapping[str, Any]) -> bool:
    """Whether this object of a payload is an account with an id."""
    return (
        isinstance(payload.get("login"), str)
        and type(payload.get("databaseId")) is int
        and str(payload.get("__typename")) in KINDS
    )


def _is_account(fields: Fields) -> bool:
    return fields.text_or("__typename") in KINDS


def _user_behind(actor: Fields) -> Fields | None:
    if actor.text_or("__typename") == ENTERPRISE:
        return actor.optional_inner("user")
    return actor


def _account(fields: Fields) -> AccountRecord:
    type_name = fields.text("__typename")
    if type_name not in KINDS:
        raise fields.wrong("__typename", "an account's type", type_name)
    github_id = fields.database_id("databaseId")
    if github_id == GHOST_ID:
        return GHOST
    name = (fields.text_or("name") if fields.has("name") else None) if type_name in NAMED else ""
    return AccountRecord(github_id, KINDS[type_name], fields.filled("login"), name)
