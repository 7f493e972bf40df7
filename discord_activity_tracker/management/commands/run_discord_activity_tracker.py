"""Collect Discord servers: channels, threads, messages, reactions, members."""

from typing import Any

from django.core.management.base import CommandParser

from core.collectors import BaseCollectorCommand
from discord_activity_tracker.collectors import DiscordActivityCollector
from discord_activity_tracker.sync.options import DiscordOptions, Task


class Command(BaseCollectorCommand):
    help = __doc__ or ""

    def add_source_arguments(self, parser: CommandParser) -> None:
        self.add_time_aliases(parser, ("--from-date", "--start-time"), ("--to-date", "--end-time"))
        parser.add_argument(
            "--channels",
            nargs="+",
            metavar="CHANNEL",
            help="only these channels and the threads in them, by id or name; a category means those in it",
        )
        parser.add_argument(
            "--task", choices=[str(task) for task in Task], default=str(Task.ALL), help="what to do"
        )
        parser.add_argument("--skip-discord-sync", action="store_true", help="ask Discord for nothing new")
        parser.add_argument("--skip-markdown-export", action="store_true", help="render no Markdown")
        parser.add_argument(
            "--skip-remote-push", action="store_true", help="render Markdown, publish nothing"
        )

    def get_collector(self, **options: Any) -> DiscordActivityCollector:
        return DiscordActivityCollector(
            DiscordOptions(
                **self.common_options(options),
                channels=tuple(options.get("channels") or ()),
                task=Task(options.get("task") or Task.ALL),
                skip_discord_sync=bool(options.get("skip_discord_sync")),
                skip_markdown_export=bool(options.get("skip_markdown_export")),
                skip_remote_push=bool(options.get("skip_remote_push")),
            )
        )
