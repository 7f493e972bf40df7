"""The options of the commands that run the GitHub engine."""

from typing import Any

from django.core.management.base import CommandParser

from core.collectors import BaseCollectorCommand
from github_activity_tracker.sync.options import GithubOptions


class GithubCommand(BaseCollectorCommand):
    """A command over a GithubCollector; a subclass gives `get_collector`."""

    def add_source_arguments(self, parser: CommandParser) -> None:
        self.add_time_aliases(parser, ("--from-date", "--start-time"), ("--to-date", "--end-time"))
        parser.add_argument(
            "--repo", dest="repos", action="append", metavar="NAME", help="only this repository (repeatable)"
        )
        parser.add_argument("--skip-github-sync", action="store_true", help="ask GitHub for nothing new")
        parser.add_argument("--skip-markdown-export", action="store_true", help="render no Markdown")
        parser.add_argument(
            "--skip-remote-push", action="store_true", help="render Markdown, publish nothing"
        )

    def github_options(self, options: dict[str, Any]) -> GithubOptions:
        return GithubOptions(
            **self.common_options(options),
            repos=tuple(options.get("repos") or ()),
            from_repo=options.get("from_repo"),
            skip_github_sync=bool(options.get("skip_github_sync")),
            skip_markdown_export=bool(options.get("skip_markdown_export")),
            skip_remote_push=bool(options.get("skip_remote_push")),
            partial=bool(options.get("partial")),
        )
