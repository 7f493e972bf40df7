"""The scopes of a token: those that a workspace needs, and what goes without those that it can do without."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core import checkpoints
from core.collectors import AbstractCollector
from core.errors import ConfigurationError
from cppa_slack_tracker.protocol_impl import ChannelState

MISSING_SCOPE = "missing_scope"
USEFUL_SCOPES = frozenset({"bookmarks:read", "files:read", "pins:read", "team:read", "users:read.email"})
# Slack's word for a kind of conversations -> how its scopes begin.
_SCOPES_OF = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
CHANNEL_TYPES = frozenset(_SCOPES_OF)
STREAM = "scopes"


def needed_scopes(channel_types: Iterable[str]) -> frozenset[str]:
    """What reading conversations of these kinds takes."""
    of_kinds = {f"{_SCOPES_OF[kind]}:{what}" for kind in channel_types for what in ("history", "read")}
    return frozenset({"users:read", *of_kinds})


def require_known(channel_types: Sequence[str]) -> None:
    """Raises ConfigurationError for a setting that names no kind of conversations, or one that is none."""
    unknown = [kind for kind in channel_types if kind not in CHANNEL_TYPES]
    if unknown or not channel_types:
        said = f"{unknown[0]!r} is no kind of conversations" if unknown else "it names none"
        raise ConfigurationError(
            f"SLACK_CHANNEL_TYPES: {said}", remedy=f"write some of {', '.join(sorted(CHANNEL_TYPES))}"
        )


@dataclass(slots=True)
class Lacking:
    """Parts of a workspace that its token has no scope for: told when it is news, and then counted."""

    collector: AbstractCollector
    team_id: str
    _parts: set[str] = field(init=False)
    _known: frozenset[str] = field(init=False)
    _met: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        # Also with --full: what was told was told.
        state = checkpoints.load(self.collector.name, self.team_id, STREAM)
        self._parts = set(state.extras.get("lacking", []))
        self._known = frozenset(self._parts)

    def is_news(self, part: str) -> bool:
        """Note that a scope is missing for a part; whether the last run did not know that."""
        self._met.add(part)
        self._parts.add(part)
        return part not in self._known

    def works(self, part: str) -> None:
        self._parts.discard(part)

    def save(self) -> None:
        if not self._met and self._parts == set(self._known):
            return
        parts = sorted(self._parts)
        marker = f"without {', '.join(parts)}" if parts else "no scope is missing"
        with self.collector.page(self.team_id) as page:
            page.count("parts_without_scope", len(self._met))
            page.checkpoint(STREAM, ChannelState(str(len(parts)), marker, {"lacking": parts}))
