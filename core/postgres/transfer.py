"""A database out of one server and into another, by PostgreSQL's own programs."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from psycopg import pq

from core.errors import CommandFailed
from core.postgres import binaries
from core.programs import program_environment

# Roles differ from server to server, and the schema needs none.
DUMP_OPTIONS = ("--no-owner", "--no-privileges")
# Nobody is there to type a password.
NEVER_ASK = "--no-password"
# For Kerberos, and for how psql is used by hand.
_OF_PSQL = (
    *("KRB5CCNAME", "KRB5_CONFIG", "COLORTERM", "EDITOR", "LESS", "PAGER", "VISUAL"),
    *("PSQLRC", "PSQL_EDITOR", "PSQL_HISTORY", "PSQL_PAGER", "PSQL_WATCH_PAGER"),
)
# Of psql: an error must not show the row that it is about.
WITHOUT_VALUES = ("--set=VERBOSITY=terse", "--set=SHOW_CONTEXT=never")
EMPTY_SCHEMA = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC"


def client_environment(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The environment in which libpq's programs connect with `parameters`; a password never enters argv.

    What `parameters` leave open is for libpq's variables to say, as it is for Django's own connection: it has
    to be the same server. To the embedded one none of them is left.
    """
    environment = program_environment(*_OF_PSQL, *(name for name in os.environ if name.startswith("PG")))
    for option in pq.Conninfo.get_defaults():
        value = parameters.get(option.keyword.decode())
        if option.envvar and value is not None:
            environment[option.envvar.decode()] = str(value)
    return environment


def dump(parameters: Mapping[str, Any], target: Path) -> None:
    """Write the database into `target` in pg_dump's custom format: whole or not at all, mode 0600."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=".partial")
    os.close(descriptor)
    partial = Path(name)
    try:
        command = [binaries.tool("pg_dump"), NEVER_ASK, "--format=custom", *DUMP_OPTIONS, f"--file={partial}"]
        done = subprocess.run(
            command, env=client_environment(parameters), stderr=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise CommandFailed(f"pg_dump failed: {done.stderr.strip()}")
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def restore(parameters: Mapping[str, Any], source: Path, *, replace: bool = False) -> None:
    """Load a file of `dump` in one transaction: all of it or, on any error, nothing."""
    script = [binaries.tool("pg_restore"), *DUMP_OPTIONS, "--file=-", str(source)]
    _load(script, program_environment(), parameters, first=[EMPTY_SCHEMA] if replace else [])


def copy(source: Mapping[str, Any], target: Mapping[str, Any]) -> None:
    """Copy a database into an empty one, in one transaction."""
    _load([binaries.tool("pg_dump"), NEVER_ASK, *DUMP_OPTIONS], client_environment(source), target, first=[])


def _load(
    script: Sequence[str], environment: Mapping[str, str], target: Mapping[str, Any], *, first: Sequence[str]
) -> None:
    """Run the SQL that the program `script` prints, after the statements `first`, in one transaction."""
    psql = [
        binaries.tool("psql"),
        NEVER_ASK,
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        *WITHOUT_VALUES,
    ]
    statements = [f"--command={statement}" for statement in ("SET lock_timeout = '10s'", "BEGIN", *first)]
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(
            [*psql, *statements, "--file=-"],
            env=client_environment(target),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        ) as receiver,
        subprocess.Popen(script, env=environment, stdout=subprocess.PIPE, stderr=complaints) as sender,
    ):
        assert sender.stdout and receiver.stdin  # noqa: S101, PT018 - what PIPE above means, said to pyright
        # psql takes the end of its input for success, also when this process was killed; so COMMIT is sent
        # only when the sender has said all.
        with suppress(BrokenPipeError):
            _copy_script(sender.stdout, receiver.stdin)
            if sender.wait() == 0:
                receiver.stdin.write(b"COMMIT;\n")
        with suppress(BrokenPipeError):
            receiver.stdin.close()
        sender.stdout.close()  # ends a sender whose script nobody reads any more
        if sender.wait() or receiver.wait():
            complaints.seek(0)
            raise CommandFailed(f"Nothing was loaded: {complaints.read().decode(errors='replace').strip()}")


def _copy_script(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy the SQL script, less the one setting in its head that PostgreSQL 15 and 16 do not know."""
    for line in source:
        if not line.startswith(b"SET transaction_timeout"):
            target.write(line)
        if line.startswith(b"SET row_security"):
            break
    shutil.copyfileobj(source, target, 1 << 20)
