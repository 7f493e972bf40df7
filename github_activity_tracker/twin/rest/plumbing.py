"""Changes that the API makes in a repository by git itself: one file in one commit, refs."""

import subprocess
import tempfile
from pathlib import Path

from github_activity_tracker.twin.git.store import environment
from github_activity_tracker.twin.hub import Repo


def tips(repo: Repo) -> dict[str, str]:
    """Full name -> what it points at; what clients pushed counts."""
    if repo.git is None:
        return {}
    lines = _git(repo.git.folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    pairs = (line.split(" ", 1) for line in lines)
    return {name: sha for name, sha in pairs}  # noqa: C416 - typed


def commit_file(folder: Path, branch: str, path: str, content: bytes, message: str) -> str:
    """Puts a commit with one changed file on a branch of a bare repository; its hash."""
    name = f"refs/heads/{branch}"
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": f"{scratch}/index"}
        parents = _git(folder, "for-each-ref", "--format=%(objectname)", name).split()
        if parents:
            _git(folder, "read-tree", parents[0], settings=index)
        blob = _git(folder, "hash-object", "-w", "--stdin", given=content)
        _git(folder, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", settings=index)
        tree = _git(folder, "write-tree", settings=index)
    options = [argument for parent in parents for argument in ("-p", parent)]
    sha = _git(folder, "commit-tree", tree, *options, given=message.encode(), settings=_WRITER)
    _git(folder, "update-ref", name, sha)
    return sha


def set_ref(repo: Repo, name: str, sha: str) -> bool:
    """Whether the ref could be made: git has the object and takes the name."""
    try:
        _git(Path(repo.git.folder if repo.git else ""), "update-ref", name, sha)
    except subprocess.CalledProcessError:
        return False
    return True


_WRITER = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "GitHub"), ("EMAIL", "noreply@github.com"), ("DATE", "1767225600 +0000"))
}


def _git(folder: Path, *arguments: str, given: bytes = b"", settings: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        ["git", f"--git-dir={folder}", *arguments],
        input=given,
        capture_output=True,
        check=True,
        env=environment(folder) | (settings or {}),
    )
    return done.stdout.decode().strip()
