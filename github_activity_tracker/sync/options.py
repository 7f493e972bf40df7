"""Options of what the collectors of the GitHub engine may be asked to do besides the common options."""

from dataclasses import dataclass

from core.collectors import CollectorOptions


@dataclass(frozen=True, slots=True)
class GithubOptions(CollectorOptions):
    """`repos`: only these, as `name` or `owner/name`; `from_repo`: this one and those behind it."""

    repos: tuple[str, ...] = ()
    from_repo: str | None = None
    skip_github_sync: bool = False
    skip_markdown_export: bool = False
    skip_remote_push: bool = False
    # Without file contents: no line counts, and only exact renames are seen as such.
    partial: bool = False
