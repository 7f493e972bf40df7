"""The scopes of a token: those that a workspace needs, and what goes without those that it can do without."""

from collections.abc import Iterable, Sequence

from core.errors import ConfigurationError
from core.operations.slack_ops import Identity, SlackClient

MISSING = "missing_scope"  # Slack's word
# What a run can do without. Without the scope for addresses people have none, and nothing is said.
TOLD_ONCE = frozenset({"bookmarks:read", "files:read", "pins:read", "team:read"})
USEFUL_SCOPES = TOLD_ONCE | {"users:read.email"}
# A kind of conversations, as they are stored -> how its scopes begin.
_SCOPES_OF = {"public": "channels", "private": "groups", "im": "im", "mpim": "mpim"}
CHANNEL_TYPES = frozenset({"public_channel", "private_channel", "im", "mpim"})


def kind_of(channel_type: str) -> str:
    """Give Slack's word for a kind of conversations in ours."""
    return channel_type.removesuffix("_channel")


def scope_of_kind(kind: str, what: str) -> str:
    """Name the scope for conversations of a kind; `what` is "read", for their list, or "history"."""
    return f"{_SCOPES_OF[kind]}:{what}"


def needed_scopes(channel_types: Iterable[str]) -> frozenset[str]:
    """Name the scopes that reading conversations of these types takes."""
    kinds = map(kind_of, channel_types)
    return frozenset(
        {"users:read", *(scope_of_kind(kind, what) for kind in kinds for what in ("history", "read"))}
    )


def identified(client: SlackClient, team_id: str) -> Identity:
    """Ask whose token it is. Raises ConfigurationError when it is another workspace's."""
    identity = client.identity()
    if identity.team_id != team_id:
        raise ConfigurationError(
            f"the token of {team_id} is one of workspace {identity.team_id}",
            remedy="set the bot token of each workspace under its own id",
        )
    return identity


def lacking(identity: Identity, wanted: frozenset[str]) -> frozenset[str]:
    """Name the wanted scopes that a token lacks. What it has, Slack says with every answer."""
    return wanted - identity.scopes if identity.scopes else frozenset()


def require_known(channel_types: Sequence[str]) -> None:
    """Raise ConfigurationError for a setting that names no kind of conversations, or one that is none."""
    unknown = [kind for kind in channel_types if kind not in CHANNEL_TYPES]
    if unknown or not channel_types:
        said = f"{unknown[0]!r} is no kind of conversations" if unknown else "it names none"
        raise ConfigurationError(
            f"SLACK_CHANNEL_TYPES: {said}", remedy=f"write some of {', '.join(sorted(CHANNEL_TYPES))}"
        )
