"""What the collectors may be asked to do besides the common options."""

from dataclasses import dataclass
from enum import StrEnum

from core.collectors import CollectorOptions


class Task(StrEnum):
    SYNC = "sync"
    EXPORT = "export"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class DiscordOptions(CollectorOptions):
    """`channels`: only these and the threads in them, by id or name; empty: those of the settings."""

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
    """`paths`: files and folders of DiscordChatExporter's JSON; `api`: read what is older than all stored."""

    paths: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    api: bool = False
