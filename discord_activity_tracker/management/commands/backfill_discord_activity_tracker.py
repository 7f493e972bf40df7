"""Fill in what is older: import files of DiscordChatExporter, or read on before the first stored message."""

from typing import Any, ClassVar

from django.core.management.base import CommandParser

from core.collectors import BaseCollectorCommand, CollectorRunnable
from core.errors import InvalidInput
from discord_activity_tracker.collectors import DiscordActivityCollector, DiscordBackfillCollector
from discord_activity_tracker.sync.options import BackfillOptions, DiscordOptions, Task


class Command(BaseCollectorCommand):
    help = __doc__ or ""
    without: ClassVar[frozenset[str]] = frozenset({"--dry-run", "--since", "--until"})

    def add_source_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--path",
            nargs="+",
            metavar="PATH",
            help="files of DiscordChatExporter (--format Json), and folders of them",
        )
        parser.add_argument(
            "--api", action="store_true", help="read from Discord what is older than all that is stored"
        )
        parser.add_argument(
            "--channels", nargs="+", metavar="CHANNEL", help="with --api: only these, by id or name"
        )

    def get_collector(self, **options: Any) -> CollectorRunnable:
        """Return the collector of files, or for `--api` the other one, which closes every gap."""
        common, channels = self.common_options(options), tuple(options.get("channels") or ())
        paths = tuple(options.get("path") or ())
        if options.get("api"):
            if paths:
                raise InvalidInput("--api takes no --path", remedy="run it twice, once with each")
            return DiscordActivityCollector(DiscordOptions(**common, channels=channels, task=Task.SYNC))
        if channels:
            raise InvalidInput("--channels is for --api", remedy="leave it out")
        return DiscordBackfillCollector(BackfillOptions(**common, paths=paths))
