"""The folders of the embedded server beside its data, and the removal of those left behind.

Where the socket is follows from the data directory alone, so no file has to be believed to find it. What is
removed is only what this program makes: files by their names, a folder when it is empty, and a data
directory that nobody has used yet after a look at all that is in it.
"""

import os
import re
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from core.errors import ConfigurationError
from core.postgres.account import Account

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_FILES = (SOCKET_NAME, f"{SOCKET_NAME}.lock")
# sun_path holds 104 bytes on macOS and 108 on Linux, the final NUL included.
MAX_SOCKET_PATH = 103
# Not what TMPDIR names: a process with another environment has to find the socket, too.
TEMPORARY = Path("/tmp")  # noqa: S108 - the folder in it is checked before it is used
# All that initdb and PostgreSQL put at the top of a data directory.
_IN_A_CLUSTER = re.compile(
    r"pg_\w+(\.conf)?|base|global|PG_VERSION|postgresql(\.auto)?\.conf|postmaster\.(pid|opts)"
    r"|current_logfiles|\.s\.PGSQL\.5432(\.lock)?"
)


def socket_directory(data: Path) -> Path:
    """The data directory (mode 0700), or a short folder of its own where its path is too long for a socket.

    The short name holds the directory's owner and its number in the file system: a copy has another one, a
    directory that was moved keeps it. Raises FileNotFoundError without a data directory.
    """
    if len(os.fsencode(data / SOCKET_NAME)) <= MAX_SOCKET_PATH:
        return data
    of = data.stat()
    return TEMPORARY / f"boost-trackers-{of.st_uid}-{of.st_dev:x}-{of.st_ino:x}"


def make_socket_directory(data: Path, account: Account) -> Path:
    """The folder for the socket of a server that is about to start: there, private, without an old socket.

    Raises ConfigurationError for a folder of that name that is not ours.
    """
    directory = socket_directory(data)
    if directory != data:
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        if not _is_ours(directory, account):
            raise ConfigurationError(
                "Its name is this program's, but it is not a folder of this user's alone.",
                item=str(directory),
                remedy="find out who made it, and remove it",
            )
        account.give(directory)
    _remove_files(directory, SOCKET_FILES)
    return directory


def remove_socket_directory(data: Path, account: Account) -> None:
    """Remove what a server that has ended left of its socket."""
    directory = socket_directory(data)
    if directory == data or not _is_ours(directory, account):
        return
    _remove_files(directory, SOCKET_FILES)
    with suppress(OSError):  # something else is in it
        directory.rmdir()


def remove_unused_cluster(folder: Path, account: Account) -> None:
    """Remove a data directory that was never completed. Raises ConfigurationError for anything else."""
    try:
        ours = _is_ours(folder, account)
    except FileNotFoundError:
        return
    names = sorted(path.name for path in folder.iterdir()) if ours else []
    strange = [name for name in names if not _IN_A_CLUSTER.fullmatch(name)]
    if not ours or strange:
        found = f"holds {strange[0]}" if strange else "is not a private folder of this user"
        raise ConfigurationError(
            f"It stands where a new database is prepared, but {found}.",
            item=str(folder),
            remedy="move it away",
        )
    shutil.rmtree(folder)


def works_in(pid: int, folder: Path) -> bool | None:
    """Tell whether the process has `folder` as its working directory, as PostgreSQL has its data directory.

    None when that cannot be told: without /proc, or when the process is another user's.
    """
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except FileNotFoundError:
        return False if os.path.lexists("/proc/self/cwd") else None
    except PermissionError:
        return None


def _is_ours(folder: Path, account: Account) -> bool:
    status = folder.lstat()
    of_us = status.st_uid in {account.uid, os.geteuid()}
    return stat.S_ISDIR(status.st_mode) and of_us and not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def _remove_files(directory: Path, names: Iterable[str]) -> None:
    for name in names:
        (directory / name).unlink(missing_ok=True)
