"""People and times as the export writes them."""

from datetime import UTC, datetime

from core.operations.md_ops import inline
from github_activity_tracker.models import Account

# What somebody is to the repository, where that says something (MEMBER, ...; not NONE).
TOLD = frozenset({"OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR"})


def person(account: Account | None, association: str = "") -> str:
    """Return the login, with what is worth knowing: a bot, a member."""
    if account is None:
        return "somebody"
    facts = ["bot"] if account.kind == Account.Kind.BOT else []
    facts += [association.lower()] if association in TOLD else []
    return inline(account.login) + (f" ({', '.join(facts)})" if facts else "")


def moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
