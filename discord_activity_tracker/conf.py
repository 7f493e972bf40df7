"""Settings of the Discord tracker."""

from functools import lru_cache

from pydantic import Field, SecretStr

from core.conf import AppSettings, SourceUrl


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
        description="Comma list of ids of channels that may be published and indexed, threads in them"
        " included; empty: those that everyone on the server can view.",
    )
    discord_requests_per_second: int = Field(
        default=50, ge=1, description="Calls that Discord allows a bot in a second, over all routes."
    )
    discord_channels_at_once: int = Field(
        default=8, ge=1, le=50, description="Channels that are read at the same time."
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
    def server_ids(self) -> list[int]:
        """Raises ValueError where one is no number."""
        return [int(text) for text in _parts(self.discord_server_id)]

    @property
    def channel_ids(self) -> list[int]:
        """Raises ValueError where one is no number."""
        return [int(text) for text in _parts(self.discord_channel_ids)]

    @property
    def public_channel_ids(self) -> list[int]:
        """Raises ValueError where one is no number."""
        return [int(text) for text in _parts(self.discord_public_channels)]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@lru_cache(maxsize=1)
def settings() -> DiscordSettings:
    return DiscordSettings.load()
