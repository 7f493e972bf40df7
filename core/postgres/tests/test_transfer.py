"""Backup, restore and the way over a major version, with PostgreSQL's own programs."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from core.errors import AlreadyRunning, CommandFailed, ConfigurationError
from core.postgres import DATABASE
from core.postgres.cluster import Cluster
from core.postgres.server import SUPERUSER, EmbeddedServer, create_database
from core.postgres.tests.conftest import ROOT, alive, manage, query
from core.postgres.transfer import client_environment, dump, restore
from core.postgres.upgrade import upgrade

CONTENT = """
CREATE TABLE mail (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL, raw bytea);
CREATE INDEX ON mail (lower(body));
INSERT INTO mail (body, raw)
SELECT 'Grüße ' || n || E'\\n\\\\.', decode(md5(n::text), 'hex') FROM generate_series(1, 5000) n
"""
FINGERPRINT = "SELECT count(*), md5(string_agg(id || body || raw::text, ',' ORDER BY id)) FROM mail"


def embedded(server: EmbeddedServer) -> dict[str, str]:
    return {"host": server.socket_directory(), "user": SUPERUSER, "dbname": DATABASE}


def test_manage_py_takes_a_database_from_one_workspace_to_another(tmp_path: Path) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "saved.dump"
    assert "The database is empty" in manage("backup", file, WORKSPACE_DIR=here, check=False).stderr
    manage("migrate", WORKSPACE_DIR=here)
    (here / "blobs").mkdir()
    said = manage("backup", file, WORKSPACE_DIR=here).stdout
    assert f"Copy {here}/blobs" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    manage("restore", file, WORKSPACE_DIR=there)
    manage("migrate", "--check", WORKSPACE_DIR=there)
    again = manage("restore", file, WORKSPACE_DIR=there, check=False)
    assert again.returncode != 0
    assert "tables already. --replace drops them" in again.stderr
    manage("restore", file, "--replace", WORKSPACE_DIR=there)
    manage("migrate", "--check", WORKSPACE_DIR=there)
    assert "exists already" in manage("backup", file, WORKSPACE_DIR=here, check=False).stderr


COLLECTING = """
from core.metering import Meter
from core.runs import ActiveRun
run = ActiveRun("a collector", {}, Meter())
print("running", flush=True)
input()
"""


def test_a_database_is_not_replaced_while_a_run_is_collecting(tmp_path: Path) -> None:
    manage("migrate", WORKSPACE_DIR=tmp_path)
    manage("backup", tmp_path / "a.dump", WORKSPACE_DIR=tmp_path)
    with subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v0", "-c", COLLECTING],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "", "WORKSPACE_DIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        try:
            assert run.stdout
            assert run.stdout.readline() == "running\n"
            refused = manage("restore", "--replace", tmp_path / "a.dump", WORKSPACE_DIR=tmp_path, check=False)
            assert refused.returncode == 75
            assert f"the database is in use by a collector pid {run.pid}" in refused.stderr
        finally:
            run.communicate("\n")
    manage("restore", "--replace", tmp_path / "a.dump", WORKSPACE_DIR=tmp_path)


def test_of_many_that_migrate_at_once_one_does_it_and_the_others_find_it_done(tmp_path: Path) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "manage.py", "migrate"],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": "", "WORKSPACE_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    ended = [(*child.communicate(), child.returncode) for child in children]
    assert {code for *_, code in ended} <= {0, 75}, ended
    assert sum("Applying core.0001" in out for out, *_ in ended) == 1
    manage("migrate", "--check", WORKSPACE_DIR=tmp_path)


def test_a_restore_brings_back_every_row_and_drops_what_came_after_the_backup(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    parameters = embedded(server)
    query(parameters["host"], CONTENT, DATABASE)
    before = query(parameters["host"], FINGERPRINT, DATABASE)
    dump(parameters, tmp_path / "a.dump")
    query(parameters["host"], "DELETE FROM mail WHERE id > 7; CREATE TABLE later (n int)", DATABASE)
    for _ in range(2):
        restore(parameters, tmp_path / "a.dump", replace=True)
        assert query(parameters["host"], FINGERPRINT, DATABASE) == before
        assert query(parameters["host"], "SELECT to_regclass('later')", DATABASE) == [(None,)]
        dump(parameters, tmp_path / "a.dump")  # what was restored can be saved again


# Numbers of changes come from transactions.
BUSY = """
from core.tests.marks import quiet_mark
for _ in range(3000):
    quiet_mark()
"""
RUN = """
from core import changes
from core.metering import Meter
from core.models import Run
from core.runs import ActiveRun
print(changes.mark())
ActiveRun("c", {}, Meter()).close(Run.Status.OK, counts={})
print(changes.mark())
"""


def test_changes_in_another_cluster_are_numbered_above_all_that_a_backup_brought(tmp_path: Path) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "saved.dump"
    manage("migrate", WORKSPACE_DIR=here)
    last = int(manage("shell", "-v0", "-c", BUSY + RUN, WORKSPACE_DIR=here).stdout.split()[-1])
    manage("backup", file, WORKSPACE_DIR=here)
    manage("restore", file, WORKSPACE_DIR=there)
    restored, following = map(int, manage("shell", "-v0", "-c", RUN, WORKSPACE_DIR=there).stdout.split())
    assert restored < last < following
    again, still = map(int, manage("shell", "-v0", "-c", RUN, WORKSPACE_DIR=there).stdout.split())
    assert following <= again <= still < following + 1000


def test_a_restore_that_is_refused_does_not_show_what_is_in_the_rows(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    parameters = embedded(server)
    query(parameters["host"], CONTENT, DATABASE)
    # A rule that looks up a table is broken while it is loaded: its tables have no schema there.
    rule = "CREATE FUNCTION fits(text) RETURNS boolean LANGUAGE sql AS 'SELECT true FROM mail'"
    query(parameters["host"], f"{rule}; ALTER TABLE mail ADD CHECK (fits(body))", DATABASE)
    dump(parameters, tmp_path / "a.dump")
    with pytest.raises(CommandFailed, match='relation "mail" does not exist') as refused:
        restore(parameters, tmp_path / "a.dump", replace=True)
    assert "Grüße" not in str(refused.value)


@pytest.mark.parametrize("damage", ["cut short", "of no such format"])
def test_a_damaged_file_changes_nothing(server: EmbeddedServer, tmp_path: Path, damage: str) -> None:
    parameters = embedded(server)
    query(parameters["host"], CONTENT, DATABASE)
    before = query(parameters["host"], FINGERPRINT, DATABASE)
    file = tmp_path / "a.dump"
    dump(parameters, file)
    file.write_bytes(file.read_bytes()[:-20_000] if damage == "cut short" else b"not a backup\n")
    with pytest.raises(CommandFailed, match=r"(?s)Nothing was loaded: .*pg_restore"):
        restore(parameters, file, replace=True)
    assert query(parameters["host"], FINGERPRINT, DATABASE) == before


def test_a_restore_into_a_database_that_is_not_empty_changes_nothing(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    parameters = embedded(server)
    query(parameters["host"], CONTENT, DATABASE)
    dump(parameters, tmp_path / "a.dump")
    query(parameters["host"], "UPDATE mail SET body = 'new'", DATABASE)
    with pytest.raises(CommandFailed, match="already exists"):
        restore(parameters, tmp_path / "a.dump")
    assert query(parameters["host"], "SELECT DISTINCT body FROM mail", DATABASE) == [("new",)]


def test_a_backup_overwrites_nothing_that_is_called_like_an_unfinished_one(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    (tmp_path / "a.dump.partial").write_text("the user's")
    dump(embedded(server), tmp_path / "a.dump")
    assert (tmp_path / "a.dump.partial").read_text() == "the user's"
    assert stat.S_IMODE((tmp_path / "a.dump").stat().st_mode) == 0o600
    assert len(list(tmp_path.glob("a.dump*"))) == 2


def test_a_failed_backup_leaves_no_file(server: EmbeddedServer, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match='database "nowhere" does not exist'):
        dump(embedded(server) | {"dbname": "nowhere"}, tmp_path / "a.dump")
    assert not list(tmp_path.glob("a.dump*"))


def test_a_backup_moves_between_the_embedded_server_and_an_older_one_outside(
    server: EmbeddedServer, outside_url: str, tmp_path: Path
) -> None:
    outside = dict(conninfo_to_dict(outside_url))
    parameters = embedded(server)
    query(parameters["host"], CONTENT, DATABASE)
    before = query(parameters["host"], FINGERPRINT, DATABASE)
    dump(parameters, tmp_path / "out.dump")
    restore(outside, tmp_path / "out.dump")
    with psycopg.connect(outside_url) as connection:
        assert connection.execute(FINGERPRINT.encode()).fetchall() == before
    dump(outside, tmp_path / "back.dump")
    restore(parameters, tmp_path / "back.dump", replace=True)
    assert query(parameters["host"], FINGERPRINT, DATABASE) == before


def test_a_password_goes_to_the_programs_in_the_environment_with_every_other_option() -> None:
    parameters = {
        "host": "db",
        "password": "hunter2",
        "sslmode": "require",
        "dbname": "data",
        "connect_timeout": 3,
    }
    environment = client_environment(parameters)
    assert {name: value for name, value in environment.items() if name.startswith("PG")} == {
        "PGHOST": "db",
        "PGPASSWORD": "hunter2",
        "PGSSLMODE": "require",
        "PGDATABASE": "data",
        "PGCONNECT_TIMEOUT": "3",
    }


@pytest.fixture
def old_data(server: EmbeddedServer) -> list[tuple[object, ...]]:
    """A database written by PostgreSQL 16 where the server's own will be; its fingerprint."""
    server.home.mkdir(mode=0o711)
    old = Cluster(server.cluster.data, major=16, durable=False)
    directory = old.start()
    create_database(directory)
    query(directory, CONTENT, DATABASE)
    fingerprint = query(directory, FINGERPRINT, DATABASE)
    old.stop()
    return fingerprint


def test_an_upgrade_keeps_every_row_and_the_old_directory(
    server: EmbeddedServer, old_data: list[tuple[object, ...]]
) -> None:
    with pytest.raises(ConfigurationError, match="upgrade_database"):
        server.socket_directory()
    server.leave()
    kept = upgrade(server, durable=False)
    assert kept == server.home / "data-16"
    directory = server.socket_directory()
    assert query(directory, FINGERPRINT, DATABASE) == old_data
    assert query(directory, "SHOW server_version_num")[0][0].startswith("18")
    assert (server.home / "data-16" / "PG_VERSION").read_text().strip() == "16"
    assert upgrade(server) is None


def test_an_upgrade_that_was_killed_between_its_last_steps_is_completed_by_the_next_start(
    server: EmbeddedServer, old_data: list[tuple[object, ...]]
) -> None:
    upgrade(server, durable=False)
    server.cluster.data.rename(server.cluster.upgraded)
    assert query(server.socket_directory(), FINGERPRINT, DATABASE) == old_data


def test_an_upgrade_that_failed_can_be_run_again(
    server: EmbeddedServer, old_data: list[tuple[object, ...]]
) -> None:
    half = Cluster(server.home / "data.copying", durable=False)
    half.start()  # a killed upgrade leaves its servers running
    server.cluster.upgraded.mkdir(mode=0o700)
    (server.cluster.upgraded / "base").mkdir()
    Cluster(server.cluster.data, major=16).start()
    upgrade(server, durable=False)
    assert not alive(half)
    assert query(server.socket_directory(), FINGERPRINT, DATABASE) == old_data


def test_an_upgrade_is_refused_while_the_database_is_in_use(server: EmbeddedServer) -> None:
    user = EmbeddedServer(server.home)
    user.socket_directory()
    with pytest.raises(AlreadyRunning):
        upgrade(server)
    user.leave()


def test_manage_py_says_when_there_is_nothing_to_upgrade(tmp_path: Path) -> None:
    assert "Nothing to do" in manage("upgrade_database", WORKSPACE_DIR=tmp_path).stdout
    outside = manage("upgrade_database", DATABASE_URL="postgresql://host/data", check=False)
    assert "DATABASE_URL is set" in outside.stderr
