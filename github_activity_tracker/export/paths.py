"""Where an issue's or a pull request's file is."""

from datetime import UTC

from core.operations.file_ops import safe_name, safe_title
from github_activity_tracker.models import Issue

# Bytes of a title that a name keeps: a path stays below what Windows manages, in a folder not too deep.
TITLE_BYTES = 150
FOLDERS = {Issue.Kind.ISSUE: "issues", Issue.Kind.PULL_REQUEST: "pull_requests"}


def path_of(issue: Issue, prefix: str) -> str:
    """Return `[<prefix>/]{issues|pull_requests}/YYYY/YYYY-MM/#<number> - <title>.md`, by its creation."""
    created = issue.created_at.astimezone(UTC)
    folder = f"{_below(prefix)}{FOLDERS[Issue.Kind(issue.kind)]}"
    name = " - ".join(filter(None, (f"#{issue.number}", safe_title(issue.title, max_bytes=TITLE_BYTES))))
    return f"{folder}/{created.year:04}/{created.year:04}-{created.month:02}/{name}.md"


def folders_of(prefix: str) -> tuple[str, ...]:
    """Return the folders that the paths of a prefix begin with."""
    return tuple(f"{_below(prefix)}{folder}" for folder in FOLDERS.values())


def _below(prefix: str) -> str:
    return f"{safe_name(prefix)}/" if prefix else ""
