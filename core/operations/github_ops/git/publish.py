"""Folders, published to a branch in one push."""

import re
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from core.errors import CommandFailed, InvalidInput
from core.http.credentials import Credential
from core.metering import Meter
from core.open_pages import awaiting_network
from core.operations.github_ops.git.failures import NoSuchRefError, PushRejected
from core.operations.github_ops.git.folders import Change, Contents, changes, checked_prefix, contents
from core.operations.github_ops.git.network import Remote
from core.operations.github_ops.git.process import Stop
from core.operations.github_ops.git.records import Published
from core.operations.github_ops.git.repository import HEADS, BareRepository

# Somebody else was faster this often: they will go on.
_ATTEMPTS = 5
_BASE = "refs/publish/base"
_NEW = "refs/publish/new"
_SPECIAL = re.compile(rb'[\x00-\x1f"\\]')
_AUTHOR = ("Boost trackers", "noreply@localhost")


def publish(
    url: str,
    folder: Path,
    prefix: str,
    message: str,
    *,
    branch: str,
    credential: Credential | None,
    meter: Meter,
    author: tuple[str, str] = _AUTHOR,
    owned: Collection[str] = (),
    stop: Stop | None = None,
    deadline: float | None = None,
) -> Published:
    """Make a branch hold the files of `folder` below `prefix` ("" is its root), with one commit and one push.

    What is gone from the folder is deleted from the branch, but only inside the folder's own top-level
    directories and those named in `owned`: what stands beside them is not ours. Without a difference
    nothing is pushed. When the branch moves meanwhile, the commit is made again on top of it.

    The branch, and everything in it, may be missing. `author` is (name, e-mail). Raises InvalidInput for a
    path that leads outside or into `.git`, and for a symbolic link; otherwise a CollectorError.
    """
    below = checked_prefix(prefix)
    wanted = contents(folder)
    with tempfile.TemporaryDirectory(prefix="publish-") as place, awaiting_network():
        remote = Remote(url, credential=credential, meter=meter, stop=stop, deadline=deadline)
        publication = _Publication(Path(place) / "git", remote, branch, stop)
        for attempt in range(1, _ATTEMPTS + 1):
            base, tree = publication.fetched()
            difference = changes(tree, wanted, below, owned)
            if not difference:
                return Published(None, 0, 0, 0)
            commit = publication.committed(base, difference, message, author)
            try:
                publication.push(commit)
            except PushRejected:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return _published(commit, difference)
    raise AssertionError("the last attempt returns or raises")


def _published(commit: str, difference: list[Change]) -> Published:
    deleted = sum(change.file is None for change in difference)
    added = sum(change.file is not None and change.is_new for change in difference)
    return Published(commit, added, len(difference) - added - deleted, deleted)


class _Publication(BareRepository):
    """A bare repository that holds the branch's last commit without file contents, and what comes on top."""

    def __init__(self, folder: Path, remote: Remote, branch: str, stop: Stop | None) -> None:
        super().__init__(folder, partial=True, stop=stop)
        self._remote = remote
        self._ref = HEADS + branch
        self._output("init", "--quiet", "--bare", "--template=", "--object-format=sha1")
        self._output("config", "remote.origin.url", remote.url)
        try:
            self._output("check-ref-format", self._ref)
        except CommandFailed as error:
            raise InvalidInput("not a name for a branch", item=branch) from error

    def fetched(self) -> tuple[str | None, Contents]:
        """Return the branch's commit and its files' ids; None and nothing when it is not there yet."""
        options = ("--progress", "--force", "--no-tags", "--no-auto-gc", "--depth=1", "--filter=blob:none")
        try:
            self._remote.run(f"--git-dir={self.folder}", "fetch", *options, "origin", f"+{self._ref}:{_BASE}")
        except NoSuchRefError:
            return None, {}
        tree: Contents = {}
        for entry in self._output("ls-tree", "-r", "-z", "--full-tree", _BASE).split(b"\0")[:-1]:
            facts, _, path = entry.partition(b"\t")
            mode, _, object_id = facts.decode().split()
            tree[path] = f"{mode} {object_id}"
        return self._output("rev-parse", _BASE).decode().strip(), tree

    def committed(
        self, base: str | None, difference: list[Change], message: str, author: tuple[str, str]
    ) -> str:
        """Return the sha of a new commit on top of `base`."""
        lines = _commit_lines(base, difference, message, author)
        self._output("fast-import", "--quiet", "--force", "--done", given=lines)
        return self._output("rev-parse", _NEW).decode().strip()

    def push(self, commit: str) -> None:
        # A thin pack would want the old contents, which are not here. Over HTTP git makes one all the same
        # (remote-curl knows no --no-thin), and bases nothing on them only where it makes no deltas at all.
        options = ("-c", "pack.window=0", "push", "--progress", "--no-thin")
        self._remote.run(f"--git-dir={self.folder}", *options, "origin", f"{commit}:{self._ref}")


def _commit_lines(
    base: str | None, difference: list[Change], message: str, author: tuple[str, str]
) -> Iterator[bytes]:
    """The commit in the language of https://git-scm.com/docs/git-fast-import."""
    name, email = (
        "".join(part for part in text if part.isprintable() and part not in "<>") for text in author
    )
    yield f"feature done\ncommit {_NEW}\ncommitter {name} <{email}> {int(time.time())} +0000\n".encode()
    yield _data(message.replace("\0", "").rstrip("\n").encode() + b"\n")
    if base:
        yield f"from {base}\n".encode()
    for change in difference:
        if change.file is None:
            yield b"D %s\n" % _quoted(change.path)
    for change in difference:
        if change.file is not None:
            yield b"M 100644 inline %s\n" % _quoted(change.path)
            yield _data(change.file.read_bytes())
    yield b"done\n"


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _quoted(path: bytes) -> bytes:
    return b'"%s"' % _SPECIAL.sub(lambda found: b"\\%03o" % found[0][0], path)
