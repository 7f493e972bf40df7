"""The Markdown export: an outbox that issues fill by changing, a folder that follows it, and its publication.

`MarkdownExport` says which version of an issue is in which file. What has another version, or no row, is
due, so an export that was skipped or killed is made up for by the next one. A login that changes reaches a
file when its issue does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, OuterRef

from core import checkpoints
from core.collectors import AbstractCollector
from core.errors import InvalidInput
from core.http import Credential
from core.operations.file_ops import write_atomically
from core.operations.github_ops import GitHub, Use, git
from core.operations.github_ops.conf import settings as github_settings
from core.protocols import State
from github_activity_tracker.export import path_of, render_issue
from github_activity_tracker.models import Issue, MarkdownExport
from github_activity_tracker.services.exports import forget_exports, save_exports
from github_activity_tracker.sync.export_folder import Strays, remove, strays
from github_activity_tracker.threads import BATCH, batches, issue_threads

SCOPE = "markdown"  # of pages, and of the checkpoint that says how far the folder is
STREAM = "folder"
# It is said before a file is touched, so that no half of the folder is ever published.
RENDERING, COMPLETE = "rendering", "complete"
PUBLISHED_TO = "published_to"
MESSAGE = "Update issues and pull requests"


@dataclass(frozen=True, slots=True)
class Destination:
    """The branch of a repository that Markdown is published to, and the folder in it."""

    owner: str
    name: str
    branch: str
    prefix: str = ""

    @property
    def url(self) -> str:
        return f"{github_settings().github_git_base_url}/{self.owner}/{self.name}.git"

    def __str__(self) -> str:
        return f"{self.url} {self.branch}:{self.prefix}"


@dataclass(slots=True)
class Exported:
    """`rendered`: files written; `removed`: files whose issue is gone, has another title, or never was."""

    rendered: int = 0
    removed: int = 0


def export_folder(collector: AbstractCollector) -> Path:
    """Where a collector's Markdown is on this machine."""
    return Path(settings.WORKSPACE_DIR) / "exports" / collector.name


def export_markdown(collector: AbstractCollector, repositories: Mapping[int, str]) -> Exported:
    """Bring the files of a collector's repositories (id -> prefix of the paths) in step with the rows.

    Renders what is due, everything with `--full`; moves what has another title, removes what GitHub no
    longer has, and makes up for files that are lost. Files of other repositories are not looked at.
    """
    export = _Export(collector, repositories)
    export.tidy()
    for ids in batches(_due(repositories, everything=collector.options.full)):
        export.render(ids)
    export.complete()
    return export.done


def _due(repositories: Mapping[int, str], *, everything: bool) -> Iterator[str]:
    """Ids of the issues to render, streamed."""
    issues = Issue.objects.filter(repository__in=repositories, removed_at__isnull=True)
    if not everything:
        current = MarkdownExport.objects.filter(issue=OuterRef("pk"), version=OuterRef("thread_changed_at"))
        issues = issues.filter(~Exists(current))
    ordered = issues.order_by("repository", "stored_at", "pk")
    return ordered.values_list("pk", flat=True).iterator()


def publish_markdown(collector: AbstractCollector, destination: Destination) -> str | None:
    """Push the folder in one commit; its hash, or None when the branch was like that already.

    Without a change since the last publication there, no request is sent. Raises InvalidInput when an export
    was begun and not ended: what it has not made again yet would be deleted there.
    """
    state = checkpoints.load(collector.name, SCOPE, STREAM)
    if state.checkpoint_token == RENDERING:
        raise InvalidInput(
            f"{export_folder(collector)} is half rendered", remedy="run it without --skip-markdown-export"
        )
    published_to = {PUBLISHED_TO: str(destination)}
    if state.checkpoint_token is None or (state.extras == published_to and not collector.options.full):
        return None
    folder = export_folder(collector)
    folder.mkdir(parents=True, exist_ok=True)

    def publish(credential: Credential) -> git.Published:
        return git.publish(
            destination.url,
            folder,
            destination.prefix,
            MESSAGE,
            branch=destination.branch,
            credential=credential,
            meter=collector.meter,
            # Those that have become empty, too: what they had is to go.
            owned=[entry.name for entry in folder.iterdir() if entry.is_dir()],
            stop=collector.stop_requested,
        )

    with GitHub(meter=collector.meter, use=Use.PUSH, run=str(collector.run_id)) as github:
        published = github.with_git_credential(publish)
    with collector.page(SCOPE) as page:
        page.checkpoint(STREAM, State(COMPLETE, f"published to {destination}", published_to))
    return published.commit


class _Export:
    """One export: files are written between pages, and recorded in them."""

    def __init__(self, collector: AbstractCollector, repositories: Mapping[int, str]) -> None:
        self.done = Exported()
        self._collector = collector
        self._repositories = repositories
        self._folder = export_folder(collector)
        self._state = checkpoints.load(collector.name, SCOPE, STREAM).checkpoint_token

    def tidy(self) -> None:
        """Forget rows without a file, so that they are due, and remove files without a row."""
        gathered = Strays()
        for found in strays(self._folder, self._repositories):
            gathered.issue_ids += found.issue_ids
            gathered.files += found.files
            if len(gathered) >= BATCH:
                self._forget(gathered)
                gathered = Strays()
        if gathered:
            self._forget(gathered)

    def render(self, ids: Sequence[str]) -> None:
        """Write the files of these issues, record them, and remove those under their earlier titles."""
        self._enter(RENDERING)
        before = set(MarkdownExport.objects.filter(pk__in=ids).values_list("path", flat=True))
        rows = list(self._written(ids))
        with self._collector.page(SCOPE) as page:
            page.saved("exports", "export", save_exports(rows), key="issue_id")
        self.done.rendered += len(rows)
        self.done.removed += remove(self._folder, sorted(before - {row.path for row in rows}))
        self._collector.progress.update(SCOPE, self.done.rendered)

    def complete(self) -> None:
        """Nothing is due any more."""
        if self._state == RENDERING:
            self._enter(COMPLETE)

    def _written(self, ids: Sequence[str]) -> Iterator[MarkdownExport]:
        for thread in issue_threads(ids):
            issue = thread.subject
            path = path_of(issue, self._repositories[issue.repository.pk])
            _write(self._folder / path, render_issue(thread).encode())
            yield MarkdownExport(issue=issue, path=path, version=issue.thread_changed_at)

    def _forget(self, found: Strays) -> None:
        self._enter(RENDERING)
        with self._collector.page(SCOPE) as page:
            page.count("exports_forgotten", forget_exports(found.issue_ids))
        self.done.removed += remove(self._folder, found.files)

    def _enter(self, state: str) -> None:
        if self._state != state:
            with self._collector.page(SCOPE) as page:
                page.checkpoint(STREAM, State(state))
            self._state = state


def _write(path: Path, content: bytes) -> None:
    """Leave a file alone that is what it should be: rewriting it would cost two writes to the disk."""
    try:
        if path.read_bytes() == content:
            return
    except FileNotFoundError:
        pass
    write_atomically(path, content)
