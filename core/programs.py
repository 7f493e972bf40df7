"""The environment of the programs that we start (git, pg_dump, psql, ...): no secret in it."""

import os

# What any program needs; a token, or a variable that decides what a program does, is nowhere in the list.
_KEPT = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "LOGNAME",
    "PATH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "SYSTEMROOT",
    "TERM",
    "TMPDIR",
    "USER",
)


def program_environment(*further: str) -> dict[str, str]:
    """Return the environment for a program; `further` names variables that this one needs besides."""
    return {name: os.environ[name] for name in (*_KEPT, *further) if name in os.environ}
