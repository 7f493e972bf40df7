"""One data directory: where it can be, who may connect, and what is said when its server cannot start."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from core.errors import ConfigurationError, DatabaseFailed, ResourceExhausted
from core.postgres import DATABASE
from core.postgres.account import Account
from core.postgres.cluster import Cluster
from core.postgres.server import EmbeddedServer
from core.postgres.tests.conftest import alive, query

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can do this")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path / "data", durable=False)
    yield cluster
    cluster.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=60m,mode=755", "none", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.decode().splitlines()[0]}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_the_database_sorts_by_code_point_and_knows_upper_case_beyond_ascii(server: EmbeddedServer) -> None:
    directory = server.socket_directory()
    rows = query(directory, "SELECT 'Z' < 'a', lower('É'), current_setting('server_encoding')", DATABASE)
    assert rows == [(True, "é", "UTF8")]


def test_the_server_writes_to_disk_before_it_confirms_and_listens_on_no_network(
    server: EmbeddedServer,
) -> None:
    directory = server.socket_directory()
    for setting, value in {"fsync": "on", "synchronous_commit": "on", "listen_addresses": ""}.items():
        assert query(directory, f"SHOW {setting}") == [(value,)]


def test_a_workspace_path_too_long_for_a_socket_works_and_leaves_no_folder_behind(tmp_path: Path) -> None:
    folder = tmp_path / "/".join(["long" * 10] * 4)
    folder.mkdir(parents=True)
    cluster = Cluster(folder / "data", durable=False)
    directory = cluster.start()
    assert Cluster(folder / "data").start() == directory  # as another process finds it
    assert query(directory, "SELECT 1") == [(1,)]
    assert stat.S_IMODE(Path(directory).stat().st_mode) == 0o700
    cluster.stop()
    assert not Path(directory).exists()


def test_only_the_user_who_runs_the_server_can_reach_its_socket(cluster: Cluster, account: Account) -> None:
    socket_folder = Path(cluster.start()).stat()
    assert (socket_folder.st_uid, stat.S_IMODE(socket_folder.st_mode)) == (account.uid, 0o700)


@needs_root
def test_another_user_of_the_machine_cannot_connect(cluster: Cluster) -> None:
    directory = cluster.start()
    # A connection made in a child that has become another user.
    child = os.fork()
    if not child:
        os.setgid(65534)
        os.setuid(65534)
        try:
            psycopg.connect(host=directory, user="postgres", dbname="postgres")
        except psycopg.OperationalError as error:
            os._exit(7 if "Permission denied" in str(error) else 1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_what_a_killed_initdb_left_is_no_obstacle(cluster: Cluster) -> None:
    unfinished = cluster.data.with_name("data.unfinished")
    unfinished.mkdir(mode=0o700)
    (unfinished / "PG_VERSION").write_text("18\n")
    assert query(cluster.start(), "SELECT 1") == [(1,)]
    assert not unfinished.exists()


def test_a_server_that_dies_at_start_is_quoted(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    with (cluster.data / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 'plenty'\n")
    with pytest.raises(DatabaseFailed, match=r'(?s)while starting.*"shared_buffers": "plenty"'):
        cluster.start()
    assert not alive(cluster)


def test_a_directory_of_another_version_names_the_command_to_run(tmp_path: Path) -> None:
    old = Cluster(tmp_path / "data", major=16, durable=False)
    old.start()
    old.stop()
    with pytest.raises(ConfigurationError, match=r"PostgreSQL 16, this is 18.*manage\.py upgrade_database"):
        Cluster(tmp_path / "data").start()


@needs_root
def test_a_directory_of_another_user_names_that_user(server: EmbeddedServer) -> None:
    server.home.mkdir()
    os.chown(server.home, 65534, 65534)
    with pytest.raises(ConfigurationError, match="belongs to another user, nobody"):
        server.socket_directory()


def test_a_full_disk_is_named_at_initdb_and_again_at_start(small_disk: Path) -> None:
    cluster = Cluster(small_disk / "data", durable=False)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(50_000_000))
    with pytest.raises(ResourceExhausted, match="No space left on device"):
        cluster.start()
    assert not cluster.data.exists()
    ballast.unlink()
    cluster.start()
    cluster.stop()
    free = os.statvfs(small_disk)
    ballast.write_bytes(bytes(free.f_bavail * free.f_frsize))
    with pytest.raises(ResourceExhausted, match=r"(?s)stopped while starting.*free space"):
        cluster.start()
    ballast.unlink()
    assert query(cluster.start(), "SELECT 1") == [(1,)]
    cluster.stop()


@needs_root
def test_root_adds_only_the_search_bit_to_the_folders_that_lack_it_and_says_so_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.postgres.cluster.SAY_AFTER_SECONDS", 3600.0)  # however busy the machine is
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "open").mkdir(mode=0o755)
    cluster = Cluster(closed / "open" / "data", durable=False)
    cluster.start()
    cluster.stop()
    notice = capfd.readouterr().err
    assert notice.count("\n") == 1
    assert f"(chmod o+x) on {closed}" in notice.replace(f"{tmp_path}, ", "").replace(
        f"{tmp_path.parent}, ", ""
    )
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
    assert stat.S_IMODE((closed / "open").stat().st_mode) == 0o755
    cluster.start()
    cluster.stop()
    assert capfd.readouterr().err == ""


@needs_root
def test_root_without_a_way_to_add_a_user_is_told_of_database_url(tmp_path: Path) -> None:
    # A mount namespace of its own, in which the machine knows neither the user nor a program to add it.
    (tmp_path / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    script = (
        "from pathlib import Path; from core.postgres.cluster import Cluster; Cluster(Path('data')).start()"
    )
    isolated = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        'mount --bind "$1" /etc/passwd && PATH=/none exec "$2" -c "$3"',
    ]
    done = subprocess.run(
        [*isolated, "sh", str(tmp_path / "passwd"), sys.executable, script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr:
        pytest.skip(f"no mount namespace here: {done.stderr.strip()}")
    assert "neither useradd nor BusyBox's adduser" in done.stderr
    assert "DATABASE_URL" in done.stderr
