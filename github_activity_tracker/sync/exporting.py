"""The Markdown export. A login that changes reaches a file when its issue does."""

from collections.abc import Iterator, Mapping, Sequence

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Collate

from core.collectors import AbstractCollector
from core.exports import FolderExport, Recorded, Rendered
from core.pages import Page
from github_activity_tracker.export import folders_of, path_of, render_issue
from github_activity_tracker.models import Issue, MarkdownExport
from github_activity_tracker.services.exports import forget_exports, save_exports
from github_activity_tracker.threads import BATCH, issue_threads


class IssueExport(FolderExport[str, MarkdownExport]):
    """The files of a collector's repositories (id -> prefix of the paths).

    Files of other repositories are not looked at.
    """

    batch = BATCH

    def __init__(self, collector: AbstractCollector, repositories: Mapping[int, str]) -> None:
        super().__init__(collector)
        self._repositories = repositories

    def due(self) -> Iterator[str]:
        issues = Issue.objects.live().filter(repository__in=self._repositories)
        if not self.collector.options.full:
            current = MarkdownExport.objects.filter(
                issue=OuterRef("pk"), version=OuterRef("thread_changed_in")
            )
            issues = issues.filter(~Exists(current))
        ordered = issues.order_by("repository", "stored_at", "pk")
        return ordered.values_list("pk", flat=True).iterator()

    def rendered(self, keys: Sequence[str]) -> Iterator[Rendered[MarkdownExport]]:
        for thread in issue_threads(keys):
            issue = thread.subject
            path = path_of(issue, self._repositories[issue.repository.pk])
            row = MarkdownExport(issue=issue, path=path, version=issue.thread_changed_in)
            yield Rendered(path, render_issue(thread), row)

    def recorded(self) -> Iterator[Recorded[str]]:
        prefixes = {
            repository_id: tuple(f"{top}/" for top in folders_of(prefix))
            for repository_id, prefix in self._repositories.items()
        }
        # Nobody else looks at those of a repository that has gone.
        retired = Q(issue__repository__removed_at__isnull=False)
        rows = MarkdownExport.objects.filter(Q(issue__repository__in=self._repositories) | retired)
        rows = rows.annotate(bytewise=Collate("path", "C")).order_by("bytewise", "pk")
        fields = ("path", "issue_id", "issue__repository_id", "issue__removed_at")
        for path, issue_id, repository_id, removed_at in rows.values_list(*fields).iterator():
            belongs = removed_at is None and path.startswith(prefixes.get(repository_id, ()))
            yield Recorded(path, issue_id, belongs)

    def tops(self) -> Iterator[str]:
        for prefix in self._repositories.values():
            yield from folders_of(prefix)

    def paths_of(self, keys: Sequence[str]) -> set[str]:
        return set(MarkdownExport.objects.filter(pk__in=keys).values_list("path", flat=True))

    def record(self, page: Page, rows: Sequence[MarkdownExport]) -> None:
        page.saved("exports", "export", save_exports(rows), key="issue_id")

    def forget(self, keys: Sequence[str]) -> int:
        return forget_exports(keys)
