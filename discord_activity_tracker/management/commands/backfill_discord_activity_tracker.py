"""Fill in what is older: import files of DiscordChatExporter, or read on before the first stored message."""

from typing import Any, ClassVar

from django.core.management.base import CommandParser

from core.collectors import BaseCollectorCommand
from discord_activity_tracker.collectors import DiscordBackfillCollector
from discord_activity_tracker.sync.options import BackfillOptions


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

    def get_collector(self, **options: Any) -> DiscordBackfillCollector:
        return DiscordBackfillCollector(
            BackfillOptions(
                **self.common_options(options),
                paths=tuple(options.get("path") or ()),
                channels=tuple(options.get("channels") or ()),
                api=bool(options.get("api")),
            )
        )
