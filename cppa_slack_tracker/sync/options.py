"""Options of a run over Slack."""

from dataclasses import dataclass

from core.collectors import CollectorOptions


@dataclass(frozen=True, slots=True)
class SlackOptions(CollectorOptions):
    """`teams` and `channels` empty: all. No `sync_...`: all of them.

    `messages_json` and `export_zip` are files to import instead of asking Slack.
    """

    teams: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    join: bool = False
    sync_users: bool = False
    sync_channels: bool = False
    sync_channel_users: bool = False
    sync_messages: bool = False
    messages_json: str = ""
    export_zip: str = ""

    @property
    def _chosen(self) -> bool:
        return self.sync_users or self.sync_channels or self.sync_channel_users or self.sync_messages

    @property
    def users(self) -> bool:
        return self.sync_users or not self._chosen

    @property
    def headers(self) -> bool:
        """The list of channels, with their pins and bookmarks."""
        return self.sync_channels or not self._chosen

    @property
    def members(self) -> bool:
        return self.sync_channel_users or not self._chosen

    @property
    def messages(self) -> bool:
        return self.sync_messages or not self._chosen

    @property
    def of_channels(self) -> bool:
        """Tell whether anything of channels is wanted."""
        return self.headers or self.members or self.messages
