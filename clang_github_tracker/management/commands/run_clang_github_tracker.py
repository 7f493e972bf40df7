"""Collect LLVM's repository: commits, issues, pull requests and all that people say on them."""

from typing import Any

from django.core.management.base import CommandParser

from clang_github_tracker.collectors import ClangGithubTrackerCollector
from github_activity_tracker.sync import GithubCommand


class Command(GithubCommand):
    help = __doc__ or ""

    def add_source_arguments(self, parser: CommandParser) -> None:
        super().add_source_arguments(parser)
        parser.add_argument(
            "--partial",
            action="store_true",
            help="mirror without file contents: no line counts, only exact renames",
        )

    def get_collector(self, **options: Any) -> ClangGithubTrackerCollector:
        return ClangGithubTrackerCollector(self.github_options(options))
