"""Processes that share the embedded server, killed and forked at bad moments."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from core.errors import AlreadyRunning, ConfigurationError
from core.postgres import DATABASE
from core.postgres.account import Account
from core.postgres.server import EmbeddedServer
from core.postgres.tests.conftest import Start, alive, postmaster, query

# Uses the server until a line arrives on stdin.
USER = """
import sys
from pathlib import Path
from core.postgres.server import embedded_server
print(embedded_server(Path(sys.argv[1])).socket_directory(), flush=True)
sys.stdin.readline()
"""
# Comes and goes; each time it must be able to work.
VISITOR = """
import sys
from pathlib import Path
import psycopg
from core.postgres.server import embedded_server
server = embedded_server(Path(sys.argv[1]))
for _ in range(8):
    directory = server.socket_directory()
    with psycopg.connect(host=directory, user="postgres", dbname="boost_trackers") as connection:
        connection.execute("SELECT 1")
    server.leave()
"""
# The parent prints what its child and then it sees of the server; the child ends as Python programs do.
FORKER = """
import os, sys
from pathlib import Path
import psycopg
from core.postgres.server import embedded_server
server = embedded_server(Path(sys.argv[1]))
def pid():
    with psycopg.connect(host=server.socket_directory(), user="postgres", dbname="postgres") as connection:
        return connection.execute("SELECT pg_postmaster_start_time()").fetchone()[0]
before = pid()
child = os.fork()
if not child:
    assert pid() == before
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
assert pid() == before
"""
# A daemon: the parent that started the server ends first.
DAEMON = """
import os, sys
from pathlib import Path
from core.postgres.server import embedded_server
server = embedded_server(Path(sys.argv[1]))
server.socket_directory()
ready, parent_gone = os.pipe(), os.pipe()
if os.fork():
    os.read(ready[0], 1)
    sys.exit(0)
print(server.socket_directory(), flush=True)
os.write(ready[1], b"x")
sys.stdin.readline()
"""


def wait_ready(child: "subprocess.Popen[str]") -> str:
    assert child.stdout
    line = child.stdout.readline().strip()
    assert line, "the process ended without a server"
    return line


def end(child: "subprocess.Popen[str]") -> None:
    child.communicate("\n")
    assert child.returncode == 0


def kill_postmaster(server: EmbeddedServer) -> None:
    """Returns when it is dead, though processes that it forked may live on for a moment."""
    pid = postmaster(server.cluster)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_processes_that_start_at_once_share_one_server_which_the_last_one_stops(
    server: EmbeddedServer, start: Start
) -> None:
    children = [start(USER, server.home) for _ in range(4)]
    directories = {wait_ready(child) for child in children}
    assert len(directories) == 1
    for child in children[:3]:
        end(child)
    assert query(directories.pop(), "SELECT 1", DATABASE) == [(1,)]
    end(children[3])
    assert not alive(server.cluster)


def test_processes_that_come_and_go_at_random_always_find_a_server(
    server: EmbeddedServer, start: Start
) -> None:
    visitors = [start(VISITOR, server.home, stderr=subprocess.PIPE) for _ in range(5)]
    for visitor in visitors:
        _, complaint = visitor.communicate()
        assert visitor.returncode == 0, complaint
    assert not alive(server.cluster)


def test_a_server_whose_last_user_was_killed_is_adopted_and_stopped_by_the_next(
    server: EmbeddedServer, start: Start
) -> None:
    child = start(USER, server.home)
    wait_ready(child)
    child.kill()
    child.wait()
    orphan = postmaster(server.cluster)
    assert alive(server.cluster)
    server.socket_directory()
    assert postmaster(server.cluster) == orphan
    server.leave()
    assert not alive(server.cluster)


def test_a_killed_user_keeps_nobody_from_stopping_the_server(server: EmbeddedServer, start: Start) -> None:
    child = start(USER, server.home)
    wait_ready(child)
    server.socket_directory()
    child.kill()
    child.wait()
    server.leave()
    assert not alive(server.cluster)


def test_what_was_committed_survives_a_killed_postmaster_and_the_next_connection_finds_it(
    server: EmbeddedServer,
) -> None:
    directory = server.socket_directory()
    query(directory, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n", DATABASE)
    kill_postmaster(server)
    assert query(server.socket_directory(), "SELECT count(*) FROM kept", DATABASE) == [(1000,)]


def test_a_stale_pid_file_that_names_a_living_process_does_not_keep_the_server_down(
    server: EmbeddedServer, account: Account
) -> None:
    server.socket_directory()
    pid_file = server.cluster.data / "postmaster.pid"
    kill_postmaster(server)
    with subprocess.Popen(["sleep", "60"], **account.popen_arguments()) as bystander:
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(bystander.pid), *lines[1:], ""]))
        assert query(server.socket_directory(), "SELECT 1") == [(1,)]
        assert bystander.poll() is None
        bystander.kill()


@pytest.mark.parametrize("seconds", [0.2, 0.3, 0.4, 0.5, 0.6, 0.8])
def test_a_process_killed_while_it_creates_the_database_is_succeeded_by_the_next(
    server: EmbeddedServer, start: Start, seconds: float
) -> None:
    child = start(USER, server.home)
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=seconds)
    child.kill()
    child.wait()
    assert query(server.socket_directory(), "SELECT 1", DATABASE) == [(1,)]


def test_ctrl_c_in_the_terminal_of_who_started_the_server_leaves_it_to_the_others(
    server: EmbeddedServer, start: Start
) -> None:
    child = start(USER, server.home, start_new_session=True, stderr=subprocess.DEVNULL)
    wait_ready(child)
    server.socket_directory()
    os.killpg(child.pid, signal.SIGINT)
    assert child.wait() == -signal.SIGINT
    assert query(server.socket_directory(), "SELECT 1") == [(1,)]


def test_a_forked_child_that_ends_does_not_take_the_server_away_from_its_parent(
    server: EmbeddedServer, start: Start
) -> None:
    end(start(FORKER, server.home))
    assert not alive(server.cluster)


def test_a_forked_child_keeps_the_server_that_its_parent_started_and_left(
    server: EmbeddedServer, start: Start
) -> None:
    parent = start(DAEMON, server.home)
    directory = wait_ready(parent)
    assert parent.wait() == 0
    assert query(directory, "SELECT 1") == [(1,)]
    parent.communicate("\n")  # returns when the child, too, has closed stdout
    server.socket_directory()
    server.leave()
    assert not alive(server.cluster)


def test_maintenance_is_refused_while_another_process_uses_the_database(
    server: EmbeddedServer, start: Start
) -> None:
    child = start(USER, server.home)
    wait_ready(child)
    with pytest.raises(AlreadyRunning), server.nobody_else():
        pass
    end(child)
    with server.nobody_else():
        assert not alive(server.cluster)


def test_a_workspace_that_is_not_a_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"postgres.*WORKSPACE_DIR.*DATABASE_URL"):
        EmbeddedServer(tmp_path / "file" / "postgres").socket_directory()


def test_the_last_to_leave_tidies_the_database_once_a_day(server: EmbeddedServer) -> None:
    def use() -> tuple[int, object, object]:
        """Leaves dead rows in a table, and in catalogs as a temporary table does; what was tidied before."""
        directory = server.socket_directory()
        tidied = query(
            directory,
            "SELECT pg_relation_size('pg_attribute'), max(last_vacuum) FILTER (WHERE relname = 'kept'),"
            " max(last_analyze) FILTER (WHERE relname = 'kept') FROM pg_stat_user_tables",
            DATABASE,
        )[0]
        for _ in range(5):
            query(directory, "CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)", DATABASE)
            columns = ", ".join(f"column_{number} int" for number in range(500))
            query(directory, f"CREATE TEMPORARY TABLE passing ({columns})", DATABASE)
        server.leave()
        return tidied

    use()
    assert use()[1:] == (None, None)  # it is not a day old
    mark = server.home / "vacuumed"
    sizes: list[int] = []
    for _ in range(3):
        os.utime(mark, (0, 0))
        use()
        size, vacuumed, analyzed = use()
        assert vacuumed
        assert analyzed
        assert use()[1:] == (vacuumed, analyzed)
        sizes.append(size)
    assert sizes[2] == sizes[1]  # what was freed is used again
