"""Calls of the Web API: who asks, for what, and what they may."""

from dataclasses import dataclass
from typing import Any

from core.twins import Arguments, TwinClock
from cppa_slack_tracker.twin.channels import Channel
from cppa_slack_tracker.twin.paging import RefusedError
from cppa_slack_tracker.twin.workspaces import Workspace

Answer = dict[str, Any]
TYPES = {
    "public_channel": "channels",
    "private_channel": "groups",
    "im": "im",
    "mpim": "mpim",
}
"""Types of conversations, and what the scopes call them."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that came with a good token."""

    space: Workspace
    args: Arguments
    origin: str
    clock: TwinClock
    hidden_before: int = 0
    """ts of what a free plan does not show any more."""
    restricted: bool = False

    def required(self, name: str) -> str:
        if name not in self.args:
            raise RefusedError(
                "invalid_arguments", response_metadata={"messages": [f"[ERROR] missing: {name}"]}
            )
        return self.args[name]

    def allow(self, *scopes: str) -> None:
        """Raises RefusedError unless the token has one of these scopes."""
        if not self.space.scopes & set(scopes):
            provided = ",".join(sorted(self.space.scopes))
            raise RefusedError("missing_scope", needed=scopes[0], provided=provided)

    def channel(self, doing: str) -> Channel:
        """The channel that the call is about, as far as the bot knows of it."""
        channel = self.space.channels.get(self.required("channel"))
        if channel is None or not channel.is_seen:
            raise RefusedError("channel_not_found")
        self.allow(f"{TYPES[channel.kind]}:{doing}")
        return channel


def readable(channel: Channel) -> Channel:
    """Raises RefusedError for a channel that the bot would have to join first."""
    if not channel.is_member:
        raise RefusedError("not_in_channel")
    return channel
