"""Compares an export's folder with the outbox."""

import os
from collections.abc import Hashable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Generic, TypeVar

from core.errors import InvalidInput
from core.operations.file_ops import write_atomically

K = TypeVar("K", bound=Hashable)

# Depth of the folders that stay when they are empty: they tell publishing what is the export's.
TOP = 1


@dataclass(frozen=True, slots=True)
class Recorded(Generic[K]):
    """A file of the outbox. `belongs`: what it was made of is still there, and still has this path."""

    path: str
    key: K
    belongs: bool


@dataclass(slots=True)
class Strays(Generic[K]):
    """Strays: keys of rows without their file, and files without their row."""

    keys: list[K] = field(default_factory=list[K])
    files: list[str] = field(default_factory=list[str])

    def __len__(self) -> int:
        return len(self.keys) + len(self.files)


def strays(folder: Path, recorded: Iterable[Recorded[K]], tops: Iterable[str]) -> Iterator[Strays[K]]:
    """Folder by folder, what the rows and the files below `tops` disagree in.

    `recorded` comes in the order of the bytes of its paths, in which those of one folder stand together.
    A listing of each folder, whatever is stored; one folder's names are held at a time.
    """
    seen: set[str] = set()
    for below, rows in groupby(recorded, key=lambda row: _parent(row.path)):
        seen.add(below)
        if found := _strays_in(folder, below, list(rows)):
            yield found
    for top in tops:
        for path, _, names in os.walk(folder / top):
            below = Path(path).relative_to(folder).as_posix()
            if names and below not in seen:
                yield Strays(files=[f"{below}/{name}" for name in names])


def _strays_in(folder: Path, below: str, recorded: list[Recorded[K]]) -> Strays[K]:
    names = _names(folder / below)
    # Rows can share a path, when one goes and another takes its place: then neither is trusted.
    gone = {row.path for row in recorded if not row.belongs}
    lost = [row for row in recorded if row.path in gone or PurePosixPath(row.path).name not in names]
    kept = {PurePosixPath(row.path).name for row in recorded} - {PurePosixPath(path).name for path in gone}
    return Strays([row.key for row in lost], [f"{below}/{name}" for name in sorted(names - kept)])


def _names(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)}
    except FileNotFoundError:
        return set()


def write(path: Path, content: bytes) -> None:
    """Leave a file alone that is what it should be: rewriting it would cost two writes to the disk."""
    try:
        if path.read_bytes() == content:
            return
    except FileNotFoundError:
        pass
    write_atomically(path, content)


def remove(folder: Path, paths: Iterable[str]) -> int:
    """Delete files below `folder`, and the folders that they leave empty; how many there were."""
    removed = 0
    for path in paths:
        # Rows can come out of a backup that somebody else has made.
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise InvalidInput("the path of an exported file leads out of its folder", item=path)
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
