"""Which issue is in which file of the Markdown export."""

from collections.abc import Iterable

from core.store import Upserted, upsert
from github_activity_tracker.models import MarkdownExport


def save_exports(rows: Iterable[MarkdownExport]) -> Upserted:
    """Record files that were written."""
    return upsert(MarkdownExport, rows, key=("issue",))


def forget_exports(issue_ids: Iterable[str]) -> int:
    """Forget the files of these issues, so that they are rendered again if they still should be."""
    return MarkdownExport.objects.filter(pk__in=list(issue_ids)).delete()[0]
