"""What is in the export's folder, beside what the rows say is there."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path, PurePosixPath

from django.db.models.functions import Collate

from github_activity_tracker.export import folders_of
from github_activity_tracker.models import MarkdownExport

# Depth of the folders that stay when they are empty: they tell publishing what is the export's.
TOP = 1


@dataclass(slots=True)
class Strays:
    """What does not belong: rows (ids of issues) without their file, and files without their row."""

    issue_ids: list[str] = field(default_factory=list[str])
    files: list[str] = field(default_factory=list[str])

    def __len__(self) -> int:
        return len(self.issue_ids) + len(self.files)


@dataclass(frozen=True, slots=True)
class _Recorded:
    path: str
    issue_id: str
    belongs: bool  # the issue is still there, and its repository still has this prefix


def strays(folder: Path, repositories: Mapping[int, str]) -> Iterator[Strays]:
    """Folder by folder, what the rows and the files of these repositories disagree in.

    One statement and a listing of each folder, whatever is stored; one folder's names are held at a time.
    """
    seen: set[str] = set()
    for below, recorded in groupby(_recorded(repositories), key=lambda row: _parent(row.path)):
        seen.add(below)
        if found := _strays_in(folder, below, list(recorded)):
            yield found
    for prefix in repositories.values():
        for top in folders_of(prefix):
            for path, _, names in os.walk(folder / top):
                below = Path(path).relative_to(folder).as_posix()
                if names and below not in seen:
                    yield Strays(files=[f"{below}/{name}" for name in names])


def _recorded(repositories: Mapping[int, str]) -> Iterator[_Recorded]:
    prefixes = {
        repository_id: tuple(f"{top}/" for top in folders_of(prefix))
        for repository_id, prefix in repositories.items()
    }
    rows = MarkdownExport.objects.filter(issue__repository__in=repositories)
    # In the order of bytes the paths of one folder stand together.
    rows = rows.annotate(bytewise=Collate("path", "C")).order_by("bytewise", "pk")
    fields = ("path", "issue_id", "issue__repository_id", "issue__removed_at")
    for path, issue_id, repository_id, removed_at in rows.values_list(*fields).iterator():
        belongs = removed_at is None and path.startswith(prefixes[repository_id])
        yield _Recorded(path, issue_id, belongs)


def _strays_in(folder: Path, below: str, recorded: list[_Recorded]) -> Strays:
    names = _names(folder / below)
    # Issues can share a path, when one is transferred and its number comes back: then neither is trusted.
    gone = {row.path for row in recorded if not row.belongs}
    lost = [row for row in recorded if row.path in gone or PurePosixPath(row.path).name not in names]
    kept = {PurePosixPath(row.path).name for row in recorded} - {PurePosixPath(path).name for path in gone}
    return Strays([row.issue_id for row in lost], [f"{below}/{name}" for name in sorted(names - kept)])


def _names(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)}
    except FileNotFoundError:
        return set()


def remove(folder: Path, paths: Iterable[str]) -> int:
    """Delete files below `folder`, and the folders that they leave empty; how many there were."""
    removed = 0
    for path in paths:
        with suppress(FileNotFoundError):
            (folder / path).unlink()
            removed += 1
        for parent in list(PurePosixPath(path).parents)[: -1 - TOP]:
            try:
                (folder / parent).rmdir()
            except OSError:
                break  # something is left in it
    return removed


def _parent(path: str) -> str:
    return PurePosixPath(path).parent.as_posix()
