"""Settings of the GitHub engine. Those of tokens and base URLs are core.operations.github_ops's."""

from pydantic import Field

from core.conf import AppSettings


class GithubActivitySettings(AppSettings):
    github_refs: str = Field(
        default="refs/heads/*,refs/tags/*",
        description="Comma list of refs whose commits are collected; refs/pull/*/head adds pull requests'.",
    )
    github_commit_patches: bool = Field(
        default=False, description="Store each commit's patch as well; several times the space."
    )
    github_page_size: int = Field(
        default=50,
        ge=1,
        le=100,
        description="Issues or pull requests that a request begins with; it adapts to what GitHub manages.",
    )
    github_sweep_days: int = Field(
        default=28,
        ge=0,
        description="Days between two sweeps for what no update tells: deletions, transfers, reactions.",
    )
    github_sweep_requests: int = Field(
        default=4,
        ge=0,
        description="Requests that one run spends on sweeps, besides those that read again what differs.",
    )

    @property
    def refs(self) -> list[str]:
        return [ref.strip() for ref in self.github_refs.split(",") if ref.strip()]
