"""Collect Slack workspaces, or import a workspace export or messages from a file."""

from typing import Any

from django.core.management.base import CommandParser

from core.collectors import BaseCollectorCommand
from cppa_slack_tracker.collectors import CppaSlackTrackerCollector
from cppa_slack_tracker.sync.options import SlackOptions

FLAGS = {
    "join": "let the bot join the public channels that SLACK_JOIN_ALLOW and SLACK_JOIN_BLOCK let it",
    "sync_users": "people; without any --sync-...: everything",
    "sync_channels": "channels with their pins and bookmarks",
    "sync_channel_users": "who is in which channel",
    "sync_messages": "messages, threads, reactions and files",
}


class Command(BaseCollectorCommand):
    help = __doc__ or ""

    def add_source_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--team-id", dest="teams", action="append", metavar="ID", help="only this workspace (repeatable)")
        add(
            "--channel-id",
            dest="channels",
            action="append",
            metavar="ID",
            help="only this channel (repeatable)",
        )
        self.add_time_aliases(parser, ("--start-date",), ("--end-date",))
        for name, text in FLAGS.items():
            add(f"--{name.replace('_', '-')}", action="store_true", help=text)
        add("--messages-json", metavar="PATH", help="import the messages of one --channel-id, offline")
        add("--export-zip", metavar="PATH", help="import Slack's export of a workspace, offline")

    def get_collector(self, **options: Any) -> CppaSlackTrackerCollector:
        flags: dict[str, Any] = {name: bool(options.get(name)) for name in FLAGS}
        return CppaSlackTrackerCollector(
            SlackOptions(
                **self.common_options(options),
                teams=tuple(options.get("teams") or ()),
                channels=tuple(options.get("channels") or ()),
                **flags,
                messages_json=options.get("messages_json") or "",
                export_zip=options.get("export_zip") or "",
            )
        )
