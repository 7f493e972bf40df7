"""A bare repository on this disk, read without the network."""

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice, zip_longest
from pathlib import Path
from typing import TypeVar

from core.errors import CommandFailed, ConfigurationError, NotFound, SourceError
from core.operations.github_ops.git.environment import offline_environment
from core.operations.github_ops.git.failures import MirrorDamaged
from core.operations.github_ops.git.log import CommitFormat, decoded, moment
from core.operations.github_ops.git.process import Stop, streamed
from core.operations.github_ops.git.records import GitCommit, GitRef

# git keeps every commit that it has shown in memory, so a long history is read by several processes.
_COMMITS_PER_PROCESS = 20_000
# Measured: a cache of a third of the usual size costs no time and saves 70 MB.
_FRUGAL = ("-c", "core.deltaBaseCacheLimit=32m")
_REF_FORMAT = (
    "%(refname)%00%(objectname)%00%(objecttype)%00%(*objectname)%00%(*objecttype)%00%(taggerdate:unix)%00"
)
# Prints those of the objects asked for that are here, and asks no server for the others.
_ALONE = ("--no-walk=unsorted", "--missing=allow-any", "--ignore-missing", "--stdin")
HEADS = "refs/heads/"
_KEPT = "refs/kept/"  # our own
# A file in the repository that says so.
DAMAGED = "damaged"
# What is read into memory of a file, in bytes.
MOST_OF_A_FILE = 4 << 20

T = TypeVar("T")


class BareRepository:
    """Reads refs, commits and files. Shas are hexadecimal; every failure is a CollectorError."""

    def __init__(self, folder: Path, *, partial: bool | None = None, stop: Stop | None = None) -> None:
        """`partial`: it holds no file contents, so changes are not counted and renames are exact ones.

        None: whichever it was made as.
        """
        self.folder = folder
        self.partial = _was_made_partial(folder) if partial is None else partial
        self._stop = stop

    def keep(self, shas: Iterable[str]) -> None:
        """Hold on to commits that no ref of the source leads to any more: git would throw them away."""
        commands = [f"update {_KEPT}{sha} {sha}\n".encode() for sha in sorted(shas)]
        if commands:
            self._output("update-ref", "--stdin", given=commands)

    def kept(self) -> set[str]:
        """Return the commits that `keep` holds on to."""
        listing = self._output("for-each-ref", "--format=%(objectname)", _KEPT)
        return set(listing.decode().split())

    def refs(self) -> list[GitRef]:
        """All refs of the source, by name."""
        with self._whole():
            listing = self._output("for-each-ref", f"--format={_REF_FORMAT}")
        refs: list[GitRef] = []
        for line in listing.split(b"\0\n")[:-1]:
            name, object_id, kind, peeled, peeled_kind, tagged = line.split(b"\0")
            if name.startswith(_KEPT.encode()):
                continue
            target = peeled.decode() if peeled_kind == b"commit" else None
            if kind == b"commit":
                target = object_id.decode()
            elif peeled_kind == b"tag":
                target = self._peeled(object_id.decode())
            refs.append(GitRef(_text(name), object_id.decode(), target, moment(tagged)))
        return refs

    def _peeled(self, object_id: str) -> str | None:
        """Return the commit that a tag of a tag leads to: `for-each-ref` looks behind one tag only."""
        answer = self._output(
            "cat-file", "--batch-check=%(objectname) %(objecttype)", given=[f"{object_id}^{{}}\n".encode()]
        )
        sha, _, kind = answer.decode().strip().partition(" ")
        return sha if kind == "commit" else None

    def default_branch(self) -> str:
        """Return the branch that HEAD names, without `refs/heads/`; it need not exist yet."""
        return self._output("symbolic-ref", "HEAD").decode().strip().removeprefix(HEADS)

    def reachable(self, tips: Iterable[str], *, exclude: Iterable[str] = ()) -> Iterator[str]:
        """Shas of the commits that lead to `tips` and not to `exclude`, parents before their children.

        Of `exclude`, what is not here any more (after a force push) is ignored; a missing tip raises.
        """
        tips = list(dict.fromkeys(tips))
        known = self.present([*tips, *(exclude := list(exclude))])
        if missing := [tip for tip in tips if tip not in known]:
            raise NotFound(f"{missing[0]} is not in the mirror", item=self.folder.name)
        revisions = [*tips, *(f"^{sha}" for sha in exclude if sha in known)]
        lines = (f"{revision}\n".encode() for revision in revisions)
        options = ("--topo-order", "--reverse", "--stdin")
        with self._whole(), self._streamed("rev-list", *options, given=lines) as chunks:
            rest = b""
            for chunk in chunks:
                *whole, rest = (rest + chunk).split(b"\n")
                yield from (sha.decode() for sha in whole)

    def commits(
        self, tips: Iterable[str], *, exclude: Iterable[str] = (), patches: bool = False
    ) -> Iterator[GitCommit]:
        """The commits of `reachable`, in its order, streamed."""
        return self.details(self.reachable(tips, exclude=exclude), patches=patches)

    def details(self, shas: Iterable[str], *, patches: bool = False) -> Iterator[GitCommit]:
        """The commits with these shas, in their order, streamed."""
        for some in _batches(shas, _COMMITS_PER_PROCESS):
            yield from self._details(some, patches=patches)

    def _details(self, shas: Sequence[str], *, patches: bool) -> Iterator[GitCommit]:
        form = CommitFormat()
        counted = not self.partial
        # What is printed is what `git log --raw --numstat` prints, whatever the configuration.
        options = ["--stdin", "--root", "--always", "-r", "-z", "--raw", "--no-ext-diff", "--encoding=UTF-8"]
        options += ["-M", "--numstat"] if counted else ["-M100%"]
        if patches and counted:
            options.append("--patch")
        given = (f"{sha}\n".encode() for sha in shas)
        with self._whole(), self._streamed("diff-tree", *options, form.option, given=given) as chunks:
            commits = form.commits(chunks, counted=counted, patches=patches and counted)
            # git passes over a commit that it cannot read.
            for sha, commit in zip_longest(shas, commits):
                if sha is None or commit is None or commit.sha != sha:
                    raise CommandFailed(f"git does not show commit {sha}", item=self.folder.name)
                yield commit

    def present(self, shas: Iterable[str]) -> set[str]:
        """Return those of these commits that are here."""
        given = [f"{sha}\n".encode() for sha in shas]
        if not given:
            return set()
        if self.partial:
            # cat-file would look through the whole history for what it may lack.
            return set(self._output("rev-list", *_ALONE, given=given).decode().split())
        answer = self._output("cat-file", "--batch-check=%(objectname)", given=given)
        return {line.decode() for line in answer.splitlines() if not line.endswith(b" missing")}

    def blob_id(self, revision: str, path: str) -> str | None:
        """Return the id of a file's content in a revision; None when it has no such file."""
        entry = self._output(
            "ls-tree", "-z", "--full-tree", "--end-of-options", revision, f":(literal){path}"
        )
        _, kind, object_id = entry.partition(b"\t")[0].decode().split() if entry else ("", "", "")
        return object_id if kind == "blob" else None

    def read(self, revision: str, path: str) -> bytes | None:
        """A file's content in a revision; None when it has no such file. SourceError when it is too big."""
        object_id = self.blob_id(revision, path)
        return None if object_id is None else self._blob(object_id)

    def size(self, object_id: str) -> int:
        """The length of a content in bytes, which is not read for it; 0 where a partial mirror lacks it."""
        if self.partial and not self._has_blob(object_id):
            return 0
        with self._whole():
            return int(self._output("cat-file", "-s", object_id))

    def mailmap(self, identities: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str, str]]:
        """(name, email, canonical name, canonical email) for each (name, email), by HEAD's .mailmap."""
        asked = list(identities)
        given = [f"{name} <{email}>\n".encode() for name, email in asked]
        lines = self._output("check-mailmap", "--stdin", given=given).split(b"\n")[:-1] if given else []
        if len(lines) != len(asked):
            raise CommandFailed("git maps more or fewer people than it was asked for", item=self.folder.name)
        for (name, email), line in zip(asked, lines, strict=True):
            canonical_name, _, canonical_email = decoded(line).rpartition("<")
            yield name, email, canonical_name.strip(), canonical_email.removesuffix(">")

    def _has_blob(self, object_id: str) -> bool:
        options = ("--objects", "--no-object-names", *_ALONE)
        return self._output("rev-list", *options, given=[f"{object_id}\n".encode()]) != b""

    def _blob(self, object_id: str) -> bytes:
        if (size := self.size(object_id)) > MOST_OF_A_FILE:
            raise SourceError(
                f"a file of {size} bytes is not read, only those up to {MOST_OF_A_FILE}",
                item=f"{self.folder.name} {object_id}",
            )
        with self._whole():
            return self._output("cat-file", "blob", object_id)

    def _output(self, *arguments: str, given: Iterable[bytes] = (), keep_open: Sequence[int] = ()) -> bytes:
        """All that a command prints; for what fits in memory."""
        with self._streamed(*arguments, given=given, keep_open=keep_open) as chunks:
            return b"".join(chunks)

    @contextmanager
    def _streamed(
        self, *arguments: str, given: Iterable[bytes] = (), keep_open: Sequence[int] = ()
    ) -> Generator[Iterator[bytes]]:
        with streamed(
            [f"--git-dir={os.fspath(self.folder)}", *_FRUGAL, *arguments],
            environment=offline_environment(),
            given=given,
            item=self.folder.name,
            stop=self._stop,
            keep_open=keep_open,
        ) as chunks:
            yield chunks

    @contextmanager
    def _whole(self) -> Generator[None]:
        """Mark the mirror as damaged when git cannot read in the block what must be there."""
        try:
            yield
        except (CommandFailed, NotFound, ConfigurationError) as error:
            if self.folder.is_dir():
                (self.folder / DAMAGED).touch()
            raise MirrorDamaged(
                error.message, item=error.item, remedy="fetch it again: it will be cloned anew"
            ) from error


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _was_made_partial(folder: Path) -> bool:
    try:
        return "partialclonefilter" in (folder / "config").read_text(errors="replace").lower()
    except OSError:
        return False
