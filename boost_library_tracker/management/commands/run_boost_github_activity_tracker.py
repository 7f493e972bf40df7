"""Collect Boost's repositories: commits, issues, pull requests and all that people say on them."""

from typing import Any

from django.core.management.base import CommandParser

from boost_library_tracker.collectors import BoostGithubActivityCollector
from github_activity_tracker.sync import GithubCommand


class Command(GithubCommand):
    help = __doc__ or ""

    def add_source_arguments(self, parser: CommandParser) -> None:
        super().add_source_arguments(parser)
        parser.add_argument(
            "--from-repo",
            "--from-library",
            dest="from_repo",
            metavar="NAME",
            help="this repository and those behind it in .gitmodules",
        )

    def get_collector(self, **options: Any) -> BoostGithubActivityCollector:
        return BoostGithubActivityCollector(self.github_options(options))
