"""A bare mirror of a remote repository, kept up to date by fetching."""

import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import CollectorError, CommandFailed, ConfigurationError, InvalidInput, NotFound
from core.http.credentials import Credential
from core.metering import Meter
from core.open_pages import awaiting_network
from core.operations.file_ops import make_private
from core.operations.github_ops.git.failures import GarbledTransferError, MirrorDamaged
from core.operations.github_ops.git.locks import exclusive
from core.operations.github_ops.git.network import Remote
from core.operations.github_ops.git.process import Stop
from core.operations.github_ops.git.repository import DAMAGED, HEADS, BareRepository

BRANCHES_AND_TAGS = ("refs/heads/*", "refs/tags/*")
_TAGS = "refs/tags/*"
# What git clone --bare brings by itself.
_CLONED = BRANCHES_AND_TAGS
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_BLOBLESS = "blob:none"
# Every fetch brings a pack of its own; this many are made one.
_MOST_PACKS = 50
# As many as the arguments of a process hold everywhere.
_MOST_TIPS = 1000
_DAMAGES = (CommandFailed, NotFound, ConfigurationError, InvalidInput)

logger = logging.getLogger(__name__)


def mirror_folder(workspace: Path, owner: str, name: str) -> Path:
    """Return the folder of a repository's mirror. InvalidInput for what is no name on GitHub."""
    for part in (owner, name):
        if not _NAME.fullmatch(part):
            raise InvalidInput(f"not a name of an owner or repository: {part[:100]!a}")
    return workspace / "git" / owner / f"{name}.git"


class Mirror(BareRepository):
    """A bare mirror: `fetch` brings it up to date, the rest reads it without the network.

    Only one process fetches at a time. Reading raises MirrorDamaged when something is missing that should
    be there; the next fetch then clones anew.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        *,
        credential: Credential | None = None,
        meter: Meter,
        refs: Sequence[str] = BRANCHES_AND_TAGS,
        partial: bool = False,
        stop: Stop | None = None,
        deadline: float | None = None,
    ) -> None:
        """`url` holds no credential. `refs` are patterns of refs to mirror, refs/heads/* among them.

        `partial`: without file contents. `stop` says whether the run was asked to stop; `deadline` is
        Unix time, beyond which no retry waits.
        """
        super().__init__(folder, partial=partial, stop=stop)
        self._refs = tuple(refs)
        self._meter = meter
        self._remote = Remote(url, credential=credential, meter=meter, stop=stop, deadline=deadline)

    def fetch(self, *, default_branch: str | None = None) -> None:
        """Bring the mirror up to date: a clone the first time, then what is new, without refs that are gone.

        `default_branch`, where the caller knows it, becomes HEAD; else HEAD is asked for only when its branch
        is gone. A half or damaged mirror is cloned anew. An empty repository is no error; every failure is a
        CollectorError, and leaves the mirror as it was or with a part of the new refs.
        """
        with awaiting_network(), exclusive(self.folder, self._stop) as lock:
            self._sweep()
            tips = self._tips()
            if tips is None or not self._updated(tips, lock):
                self._clone(lock)
            self._follow_head(default_branch, lock)
            self._pack(lock)

    def size(self, object_id: str) -> int:
        """Return the length of a content in bytes; a partial mirror fetches it."""
        if self.partial and not self._has_blob(object_id):
            with awaiting_network(), exclusive(self.folder, self._stop) as lock:
                self._fetch(lock, [object_id], f"--filter={_BLOBLESS}")
        return super().size(object_id)

    def mailmap(self, identities: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str, str]]:
        """Return the .mailmap, as BareRepository does; a partial mirror fetches it first."""
        if self.partial:
            with suppress(NotFound):  # HEAD's branch is not there, so neither is a .mailmap
                self.read("HEAD", ".mailmap")
        return super().mailmap(identities)

    def _sweep(self) -> None:
        """Remove what processes have left that were killed: nobody else is at work here."""
        # Nothing but what _clone calls so: a repository can be named to look like it up to its end, .git.
        ours = re.compile(rf"{re.escape(f'.{self.folder.name}.')}[0-9a-f]{{8}}")
        for leftover in self.folder.parent.glob(f".{self.folder.name}.*"):
            if ours.fullmatch(leftover.name):
                shutil.rmtree(leftover, ignore_errors=True)
        # No ref can be called so.
        for stale in (*self.folder.glob("*.lock"), *self.folder.glob("refs/**/*.lock")):
            stale.unlink(missing_ok=True)
        for stale in self.folder.glob("objects/pack/*tmp*"):
            stale.unlink(missing_ok=True)
        for stale in self.folder.glob("objects/tmp_objdir-*"):
            shutil.rmtree(stale, ignore_errors=True)

    def _tips(self) -> list[str] | None:
        """Return what the refs point at; None when this is no whole repository of the kind that is wanted."""
        if not (self.folder / "HEAD").exists() or (self.folder / DAMAGED).exists():
            return None
        try:
            listing = self._output("for-each-ref", "--format=%(objecttype) %(objectname)").decode()
            settings = self._output("config", "--file", os.fspath(self.folder / "config"), "-z", "--list")
        except _DAMAGES:
            return None
        filters = f"remote.origin.partialclonefilter\n{_BLOBLESS}".encode()
        if (filters in settings.split(b"\0")) != self.partial or b"core.bare\ntrue" not in settings:
            return None
        return list(dict.fromkeys(line.partition(" ")[2] for line in listing.splitlines()))

    def _updated(self, tips: Sequence[str], lock: int) -> bool:
        """Fetch, and tell whether that worked; False when the mirror turns out to be damaged."""
        # git prunes first, and would fetch again what only a renamed branch has led to.
        known = [f"--negotiation-tip={tip}" for tip in tips] if len(tips) <= _MOST_TIPS else []
        try:
            self._set("remote.origin.url", self._remote.url)
            self._fetch(lock, [f"+{ref}:{ref}" for ref in self._refs], "--prune", *known)
        except MirrorDamaged as error:
            logger.warning("the mirror %s is damaged and is cloned anew: %s", self.folder, error)
            return False
        except CommandFailed as error:
            self._doubt(error)
            raise
        return True

    def _between(self, error: CollectorError) -> None:
        self._sweep()
        if isinstance(error, GarbledTransferError):
            self._doubt(error)

    def _doubt(self, error: CollectorError) -> None:
        """MirrorDamaged when it is the mirror that is wrong, and not the server or the way."""
        try:
            self._output("fsck", "--connectivity-only", "--no-dangling", "--no-progress")
        except _DAMAGES:
            raise MirrorDamaged(error.message, item=error.item) from error

    def _fetch(self, lock: int, wanted: Sequence[str], *options: str) -> None:
        before = self._packs()
        self._remote.run(
            f"--git-dir={self.folder}",
            "fetch",
            *("--progress", "--force", "--no-tags", "--no-auto-gc", "--no-write-fetch-head", "--refmap="),
            *options,
            "origin",
            *wanted,
            keep_open=[lock],
            between=self._between,
        )
        self._count(before)

    def _clone(self, lock: int) -> None:
        """Clone beside the mirror, and put it in its place when it is whole."""
        make_private(self.folder.parent)
        fresh, old = (self.folder.with_name(f".{self.folder.name}.{secrets.token_hex(4)}") for _ in "12")
        options = [f"--config=remote.origin.fetch=+{ref}:{ref}" for ref in self._refs if ref not in _CLONED]
        options += ["--no-tags"] if _TAGS not in self._refs else []
        options += [f"--filter={_BLOBLESS}"] if self.partial else []
        self._remote.run(
            *(
                "clone",
                "--bare",
                "--progress",
                "--template=",
                *options,
                "--",
                self._remote.url,
                os.fspath(fresh),
            ),
            keep_open=[lock],
        )
        if os.path.lexists(self.folder):
            self.folder.rename(old)
        fresh.rename(self.folder)
        self._count({})
        self._sweep()

    def _count(self, before: Mapping[str, int]) -> None:
        """Count the bytes of packs that were not there before: nearly all that a fetch receives."""
        self._meter.add_bytes(sum(size for name, size in self._packs().items() if name not in before))

    def _packs(self) -> dict[str, int]:
        return {pack.name: pack.stat().st_size for pack in self.folder.glob("objects/pack/*.pack")}

    def _follow_head(self, default_branch: str | None, lock: int) -> None:
        branches = {ref.name for ref in self.refs() if ref.name.startswith(HEADS)}
        if default_branch is None and branches and HEADS + self.default_branch() not in branches:
            answer = self._remote.run(
                "ls-remote", "--symref", "--", self._remote.url, "HEAD", keep_open=[lock]
            )
            told = re.match(rb"ref: refs/heads/(.+)\tHEAD\n", answer)
            default_branch = told[1].decode() if told else None
        if default_branch and default_branch != self.default_branch():
            self._output("symbolic-ref", "HEAD", HEADS + default_branch)

    def _pack(self, lock: int) -> None:
        """Make the small packs of many fetches one; what no ref leads to any more stays."""
        if len(self._packs()) <= _MOST_PACKS:
            return
        # git before 2.47 would forget which objects a partial clone may lack.
        command = ["gc", "--quiet"] if self.partial else ["repack", "-d", "--geometric=2", "--quiet"]
        try:
            self._output(*command, keep_open=[lock])
        except CommandFailed as error:
            logger.warning("the packs of %s stay apart: %s", self.folder, error)

    def _set(self, name: str, value: str) -> None:
        self._output("config", "--file", os.fspath(self.folder / "config"), name, value)
