"""Writes that survive a crash: a reader sees the old file or the new one, never a part."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder and those above it that are missing, for nobody but this user (mode 0700)."""
    if not folder.exists():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def write_atomically(path: Path, content: bytes | str | Iterable[bytes], *, mode: int = 0o600) -> int:
    """Write `content` (text as UTF-8, or chunks) to `path` and return its size in bytes.

    The bytes are on the disk when this returns, and so is the name: file and folder are fsynced around
    the rename. Parent folders are created, for this user only. On an error, in `content` too, the old file
    stays as it was.
    """
    make_private(path.parent)
    if isinstance(content, str):
        content = content.encode("utf-8")
    chunks = (content,) if isinstance(content, bytes) else content
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    temporary = Path(name)
    try:
        size = 0
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                size += file.write(chunk)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return size


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
