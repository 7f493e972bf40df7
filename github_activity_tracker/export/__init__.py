"""Issues and pull requests as Markdown files. The same rows always give the same bytes."""

from github_activity_tracker.export.issues import render_issue
from github_activity_tracker.export.paths import folders_of, path_of

__all__ = ["folders_of", "path_of", "render_issue"]
