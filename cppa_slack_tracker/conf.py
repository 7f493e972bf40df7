"""Settings of the Slack tracker. Those of tokens, base URL and pace are core.operations.slack_ops's."""

from pydantic import Field

from core.conf import AppSettings


class SlackTrackerSettings(AppSettings):
    slack_channel_types: str = Field(
        default="public_channel,private_channel",
        description="Kinds of conversations to collect, in Slack's words; im and mpim are direct messages.",
    )
    slack_recent_days: int = Field(
        default=7, ge=0, description="Days before the newest message that every run reads again."
    )
    slack_sweep_days: int = Field(
        default=30,
        ge=0,
        description="Days within which every old message and thread is read again; 0: in every run.",
    )
    slack_join_allow: str = Field(
        default="*", description="Comma list of channel ids or names (* matches any) that --join may join."
    )
    slack_join_block: str = Field(
        default="", description="Comma list of channel ids or names --join leaves alone, whatever is allowed."
    )
    slack_indexed_channels: str = Field(
        default="",
        description="Comma list of channel ids that go to the search index; empty: all but direct messages.",
    )
    slack_file_content: bool = Field(default=False, description="Fetch the content of files as well.")
    slack_file_max_mb: int = Field(
        default=20, ge=1, description="A bigger file (MiB) is stored without its content."
    )
    slack_file_hosts: str = Field(
        default="files.slack.com,slack-files.com",
        description="Comma list of the hosts that file content is fetched from, with the token.",
    )

    def days_between_visits(self, age: int) -> int:
        """Say how often to read again what was last written to `age` days ago.

        Every day while it is recent, every week for a while, then once in a sweep.
        """
        if age <= self.slack_recent_days or not self.slack_sweep_days:
            return 1
        return self.days_between_lists if age <= self.slack_sweep_days else self.slack_sweep_days

    @property
    def days_between_lists(self) -> int:
        """How often the lists of a channel are read again that are slow or seldom change."""
        return min(7, max(1, self.slack_sweep_days))

    @property
    def channel_types(self) -> list[str]:
        return _listed(self.slack_channel_types)

    @property
    def indexed_channels(self) -> list[str]:
        return _listed(self.slack_indexed_channels)

    @property
    def join_allow(self) -> list[str]:
        return _listed(self.slack_join_allow)

    @property
    def join_block(self) -> list[str]:
        return _listed(self.slack_join_block)

    @property
    def file_hosts(self) -> list[str]:
        return _listed(self.slack_file_hosts)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
