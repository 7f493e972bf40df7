"""Writes a history into a bare repository by `git fast-import`: https://git-scm.com/docs/git-fast-import."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from github_activity_tracker.twin.git.history import History
from github_activity_tracker.twin.git.stream import commit_mark, stream, tag_mark

CONFIG = """[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tfsync = none
[gc]
\tauto = 0
[http]
\tgetanyfile = false
[receive]
\tautogc = false
[transfer]
\thideRefs = refs/lanes
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
"""
_UNCHANGED = ("-c", "core.fsync=none", "-c", "fastimport.unpackLimit=1", "-c", "core.compression=1")


def environment(folder: Path) -> dict[str, str]:
    """The environment of the twin's git processes: no settings but the repository's own."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "LC_ALL": "C",
    }


def make_empty(folder: Path, branch: str) -> None:
    """A bare repository without a commit, as `git init` would make it, without a process."""
    for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
        (folder / name).mkdir(parents=True)
    (folder / "config").write_text(CONFIG)
    (folder / "HEAD").write_text(f"ref: refs/heads/{branch}\n")


def make_copy(original: Path, folder: Path) -> None:
    """Copy a repository; what git never changes is shared on disk."""
    shutil.copytree(original, folder, copy_function=_linked)


def _linked(source: str, target: str) -> None:
    if "/objects/" in source:
        try:
            os.link(source, target)
        except OSError:  # another file system
            pass
        else:
            return
    shutil.copyfile(source, target)


class Store:
    """The repository on disk and the hashes that git gave to what was written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shas: list[str] = []
        self.tag_shas: dict[str, str] = {}

    def copy(self, folder: Path) -> "Store":
        make_copy(self.folder, folder)
        twin = Store(folder)
        twin.shas, twin.tag_shas = list(self.shas), dict(self.tag_shas)
        return twin

    def write(self, history: History) -> None:
        """Add the commits and tags that are not there yet, and make the refs what the history says."""
        found = self._import(stream(history, self.shas, self.tag_shas))
        new = range(len(self.shas), len(history.commits))
        self.shas += [found[commit_mark(number)] for number in new]
        tags = [name for name in history.tags if name not in self.tag_shas]
        self.tag_shas |= {name: found[tag_mark(history, place)] for place, name in enumerate(tags)}
        self._point(history)
        for name in tags:  # these git wrote already, each to a file of its own
            (self.folder / "refs/tags" / name).unlink()

    def _import(self, parts: Iterator[bytes]) -> dict[str, str]:
        """Mark -> hash."""
        marks = self.folder / "marks"
        command = ["git", *_UNCHANGED, "fast-import", "--quiet", "--date-format=raw-permissive"]
        command += ["--depth=1", f"--export-marks={marks}"]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment(self.folder),
            input=b"".join(parts),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"git fast-import refused the twin's history: {done.stderr.decode()}")
        found = dict(line.split() for line in marks.read_text().splitlines())
        marks.unlink()
        return found

    def _point(self, history: History) -> None:
        """Write all refs at once, as `git pack-refs` has them; those that a client pushed stay."""
        refs = {f"refs/heads/{name}": self.shas[number] for name, number in history.branches.items()}
        refs |= {f"refs/tags/{name}": self.shas[number] for name, number in history.light_tags.items()}
        refs |= {f"refs/tags/{name}": self.tag_shas[name] for name in history.tags}
        lines = [f"{sha} {name}\n" for name, sha in sorted(refs.items(), key=lambda ref: ref[0].encode())]
        shutil.rmtree(self.folder / "refs/lanes", ignore_errors=True)
        new = self.folder / "packed-refs.new"
        new.write_text("# pack-refs with: sorted \n" + "".join(lines))
        new.replace(self.folder / "packed-refs")


def read_tree(folder: Path, ref: str) -> dict[str, bytes]:
    """Files of a ref's tree by path; {} when there is none. Clients may have pushed, so git says."""
    listing = _git(folder, ["ls-tree", "-r", "-z", "--full-tree", ref])
    entries = [entry.partition(b"\t") for entry in listing.split(b"\0") if entry]
    blobs = [(path, info.split()[2]) for info, _, path in entries if info.split()[1] == b"blob"]
    answer = _git(folder, ["cat-file", "--batch"], b"".join(b"%s\n" % sha for _, sha in blobs))
    found: dict[str, bytes] = {}
    at = 0
    for path, _ in blobs:
        head, _, _ = answer[at : at + 100].partition(b"\n")
        start = at + len(head) + 1
        at = start + int(head.split()[2]) + 1
        found[path.decode(errors="surrogateescape")] = answer[start : at - 1]
    return found


def _git(folder: Path, arguments: list[str], given: bytes = b"") -> bytes:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment(folder),
        input=given,
        capture_output=True,
        check=False,
    )
    return done.stdout
