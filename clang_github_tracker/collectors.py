"""The collector of LLVM's repository, with the file changes of Clang and the C++ library."""

from collections.abc import Sequence

from clang_github_tracker.conf import ClangGithubSettings
from clang_github_tracker.protocol_impl import ClangGithubTrackerResult
from core.exports import Destination
from github_activity_tracker.models import Repository
from github_activity_tracker.sync import GithubCollector, GithubOptions, known_names


class ClangGithubTrackerCollector(GithubCollector):
    """llvm/llvm-project."""

    name = "clang_github_tracker"
    result_class = ClangGithubTrackerResult

    def __init__(self, options: GithubOptions | None = None) -> None:
        super().__init__(options)
        self.clang = ClangGithubSettings.current()
        self.folders = tuple(self.clang.paths)

    @property
    def owner(self) -> str:
        return self.clang.clang_github_owner

    def names(self) -> Sequence[tuple[str, str]]:
        return [(self.owner, self.clang.clang_github_repo)]

    def prefix_of(self, repository: Repository) -> str | None:
        (asked,) = self.names()
        return "" if "/".join(asked).casefold() in known_names(repository) else None

    def destination(self) -> Destination | None:
        owner, name = self.clang.clang_github_context_repo_owner, self.clang.clang_github_context_repo_name
        return (
            Destination(owner, name, self.clang.clang_github_context_repo_branch) if owner and name else None
        )
