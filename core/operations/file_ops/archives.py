"""Archives from outside, unpacked without trusting a word of them."""

import gzip
import lzma
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from core.errors import InvalidInput
from core.operations.file_ops.atomic import write_atomically

_CHUNK = 1 << 20
# Small archives of one repeated byte pack better than any limit; the ratio counts beyond this.
_RATIO_FROM = 10 << 20
# Of these zipfile unpacks as much as is asked for; of bzip2 and LZMA a whole block, be it gigabytes.
_BOUNDED_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
# Control characters, lone surrogates, line ends. Joiners and marks of direction are part of how people write.
_NEVER_IN_NAMES = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of an archive: bytes unpacked in all, members, and bytes out per byte in."""

    total_bytes: int = 1 << 30
    members: int = 100_000
    ratio: int = 200


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    file: IO[bytes] | gzip.GzipFile


def unpack(archive: Path, into: Path, *, limits: Limits | None = None) -> list[Path]:
    """Unpack a zip (stored or deflated), a tar (plain, gz, bz2, xz) or a single gzipped file; the paths
    written, in order.

    Links, devices and anything else that is no file or folder are refused, and so are absolute names,
    "..", names that meet (also by case), and more than `limits` allow. Raises `InvalidInput` naming
    the member; what was written by then stays, so give an empty folder. Modes, owners and times of the
    archive are not used.
    """
    limits = limits or Limits()
    allowed = min(limits.total_bytes, max(archive.stat().st_size * limits.ratio, _RATIO_FROM))
    written: list[Path] = []
    seen: set[str] = set()
    left = allowed
    try:
        for member in _members(archive, limits):
            target = _target(member.name, archive)
            if target.as_posix().casefold() in seen:
                raise InvalidInput(f"two members are called {member.name[:200]!a}", item=archive.name)
            seen.add(target.as_posix().casefold())
            left -= write_atomically(into / target, _bounded(member, left, archive))
            written.append(into / target)
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        gzip.BadGzipFile,
    ) as error:
        raise InvalidInput(f"the archive is damaged: {error}", item=archive.name) from error
    except (NotImplementedError, RuntimeError) as error:
        # zipfile's words for an unknown method and for a password.
        raise InvalidInput(f"the archive cannot be read: {error}", item=archive.name) from error
    return written


def _members(archive: Path, limits: Limits) -> Iterator[_Member]:
    with archive.open("rb") as file:
        magic = file.read(4)
    if magic in _ZIP_MAGIC:
        yield from _zip_members(archive, limits)
    elif _is_tar(archive):
        yield from _tar_members(archive, limits)
    elif not magic.startswith(_GZIP_MAGIC):
        raise InvalidInput("neither zip nor tar nor gzip", item=archive.name)
    else:
        with gzip.open(archive) as single:
            yield _Member(archive.name.removesuffix(".gz"), single)


def _is_tar(archive: Path) -> bool:
    try:
        with tarfile.open(archive):
            return True
    except (tarfile.ReadError, EOFError, zlib.error):
        return False


def _zip_members(archive: Path, limits: Limits) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as packed:
        for number, entry in enumerate(packed.infolist()):
            _check_number(number, limits, archive)
            if entry.is_dir():
                continue
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise InvalidInput(f"{entry.filename[:200]!a} is no plain file", item=archive.name)
            if entry.compress_type not in _BOUNDED_METHODS:
                raise InvalidInput(
                    f"{entry.filename[:200]!a} is packed by another method than deflate", item=archive.name
                )
            with packed.open(entry) as file:
                yield _Member(entry.filename, file)


def _tar_members(archive: Path, limits: Limits) -> Iterator[_Member]:
    with tarfile.open(archive) as packed:
        for number, entry in enumerate(packed):
            _check_number(number, limits, archive)
            if entry.isdir():
                continue
            file = packed.extractfile(entry) if entry.isreg() else None
            if file is None:
                raise InvalidInput(f"{entry.name[:200]!a} is no plain file", item=archive.name)
            with closing(file):
                yield _Member(entry.name, file)
        # The checksum stands behind the last member.
        while packed.fileobj and packed.fileobj.read(_CHUNK):
            pass


def _check_number(number: int, limits: Limits, archive: Path) -> None:
    if number >= limits.members:
        raise InvalidInput(f"more than {limits.members} members", item=archive.name)


def _target(name: str, archive: Path) -> PurePosixPath:
    """Return where a member goes, below the folder that was asked for."""
    path = PurePosixPath(name.replace("\\", "/"))
    parts = [part for part in path.parts if part != "."]
    wrong = (
        path.is_absolute() or ".." in parts or not parts or any(":" in part or "\0" in part for part in parts)
    )
    if wrong or any(unicodedata.category(character) in _NEVER_IN_NAMES for character in name):
        raise InvalidInput(f"{name[:200]!a} is no name for a file in this folder", item=archive.name)
    return PurePosixPath(*parts)


def _bounded(member: _Member, left: int, archive: Path) -> Iterator[bytes]:
    while chunk := member.file.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            raise InvalidInput(f"{member.name[:200]!a} unpacks to more than is allowed", item=archive.name)
        yield chunk
