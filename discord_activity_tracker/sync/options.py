"""Options of the collectors besides the common ones."""

from dataclasses import dataclass
from enum import StrEnum

from core.collectors import CollectorOptions


class Task(StrEnum):
    SYNC = "sync"
    EXPORT = "export"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class DiscordOptions(CollectorOptions):
    """Options of a run. `channels` limit it to these, by id or name; empty: to those of the settings."""

    channels: tuple[str, ...] = ()
    task: Task = Task.ALL
    skip_discord_sync: bool = False
    skip_markdown_export: bool = False
    skip_remote_push: bool = False

    @property
    def syncs(self) -> bool:
        return self.task != Task.EXPORT and not self.skip_discord_sync

    @property
    def exports(self) -> bool:
        return self.task != Task.SYNC and not self.skip_markdown_export


@dataclass(frozen=True, slots=True)
class BackfillOptions(CollectorOptions):
    """Options of a backfill: `paths` are files of DiscordChatExporter, and folders of them."""

    paths: tuple[str, ...] = ()
