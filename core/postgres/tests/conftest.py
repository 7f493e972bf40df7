"""Real servers in tmp_path, and processes that use them."""

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest

from core.postgres.account import Account, server_account
from core.postgres.cluster import Cluster, lock_file, try_lock
from core.postgres.server import SUPERUSER, EmbeddedServer

ROOT = Path(__file__).parents[3]
OUTSIDE_PROGRAMS = Path("/usr/lib/postgresql")

Start = Callable[..., "subprocess.Popen[str]"]


def alive(cluster: Cluster) -> bool:
    with lock_file(cluster.lock) as lock:
        return not try_lock(lock)


def postmaster(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def query(directory: str, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
    with psycopg.connect(host=directory, user=SUPERUSER, dbname=database, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def server(tmp_path: Path) -> Generator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path / "postgres")
    yield server
    server.leave()
    if server.home.exists():
        server.cluster.stop()


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts Python with a script; the children that still live are killed at the end."""
    children: list[subprocess.Popen[str]] = []

    def start(script: str, *arguments: object, **options: Any) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", script, *map(str, arguments)]
        child = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()


def manage(
    *arguments: object, check: bool = True, **environment: object
) -> "subprocess.CompletedProcess[str]":
    """Runs manage.py with these settings and no others."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "WORKSPACE_"))}
    done = subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env=inherited | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return server_account(tmp_path / "none yet", [tmp_path / "anything"])


@pytest.fixture
def outside_url(tmp_path: Path, account: Account) -> Iterator[str]:
    """The URL of an empty database, on TCP and with a password to encode, of a server that is not ours.

    TEST_DATABASE_URL names a server (any database of it, by a role that may create others); without it,
    the oldest server program under /usr/lib/postgresql that we support is started.
    """
    if url := os.environ.get("TEST_DATABASE_URL"):
        name = f"test_{secrets.token_hex(4)}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        return
    versions = sorted(int(path.name) for path in OUTSIDE_PROGRAMS.glob("[0-9]*") if int(path.name) >= 15)
    if not versions:
        pytest.skip(
            "no PostgreSQL server outside the project: neither TEST_DATABASE_URL nor /usr/lib/postgresql"
        )
    programs = OUTSIDE_PROGRAMS / str(versions[0]) / "bin"
    password = "p@ss:w/rd%"
    folder = tmp_path / "outside"
    folder.mkdir(mode=0o700)
    (folder / "password").write_text(password)
    for path in (folder, folder / "password"):
        account.give(path)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    def run(*command: str) -> None:
        with (tmp_path / "outside.log").open("ab") as log:
            subprocess.run(
                command,
                check=True,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **account.popen_arguments(),
            )

    data = str(folder / "data")
    run(
        f"{programs}/initdb",
        "-D",
        data,
        "-U",
        "us er",
        "-A",
        "scram-sha-256",
        f"--pwfile={folder}/password",
        "-N",
    )
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -F"
    run(f"{programs}/pg_ctl", "-D", data, "-w", "-o", options, "start")
    try:
        url = f"postgresql://us%20er:{quote(password, safe='')}@127.0.0.1:{port}"
        with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE trackers")
        yield f"{url}/trackers?sslmode=prefer&application_name=outside"
    finally:
        run(f"{programs}/pg_ctl", "-D", data, "-m", "immediate", "stop")
