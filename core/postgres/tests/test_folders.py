"""The embedded server removes nothing that a file, a link or somebody else's folder leads to.

Every removal is recorded, and one that leads out of the test's own folder is not carried out.
"""

import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import AlreadyRunning, ConfigurationError
from core.postgres import DATABASE, binaries, folders
from core.postgres.account import Account
from core.postgres.cluster import Cluster
from core.postgres.server import EmbeddedServer
from core.postgres.tests.conftest import alive, manage, postmaster, query


@pytest.fixture(autouse=True)
def removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """The trees that were removed, or would have been, had they been the test's to remove."""
    recorded: list[Path] = []
    really = shutil.rmtree

    def rmtree(path: str | Path, *arguments: Any, **options: Any) -> None:
        recorded.append(Path(path))
        if Path(path).resolve().is_relative_to(tmp_path.resolve()) and "precious" not in str(path):
            really(path, *arguments, **options)

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    return recorded


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A folder of the user's, which nothing may touch."""
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "thesis").write_text("years of work")
    (folder / folders.SOCKET_NAME).write_text("not a socket")
    return folder


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_whole(precious: Path) -> None:
    assert (precious / "thesis").read_text() == "years of work"
    assert names_in(precious) == [folders.SOCKET_NAME, "thesis"]


@pytest.fixture
def stop() -> Iterator[Callable[[EmbeddedServer], None]]:
    """Ends at the latest with the test what it is given."""
    servers: list[EmbeddedServer] = []
    yield servers.append
    for server in servers:
        server.leave()
        if server.home.exists():
            server.cluster.stop()


def kill(server: EmbeddedServer) -> None:
    """Leave it as a power cut does: postmaster.pid and the socket stay."""
    pid = postmaster(server.cluster)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    server.leave()


def write_line(pid_file: Path, line: int, text: str) -> None:
    lines = pid_file.read_text().splitlines()
    lines[line] = text
    pid_file.write_text("\n".join([*lines, ""]))


def test_a_folder_that_a_stale_pid_file_names_is_not_touched(
    server: EmbeddedServer, precious: Path, removed: list[Path]
) -> None:
    server.socket_directory()
    kill(server)
    write_line(server.cluster.data / "postmaster.pid", 4, str(precious))
    removed.clear()
    assert query(server.socket_directory(), "SELECT 1") == [(1,)]
    write_line(server.cluster.data / "postmaster.pid", 4, str(precious))
    server.leave()
    assert not alive(server.cluster)
    assert_whole(precious)
    assert removed == []


@pytest.mark.parametrize("text", ["", "0", "nonsense", "-7", "99999999999999999999"])
def test_a_pid_file_of_nonsense_is_no_obstacle(server: EmbeddedServer, text: str) -> None:
    server.socket_directory()
    kill(server)
    write_line(server.cluster.data / "postmaster.pid", 0, text)
    assert query(server.socket_directory(), "SELECT 1") == [(1,)]


@pytest.mark.parametrize("killed", [False, True])
def test_a_workspace_copied_while_its_server_runs_starts_with_its_own_data(
    server: EmbeddedServer,
    tmp_path: Path,
    removed: list[Path],
    stop: Callable[[EmbeddedServer], None],
    killed: bool,
) -> None:
    directory = server.socket_directory()
    query(directory, "CREATE TABLE kept AS SELECT 'original' AS text; CHECKPOINT", DATABASE)
    subprocess.run(["cp", "-a", server.home, tmp_path / "copy"], check=True)
    original = postmaster(server.cluster)
    if killed:
        kill(server)
    removed.clear()
    copy = EmbeddedServer(tmp_path / "copy")
    stop(copy)
    theirs = copy.socket_directory()
    assert query(theirs, "SHOW data_directory") == [(str(copy.cluster.data),)]
    query(theirs, "UPDATE kept SET text = 'copy'", DATABASE)
    copy.leave()
    if not killed:
        assert postmaster(server.cluster) == original
    assert query(server.socket_directory(), "SELECT text FROM kept", DATABASE) == [("original",)]
    assert query(copy.socket_directory(), "SELECT text FROM kept", DATABASE) == [("copy",)]
    assert removed == []


def test_who_leaves_a_moved_workspace_stops_no_server_that_stands_in_its_place(
    server: EmbeddedServer, tmp_path: Path, stop: Callable[[EmbeddedServer], None]
) -> None:
    server.socket_directory()
    server.home.rename(tmp_path / "moved")
    moved, new = EmbeddedServer(tmp_path / "moved"), EmbeddedServer(server.home)
    stop(moved)
    stop(new)
    directory = new.socket_directory()
    server.leave()
    assert query(directory, "SELECT 1") == [(1,)]


def test_a_workspace_moved_while_its_server_runs_keeps_that_server(
    server: EmbeddedServer, tmp_path: Path, removed: list[Path], stop: Callable[[EmbeddedServer], None]
) -> None:
    query(server.socket_directory(), "CREATE TABLE kept AS SELECT 1 AS n", DATABASE)
    running = postmaster(server.cluster)
    removed.clear()
    server.home.rename(tmp_path / "moved")
    moved = EmbeddedServer(tmp_path / "moved")
    stop(moved)
    assert query(moved.socket_directory(), "SELECT n FROM kept", DATABASE) == [(1,)]
    assert postmaster(moved.cluster) == running
    moved.cluster.stop()
    assert query(moved.socket_directory(), "SELECT n FROM kept", DATABASE) == [(1,)]
    assert removed == []


def test_a_workspace_moved_after_its_server_was_killed_starts_with_its_own_data(
    server: EmbeddedServer, tmp_path: Path, removed: list[Path], stop: Callable[[EmbeddedServer], None]
) -> None:
    query(server.socket_directory(), "CREATE TABLE kept AS SELECT 1 AS n", DATABASE)
    kill(server)
    removed.clear()
    server.home.rename(tmp_path / "moved")
    # What is made at the old place afterwards is another database.
    fresh = EmbeddedServer(server.home)
    moved = EmbeddedServer(tmp_path / "moved")
    for each in (fresh, moved):
        stop(each)
    assert query(fresh.socket_directory(), "SELECT to_regclass('kept')", DATABASE) == [(None,)]
    assert query(moved.socket_directory(), "SELECT n FROM kept", DATABASE) == [(1,)]
    assert all(path.name == "data.unfinished" for path in removed)


def test_a_server_that_was_started_by_hand_is_left_alone_and_named(
    server: EmbeddedServer, account: Account, tmp_path: Path
) -> None:
    server.socket_directory()
    server.leave()
    elsewhere = tmp_path / "s"
    elsewhere.mkdir()
    account.give(elsewhere)
    data = str(server.cluster.data)
    pid_file = server.cluster.data / "postmaster.pid"
    with subprocess.Popen(
        [binaries.tool("postgres"), "-D", data, "-k", str(elsewhere)],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd="/",
        env=binaries.ENVIRONMENT,
        **account.popen_arguments(),
    ) as by_hand:
        try:
            assert by_hand.stderr
            assert any(b"ready to accept connections" in line for line in by_hand.stderr)
            before = pid_file.read_bytes()
            with pytest.raises(AlreadyRunning, match=rf"by hand \(process {by_hand.pid}\)"):
                server.socket_directory()
            assert pid_file.read_bytes() == before
            assert by_hand.poll() is None
        finally:
            by_hand.send_signal(signal.SIGINT)
    assert query(server.socket_directory(), "SELECT 1") == [(1,)]


@pytest.fixture
def deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A data directory whose path is too long for a socket; temporary files are the test's."""
    # Short, as that of the system is, and open to the account that runs the server.
    with tempfile.TemporaryDirectory(prefix="t") as temporary:
        Path(temporary).chmod(0o755)
        monkeypatch.setattr(folders, "TEMPORARY", Path(temporary))
        place = tmp_path / "/".join(["long" * 10] * 4)
        place.mkdir(parents=True)
        cluster = Cluster(place / "data", durable=False)
        yield cluster
        cluster.stop()


def test_what_a_killed_server_left_of_its_socket_is_used_again(deep: Cluster, account: Account) -> None:
    directory = Path(deep.start())
    pid = postmaster(deep)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert (directory / folders.SOCKET_NAME).exists()
    assert query(deep.start(), "SELECT 1") == [(1,)]
    status = directory.stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (account.uid, 0o700)
    (directory / "note of the user's").touch()
    deep.stop()
    assert names_in(directory) == ["note of the user's"]
    (directory / "note of the user's").unlink()


@pytest.mark.parametrize("obstacle", ["link", "open to others"])
def test_a_folder_at_the_place_of_the_socket_that_is_not_ours_is_refused_untouched(
    deep: Cluster, precious: Path, obstacle: str
) -> None:
    directory = Path(deep.start())
    deep.stop()
    assert not directory.exists()
    if obstacle == "link":
        directory.symlink_to(precious)
    else:
        precious.chmod(0o755)
        precious.rename(directory)
    with pytest.raises(ConfigurationError, match="not a folder of this user's alone"):
        deep.start()
    assert_whole(directory)
    assert not alive(deep)
    if obstacle == "link":
        directory.unlink()
    else:
        directory.rename(precious)


@pytest.mark.parametrize("kind", ["folder", "link", "database beside notes"])
def test_what_stands_where_a_database_is_prepared_is_removed_only_if_it_is_one(
    tmp_path: Path, precious: Path, removed: list[Path], kind: str
) -> None:
    cluster = Cluster(tmp_path / "data", durable=False)
    place = tmp_path / "data.unfinished"
    precious.chmod(0o700)
    if kind == "link":
        place.symlink_to(precious)
    else:
        precious.rename(place)
    if kind == "database beside notes":
        (place / "PG_VERSION").write_text("18\n")
    with pytest.raises(ConfigurationError, match="move it away"):
        cluster.start()
    assert (place / "thesis").read_text() == "years of work"
    assert removed == []


def test_a_demo_does_not_empty_a_folder_that_it_did_not_make(tmp_path: Path) -> None:
    mine = tmp_path / "demo" / "git"
    mine.mkdir(parents=True)
    (mine / "thesis").write_text("years of work")
    for environment in (
        {"WORKSPACE_DIR": tmp_path},
        {"WORKSPACE_DIR": tmp_path / "demo", "BOOST_TRACKERS_DEMO": tmp_path / "demo"},
    ):
        refused = manage("demo", "--size", 1, check=False, **environment)
        assert "was not made by this demo" in refused.stderr
        assert refused.returncode != 0
        assert (mine / "thesis").read_text() == "years of work"
        assert names_in(tmp_path / "demo") == ["git"]


def test_the_place_of_a_socket_does_not_depend_on_the_environment(
    deep: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    directory = deep.start()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert Cluster(deep.data).start() == directory
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(f"{directory}/{folders.SOCKET_NAME}")
