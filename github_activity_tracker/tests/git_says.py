"""What real git says of a repository, read apart from the project's own reader."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

Row = dict[str, object]
_FORMAT = "%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct"


def git(folder: Path, *arguments: str, given: str | bytes = b"") -> bytes:
    """What git prints. Raises subprocess.CalledProcessError when it fails."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment,
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        check=True,
    ).stdout


def commits(folder: Path, *revisions: str) -> dict[str, list[str]]:
    """sha -> parents, author, address, seconds, committer, address, seconds; all as text."""
    printed = git(folder, "log", "-z", f"--format={_FORMAT}", *revisions).decode()
    fields = iter(printed.split("\0"))
    rows = list(zip(*[fields] * 8, strict=False))
    return {sha: rest for sha, *rest in rows}


def messages(folder: Path, shas: list[str]) -> dict[str, bytes]:
    """sha -> message in UTF-8 where it was decodable."""
    return {sha: git(folder, "log", "-1", "--format=%B", sha).rstrip(b"\n") for sha in shas}


def trailers(folder: Path, sha: str) -> list[list[str]]:
    printed = git(folder, "log", "-1", "--format=%(trailers:only,unfold)", sha).decode()
    return [line.split(": ", 1) for line in printed.splitlines() if line]


def files(folder: Path, sha: str, *options: str) -> list[Row]:
    """The raw lines and the line counts of one commit, as rows of `CommitFile`."""
    show = ("log", "-1", "--format=", "-z", *options, sha)
    raw = list(_raw(git(folder, *show, "--raw", "--no-abbrev")))
    counts = list(_counts(git(folder, *show, "--numstat")))
    return [row | count for row, count in zip(raw, counts, strict=True)]


def _raw(printed: bytes) -> Iterator[Row]:
    fields = iter(printed.lstrip(b"\0").split(b"\0"))
    for head in fields:
        if head:
            old_mode, new_mode, _, _, status = head.decode().lstrip(":").split()
            paths = [next(fields) for _ in range(2 if status[0] in "RC" else 1)]
            yield {
                "status": status[0],
                "path": paths[-1].decode(errors="backslashreplace"),
                "old_path": paths[0].decode(errors="backslashreplace") if len(paths) > 1 else None,
                "similarity": int(status[1:]) if status[1:] else None,
                "old_mode": int(old_mode, 8),
                "new_mode": int(new_mode, 8),
            }


def _counts(printed: bytes) -> Iterator[Row]:
    fields = iter(printed.lstrip(b"\0").split(b"\0"))
    for head in fields:
        if head:
            added, deleted, path = head.split(b"\t", 2)
            if not path:  # a rename's two paths follow
                _ = [next(fields), next(fields)]
            is_binary = added == b"-"
            yield {
                "additions": None if is_binary else int(added),
                "deletions": None if is_binary else int(deleted),
                "is_binary": is_binary,
            }
