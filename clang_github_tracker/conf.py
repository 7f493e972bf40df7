"""Settings of what is collected of LLVM, and where it is published."""

from pydantic import Field

from core.conf import AppSettings


class ClangGithubSettings(AppSettings):
    clang_github_owner: str = Field(default="llvm", description="Owner of the LLVM repository.")
    clang_github_repo: str = Field(default="llvm-project", description="Name of the LLVM repository.")
    clang_github_paths: str = Field(
        default="clang/,clang-tools-extra/,libcxx/,libcxxabi/",
        description="Comma list of the folders whose file changes are kept; empty: all.",
    )
    clang_github_context_repo_owner: str = Field(
        default="", description="Owner of the repository that the Markdown of issues is published to."
    )
    clang_github_context_repo_name: str = Field(default="", description="Name of that repository.")
    clang_github_context_repo_branch: str = Field(default="master", description="Branch of it.")

    @property
    def paths(self) -> list[str]:
        return [path.strip() for path in self.clang_github_paths.split(",") if path.strip()]
