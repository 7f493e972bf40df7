"""Commits from git: what the refs reach now and did not reach when they were last read.

No date is trusted: what the new tips reach without the old ones is new, however old its dates are. The
refs are saved behind the last commit, so that a run that was killed between finds the same commits new
again, and reads those that it has stored not again.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.errors import NotFound
from core.operations.github_ops import git
from core.protocols import State
from github_activity_tracker.models import Commit, GitRef
from github_activity_tracker.services.commits import (
    mark_reachable,
    mark_unreachable,
    reachable_commits,
    save_commits,
    save_mailmap,
    save_refs,
)
from github_activity_tracker.sync import mirrors
from github_activity_tracker.sync.session import RepositoryScope

logger = logging.getLogger(__name__)

# A page is full with so many commits, changed files, or characters of messages and patches; a commit is
# never split.
COMMITS_A_PAGE = 2000
FILES_A_PAGE = 10_000
CHARACTERS_A_PAGE = 10_000_000


@dataclass(slots=True)
class Ingestion:
    """Brings a repository's refs, commits and mailmap into step with its mirror."""

    scope: RepositoryScope
    mirror: git.BareRepository

    def run(self) -> None:
        """Save what the refs reach now and did not before; everything where it is to be read otherwise."""
        scope = self.scope
        refs, tips = self._refs()
        stored = GitRef.objects.filter(repository=scope.row, target__isnull=False)
        before = {target for target in stored.values_list("target", flat=True) if target}
        again = scope.source.options.full or mirrors.is_read_otherwise(scope)
        known = set[str]() if again else self.mirror.present(before)
        self._save_new(tips - known, known, again=again)
        self._mark_left_behind(tips, before, known)
        self._save_rest(refs, mirrors.state(scope))

    def load_all(self) -> None:
        """Save everything that the mirror holds once more, without the network."""
        refs, tips = self._refs()
        kept = self.mirror.kept()
        self._save_new(tips, set(), again=True)
        self._save_new(kept, tips, again=True, reachable=False)
        self._save_rest(refs, None)

    def _refs(self) -> tuple[list[git.GitRef], set[str]]:
        refs = self.mirror.refs()
        return refs, {ref.target for ref in refs if ref.target}

    def _save_new(self, tips: set[str], known: set[str], *, again: bool, reachable: bool = True) -> None:
        """Save what `tips` lead to and `known` do not; what is stored already is not read unless `again`."""
        scope = self.scope
        done = 0
        shas = self.mirror.reachable(tips, exclude=known) if tips else ()
        for commits in _pages(self._details(shas, again=again)):
            with scope.page() as page:
                saved = save_commits(
                    scope.row.github_id, commits, folders=scope.source.folders, reachable=reachable
                )
                page.saved("commits", "commit", saved.commits, key="sha")
                page.saved("files", "file", saved.files, key="place")
                page.resolve("commit", [commit.sha for commit in commits])
                page.count("files_left_out", sum(commit.files_left_out for commit in commits))
            done += len(commits)
            scope.collector.progress.update(f"{scope} commits", done, None)

    def _details(self, shas: Iterable[str], *, again: bool) -> Iterator[git.GitCommit]:
        """Yield commits, parents first. Those that a killed run has stored are whole, and not read again."""
        scope = self.scope
        for some in _batches(shas):
            stored = set[str]()
            if not again:
                rows = Commit.objects.filter(repository=scope.row, sha__in=some)
                stored = set(rows.values_list("sha", flat=True))
            if stored:
                with scope.page() as page:
                    page.count("commits_back", mark_reachable(scope.row.github_id, list(stored)))
            missing = [sha for sha in some if sha not in stored]
            yield from self.mirror.details(missing, patches=scope.source.settings.github_commit_patches)

    def _mark_left_behind(self, tips: set[str], before: set[str], known: set[str]) -> None:
        """Mark commits that a force push or a deleted branch has left; they keep their rows.

        Where the mirror lost an old tip, or all was read again, everything is compared.
        """
        if before - known:
            self._compare_all(tips)
            return
        left = known - tips
        # git would throw them away some day, and no archive has them.
        self.mirror.keep(left)
        for shas in _batches(self.mirror.reachable(left, exclude=tips) if left else ()):
            with self.scope.page() as page:
                page.count("commits_left_behind", mark_unreachable(self.scope.row.github_id, shas))

    def _compare_all(self, tips: set[str]) -> None:
        with reachable_commits() as reached:
            for shas in _batches(self.mirror.reachable(tips) if tips else ()):
                reached.add(shas)
            with self.scope.page() as page:
                page.count("commits_left_behind", reached.compare(self.scope.row.github_id))

    def _save_rest(self, refs: list[git.GitRef], state: State | None) -> None:
        """Save the mailmap, the refs and, with them, that all of it was read."""
        row = self.scope.row
        blob = self._mailmap_blob()
        entries: list[tuple[str, str, str, str]] = []
        if blob:
            commits = Commit.objects.filter(repository=row).order_by()
            authors = commits.values_list("author_name", "author_email")
            identities = authors.union(commits.values_list("committer_name", "committer_email"))
            entries = list(self.mirror.mailmap(sorted(identities)))
        with self.scope.page() as page:
            if blob or row.mailmap_blob:
                page.saved("mailmap", "mailmap", save_mailmap(row, blob, entries), key="identity")
            page.saved("refs", "ref", save_refs(row.github_id, refs), key="name")
            if state is not None:
                page.checkpoint(mirrors.STREAM, state)

    def _mailmap_blob(self) -> str:
        try:
            blob = self.mirror.blob_id("HEAD", ".mailmap") or ""
        except NotFound:  # the default branch has no commit
            return ""
        # git would read it whole.
        if blob and (size := self.mirror.size(blob)) > git.MOST_OF_A_FILE:
            logger.warning("%s: its .mailmap of %d bytes is not read", self.scope, size)
            return ""
        return blob


def _pages(commits: Iterable[git.GitCommit]) -> Iterator[list[git.GitCommit]]:
    page: list[git.GitCommit] = []
    files = characters = 0
    for commit in commits:
        page.append(commit)
        files += len(commit.files)
        characters += len(commit.message) + len(commit.patch or "")
        if len(page) >= COMMITS_A_PAGE or files >= FILES_A_PAGE or characters >= CHARACTERS_A_PAGE:
            yield page
            page, files, characters = [], 0, 0
    if page:
        yield page


def _batches(shas: Iterable[str], size: int = 10_000) -> Iterator[list[str]]:
    batch: list[str] = []
    for sha in shas:
        batch.append(sha)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch
