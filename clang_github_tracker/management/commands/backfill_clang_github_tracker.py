"""Load LLVM's archived issues, pull requests and mirrored commits again, without the network."""

from typing import Any, ClassVar

from django.core.management.base import CommandParser

from clang_github_tracker.collectors import ClangGithubTrackerCollector
from github_activity_tracker.sync import GithubCommand


class Command(GithubCommand):
    help = __doc__ or ""
    without: ClassVar[frozenset[str]] = frozenset(
        {"--dry-run", "--since", "--until", "--full", "--from-archive", "--limit", "--retry-quarantined"}
    )

    def add_source_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--skip-markdown-export", action="store_true", help="render no Markdown")

    def get_collector(self, **options: Any) -> ClangGithubTrackerCollector:
        return ClangGithubTrackerCollector(self.github_options(options | {"from_archive": True}))
