"""Lists a folder's files, and how a tree differs from them."""

import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from core.errors import InvalidInput

# "mode id" of each path of a tree.
Contents = dict[bytes, str]
# What Windows, macOS and git itself take for .git: https://git-scm.com/docs/git-config (core.protectNTFS).
_GIT = re.compile(r"(?:\.git|git~\d+)[ .]*(?::.*)?", re.IGNORECASE)


class WantedFile(NamedTuple):
    """A file of the folder, and how a tree would name it."""

    file: Path
    entry: str


class Change(NamedTuple):
    """A path to write with a file's content, or to delete (`file` is None)."""

    path: bytes
    file: Path | None
    is_new: bool


def checked_prefix(prefix: str) -> bytes:
    """Return a path in a repository, with a slash at its end; empty for the root. InvalidInput for others."""
    if not prefix:
        return b""
    for part in prefix.split("/"):
        _check(part, prefix)
    return os.fsencode(prefix) + b"/"


def contents(folder: Path) -> dict[bytes, WantedFile]:
    """All files below a folder by relative path. InvalidInput for links, devices and forbidden names."""
    if folder.is_symlink() or not folder.is_dir():
        raise InvalidInput("not a folder", item=str(folder))
    return {os.fsencode(file.relative_to(folder)): WantedFile(file, _entry(file)) for file in _files(folder)}


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        _check(entry.name, str(entry))
        mode = entry.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield from _files(entry)
        elif stat.S_ISREG(mode):
            yield entry
        else:
            raise InvalidInput("neither a file nor a folder", item=str(entry))


def _check(part: str, item: str) -> None:
    if part in ("", ".", "..") or "\\" in part or "\0" in part or _GIT.fullmatch(part):
        raise InvalidInput(f"{part!a} may not be part of a published path", item=item)


def _entry(file: Path) -> str:
    content = file.read_bytes()
    digest = hashlib.sha1(b"blob %d\0" % len(content), usedforsecurity=False)
    digest.update(content)
    return f"100644 {digest.hexdigest()}"


def changes(
    tree: Contents, wanted: Mapping[bytes, WantedFile], below: bytes, owned: Collection[str]
) -> list[Change]:
    """Return the changes that make `tree` hold the wanted files below a prefix, deletions included."""
    tops = {path.partition(b"/")[0] for path in wanted if b"/" in path} | {
        os.fsencode(name) for name in owned
    }
    target = {below + path: file for path, file in wanted.items()}
    folders = {folder for path in target for folder in _ancestors(path)}
    difference: list[Change] = []
    for path in tree:
        if below.startswith(path + b"/"):
            raise InvalidInput("the prefix is a file in the repository", item=os.fsdecode(path))
        if path not in target and (path in folders or _is_ours(path, below, tops) or _covered(path, target)):
            difference.append(Change(path, None, is_new=False))
    for path, file in target.items():
        if tree.get(path) != file.entry:
            difference.append(Change(path, file.file, is_new=path not in tree))
    return difference


def _is_ours(path: bytes, below: bytes, tops: Collection[bytes]) -> bool:
    """Tell whether a path is inside one of our directories below the prefix."""
    if not path.startswith(below):
        return False
    top, slash, _ = path[len(below) :].partition(b"/")
    return bool(slash) and top in tops


def _covered(path: bytes, target: Collection[bytes]) -> bool:
    """Tell whether one of the path's folders is to become a file."""
    return any(folder in target for folder in _ancestors(path))


def _ancestors(path: bytes) -> Iterator[bytes]:
    end = path.rfind(b"/")
    while end > 0:
        yield path[:end]
        end = path.rfind(b"/", 0, end)
