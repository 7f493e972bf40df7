"""The account that runs the server: this process's or, since PostgreSQL refuses root, a dedicated one."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ConfigurationError
from core.programs import program_environment

USER = "boost-trackers"
# useradd is part of every full distribution; adduser with these options is BusyBox's, as in Alpine.
WAYS_TO_ADD = (
    ("useradd", "--system", "--user-group", "--no-create-home", "--home-dir=/", "--shell=/bin/false"),
    ("adduser", "-S", "-D", "-H", "-h", "/", "-s", "/bin/false"),
)


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        """Return what makes subprocess run a program as this user."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid)


def server_account(data: Path, paths: Iterable[Path]) -> Account:
    """Return the account that runs the server over `data`, able to reach each of `paths`.

    What this changes on the machine when the process is root is said on stderr in one line, once: a
    system user, and search permission on folders above `paths` that had none.
    """
    if os.geteuid():
        return Account(os.geteuid(), os.getegid())
    changes: list[str] = []
    if data.exists():
        owner = data.stat()
        account = Account(owner.st_uid, owner.st_gid)
    else:
        entry = _find_user() or _add_user(changes)
        account = Account(entry.pw_uid, entry.pw_gid)
    folders = {folder for path in paths for folder in path.resolve().parents}
    opened = [str(folder) for folder in sorted(folders) if _open_for_search(folder, account)]
    if opened:
        changes.append(f"gave others search permission (chmod o+x) on {', '.join(opened)}")
    if changes:
        sys.stderr.write(f"PostgreSQL does not run as root: {' and '.join(changes)}.\n")
    return account


def _find_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        return None


def _add_user(changes: list[str]) -> pwd.struct_passwd:
    output = "neither useradd nor BusyBox's adduser is here"
    for command in WAYS_TO_ADD:
        if not shutil.which(command[0]):
            continue
        done = subprocess.run(
            [*command, USER], env=program_environment(), capture_output=True, text=True, check=False
        )
        # Looked up whatever the command says: another process may have added it a moment ago.
        if entry := _find_user():
            changes.append(f"added the system user {USER}")
            return entry
        output = done.stderr.strip()
    raise ConfigurationError(
        f"PostgreSQL does not run as root, and no system user could be added for it ({output}).",
        remedy="run as another user, or set DATABASE_URL to a PostgreSQL server",
    )


def _open_for_search(folder: Path, account: Account) -> bool:
    """Tell whether the search permission of others had to be added for the account to pass `folder`."""
    status = folder.stat()
    if status.st_mode & stat.S_IXOTH or status.st_uid == account.uid:
        return False
    folder.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)
    return True
