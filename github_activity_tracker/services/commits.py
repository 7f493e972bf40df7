"""Saving what git says: refs, commits, changed files, and the identities in them."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from django.db import connection

from core.changes import Change
from core.operations.github_ops import git
from core.store import Upserted, upsert
from github_activity_tracker.models import (
    Commit,
    CommitFile,
    CommitIdentity,
    GitRef,
    MailmapEntry,
    Repository,
)

FILES_AT_A_TIME = 10_000
CO_AUTHOR = "co-authored-by"


@dataclass(frozen=True, slots=True)
class SavedCommits:
    commits: Upserted
    files: Upserted


def save_commits(
    repository_id: int,
    commits: Sequence[git.GitCommit],
    *,
    folders: Sequence[str] = (),
    reachable: bool = True,
) -> SavedCommits:
    """Save commits, whose they are, and the files they changed, those below `folders` when any is named."""
    rows = [_commit(repository_id, commit, reachable=reachable) for commit in commits]
    saved = upsert(Commit, rows, key=("repository", "sha"))
    _save_identities(repository_id, commits)
    shas = [commit.sha for commit in commits]
    ids = dict(Commit.objects.filter(repository_id=repository_id, sha__in=shas).values_list("sha", "pk"))
    rows_of_files = (
        _file(ids[commit.sha], position, change)
        for commit in commits
        if commit.sha in ids
        for position, change in enumerate(commit.files)
        if not folders or _is_below(change, folders)
    )
    files = Upserted()
    while some := list(islice(rows_of_files, FILES_AT_A_TIME)):
        files += upsert(CommitFile, some, key=("commit", "position"))
    return SavedCommits(saved, files)


def identities_of(commit: git.GitCommit) -> set[tuple[str, str]]:
    """Return (e-mail, name) of everybody a commit names as having made it."""
    found = {
        (commit.author_email, commit.author_name),
        (commit.committer_email, commit.committer_name),
    }
    for key, value in commit.trailers:
        name, bracket, email = value.rpartition(" <")
        if key.lower() == CO_AUTHOR and bracket and email.endswith(">"):
            found.add((email[:-1], name))
    return {(email.strip(), name.strip()) for email, name in found if email.strip()}


def link_identities(accounts: Mapping[str, int | None]) -> Upserted:
    """Set whose an e-mail address is; None: nobody's on GitHub."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE github_activity_tracker_commitidentity AS identity"
            " SET account_id = found.account, looked_up = true, changed_in = core_change()"
            " FROM unnest(%s::text[], %s::bigint[]) AS found(email, account)"
            " WHERE identity.email = found.email"
            " AND (NOT identity.looked_up OR identity.account_id IS DISTINCT FROM found.account)",
            [list(accounts), list(accounts.values())],
        )
        return Upserted(updated=cursor.rowcount)


def save_mailmap(repository: Repository, blob: str, entries: Iterable[tuple[str, str, str, str]]) -> Upserted:
    """Replace what a repository's mailmap makes of identities: (name, e-mail, canonical ones)."""
    rows = [
        MailmapEntry(
            repository=repository, email=email, name=name, canonical_email=to_email, canonical_name=to_name
        )
        for name, email, to_name, to_email in entries
        if (name, email) != (to_name, to_email)
    ]
    kept = {(row.email, row.name) for row in rows}
    stale = [
        entry.pk
        for entry in MailmapEntry.objects.filter(repository=repository)
        if (entry.email, entry.name) not in kept
    ]
    MailmapEntry.objects.filter(pk__in=stale).delete()
    Repository.objects.filter(pk=repository.pk).exclude(mailmap_blob=blob).update(mailmap_blob=blob)
    return upsert(MailmapEntry, rows, key=("repository", "email", "name"))


def save_refs(repository_id: int, refs: Sequence[git.GitRef]) -> Upserted:
    """Make these the refs of a repository; others that were stored go."""
    GitRef.objects.filter(repository_id=repository_id).exclude(name__in=[ref.name for ref in refs]).delete()
    rows = [
        GitRef(
            repository_id=repository_id,
            name=ref.name,
            object_id=ref.object_id,
            target=ref.target,
            tagged_at=ref.tagged_at,
        )
        for ref in refs
    ]
    return upsert(GitRef, rows, key=("repository", "name"))


def mark_unreachable(repository_id: int, shas: Sequence[str]) -> int:
    """Note that commits hang on no branch or tag any more; return how many did until now."""
    return _set_reachable(repository_id, shas, reachable=False)


def mark_reachable(repository_id: int, shas: Sequence[str]) -> int:
    """Note that commits hang on a branch or tag again; return how many did not until now."""
    return _set_reachable(repository_id, shas, reachable=True)


def _set_reachable(repository_id: int, shas: Sequence[str], *, reachable: bool) -> int:
    rows = Commit.objects.filter(repository_id=repository_id, sha__in=shas, is_reachable=not reachable)
    return rows.update(is_reachable=reachable, changed_in=Change())


def _save_identities(repository_id: int, commits: Sequence[git.GitCommit]) -> None:
    """Note who is named in commits; known identities stay as they are."""
    rows = [
        CommitIdentity(email=email, name=name, repository_id=repository_id, sha=commit.sha)
        for commit in commits
        for email, name in identities_of(commit)
    ]
    upsert(CommitIdentity, rows, key=("email", "name"), update=())


class ReachedCommits:
    """The commits that refs lead to, to be compared with the stored ones; in a temporary table."""

    def add(self, shas: Sequence[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO reached_commit SELECT unnest(%s::text[])", [list(shas)])

    def compare(self, repository_id: int) -> int:
        """Mark the stored commits of a repository by whether they were added; returns how many changed."""
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE reached_commit")
            # A join: a subquery for each row would never end over a long history.
            cursor.execute(
                "UPDATE github_activity_tracker_commit AS stored"
                " SET is_reachable = found.here, changed_in = core_change()"
                " FROM (SELECT known.id, reached.sha IS NOT NULL AS here"
                " FROM github_activity_tracker_commit AS known"
                " LEFT JOIN reached_commit AS reached ON reached.sha = known.sha"
                " WHERE known.repository_id = %s) AS found"
                " WHERE stored.id = found.id AND stored.is_reachable <> found.here",
                [repository_id],
            )
            return cursor.rowcount


@contextmanager
def reachable_commits() -> Generator[ReachedCommits]:
    """Gather commits outside a page, as reading a long history takes its time."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE reached_commit (sha text)")
        try:
            yield ReachedCommits()
        finally:
            cursor.execute("DROP TABLE reached_commit")


def _commit(repository_id: int, commit: git.GitCommit, *, reachable: bool) -> Commit:
    return Commit(
        repository_id=repository_id,
        sha=commit.sha,
        parents=list(commit.parents),
        is_merge=commit.is_merge,
        author_name=commit.author_name,
        author_email=commit.author_email,
        authored_at=commit.authored_at,
        committer_name=commit.committer_name,
        committer_email=commit.committer_email,
        committed_at=commit.committed_at,
        message=commit.message,
        trailers=list(commit.trailers),
        patch=commit.patch,
        files_left_out=commit.files_left_out or None,
        is_reachable=reachable,
    )


def _file(commit_id: int, position: int, change: git.FileChange) -> CommitFile:
    return CommitFile(
        commit_id=commit_id,
        position=position,
        status=change.status,
        path=change.path,
        old_path=change.old_path,
        path_bytes=change.path_bytes,
        similarity=change.similarity,
        old_mode=change.old_mode,
        new_mode=change.new_mode,
        additions=change.additions,
        deletions=change.deletions,
        is_binary=change.is_binary,
    )


def _is_below(change: git.FileChange, folders: Sequence[str]) -> bool:
    return any(path.startswith(folder) for folder in folders for path in (change.path, change.old_path or ""))
