"""Settings of the Discord tracker."""

from pydantic import Field, SecretStr

from core.conf import AppSettings, SourceUrl
from core.errors import ConfigurationError


class DiscordSettings(AppSettings):
    discord_api_base_url: SourceUrl = Field(
        default="https://discord.com/api/v10", description="Discord's REST API, version included."
    )
    discord_token: SecretStr | None = Field(
        default=None,
        description="Token of a bot that is on the server; from https://discord.com/developers/applications.",
    )
    discord_server_id: str = Field(default="", description="Comma list of the servers to collect, by id.")
    discord_channel_ids: str = Field(
        default="", description="Comma list of channel ids to which collecting is limited; empty: all."
    )
    discord_public_channels: str = Field(
        default="",
        description="Comma list of ids of channels that are public in search and in Markdown, threads in them"
        " included; empty: those that everyone on the server can view.",
    )
    discord_requests_per_second: int = Field(
        default=50, ge=1, description="Calls that Discord allows a bot in a second, over all routes."
    )
    discord_channels_at_once: int = Field(
        default=100,
        ge=1,
        le=200,
        description="Channels that are read at the same time; of each, Discord allows about a page a second.",
    )
    discord_page_size: int = Field(default=100, ge=1, le=100, description="Messages per call.")
    discord_reread_days: int = Field(
        default=3, ge=0, description="Each run reads this many last days again, for edits and deletions."
    )
    discord_sweep_days: int = Field(
        default=30, ge=0, description="Days between two sweeps of a channel for older edits and deletions."
    )
    discord_sweep_requests: int = Field(
        default=300, ge=0, description="Calls that one run spends on sweeps; the next run continues them."
    )
    discord_member_days: int = Field(
        default=1, ge=0, description="Days between two readings of the list of members."
    )
    discord_file_contents: bool = Field(
        default=False, description="Store what is in attachments as well; their addresses expire in a day."
    )
    discord_max_file_mb: int = Field(
        default=25, ge=1, description="Attachments bigger than this (MiB) are not fetched."
    )
    discord_context_repo_owner: str = Field(
        default="", description="Owner of the repository that the Markdown of channels is published to."
    )
    discord_context_repo_name: str = Field(default="", description="Name of that repository.")
    discord_context_repo_branch: str = Field(default="master", description="Branch of it.")

    @property
    def token(self) -> str:
        """Raises ConfigurationError without one."""
        if self.discord_token is None or not self.discord_token.get_secret_value():
            raise ConfigurationError(
                "DISCORD_TOKEN is not set: the token of a bot that is on the server",
                remedy="create a bot at https://discord.com/developers/applications and copy its token",
            )
        return self.discord_token.get_secret_value()

    @property
    def server_ids(self) -> list[int]:
        return [int(text) for text in _ids("DISCORD_SERVER_ID", self.discord_server_id)]

    @property
    def channels(self) -> list[str]:
        """Ids of the channels to which collecting is limited."""
        return _ids("DISCORD_CHANNEL_IDS", self.discord_channel_ids)

    @property
    def public_channel_ids(self) -> list[int]:
        return [int(text) for text in _ids("DISCORD_PUBLIC_CHANNELS", self.discord_public_channels)]

    def require(self) -> None:
        """Raises ConfigurationError when nothing could be collected."""
        if not self.token or not self.server_ids:
            raise ConfigurationError(
                "DISCORD_SERVER_ID names no server",
                remedy="in Discord, switch on Developer Mode and copy the server's id from its menu",
            )
        _ = self.channels, self.public_channel_ids


def _ids(variable: str, text: str) -> list[str]:
    """The ids of a comma list. Raises ConfigurationError for what is none."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    for part in parts:
        if not (part.isascii() and part.isdecimal() and len(part) <= len(str(2**63)) and int(part) < 2**63):
            raise ConfigurationError(f"{variable}: {part!r} is no id", remedy="write ids, comma separated")
    return parts
