"""What is stored of LLVM's repositories beside what GitHub counts."""

from collections.abc import Iterable
from typing import ClassVar

from clang_github_tracker.conf import ClangGithubSettings
from github_activity_tracker.models import Repository
from github_activity_tracker.sync import RepositoryCoverage


class ClangCoverage(RepositoryCoverage):
    command: ClassVar[str] = "run_clang_github_tracker"
    collector: ClassVar[str] = "clang_github_tracker"

    def repositories(self) -> Iterable[Repository]:
        return Repository.objects.filter(
            owner__iexact=ClangGithubSettings.current().clang_github_owner,
            name__iexact=ClangGithubSettings.current().clang_github_repo,
        )
