"""The embedded database, whatever libpq's variables say; and the demo, which empties only its own."""

import os
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from core.postgres import DATABASE
from core.postgres.server import EmbeddedServer, address, is_server_of
from core.postgres.tests.conftest import manage, query

# Every variable that libpq knows for a parameter, and those that it reads besides.
VARIABLES = sorted(
    {option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar}
    | {"PGSERVICEFILE", "PGSYSCONFDIR", "PGTZ", "PGDATESTYLE", "PGGEQO", "PGREQUIRESSL", "PGOPTIONS"}
)
# Where a value that libpq accepts does more than one that it refuses.
VALUES = {
    "PGHOSTADDR": "127.0.0.1",
    "PGPORT": "1",
    "PGOPTIONS": "-c search_path=nowhere",
    "PGTZ": "Asia/Tokyo",
    "PGDATESTYLE": "German",
    "PGCLIENTENCODING": "LATIN1",
    "PGTARGETSESSIONATTRS": "standby",
    "PGREQUIREAUTH": "scram-sha-256",
    "PGAPPNAME": "another",
    "PGGEQO": "off",
}
SESSION = """
SELECT current_setting('data_directory'), current_user, current_setting('search_path'),
    current_setting('TimeZone'), current_setting('DateStyle'), current_setting('client_encoding'),
    current_setting('application_name'), current_setting('geqo')
"""
SHOWN = """
from django.db import connection
from core.postgres import direct_connection
with connection.cursor() as cursor:
    cursor.execute("SHOW data_directory")
    print(*cursor.fetchone())
with direct_connection() as direct:
    print(*direct.execute("SHOW data_directory").fetchone())
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    server = EmbeddedServer(tmp_path_factory.mktemp("embedded") / "postgres")
    yield server.socket_directory()
    server.leave()


def session(directory: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(**address(directory), dbname=DATABASE) as connection:
        return connection.execute(SESSION).fetchall()


@pytest.mark.parametrize("variable", VARIABLES)
def test_no_variable_of_libpq_decides_anything_of_the_embedded_database(
    directory: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    before = session(directory)
    monkeypatch.setenv(variable, VALUES.get(variable, "nonsense"))
    assert session(directory) == before
    assert variable not in os.environ


def test_commands_use_the_database_of_their_workspace_with_every_variable_set(tmp_path: Path) -> None:
    environment: dict[str, Any] = {variable: VALUES.get(variable, "nonsense") for variable in VARIABLES}
    done = manage("shell", "-v0", "-c", SHOWN, WORKSPACE_DIR=tmp_path, **environment)
    assert done.stdout.split() == [str(tmp_path / "postgres" / "data")] * 2
    manage("migrate", "-v0", WORKSPACE_DIR=tmp_path, **environment)
    manage("backup", tmp_path / "a.dump", WORKSPACE_DIR=tmp_path, **environment)
    manage("restore", "--replace", tmp_path / "a.dump", WORKSPACE_DIR=tmp_path, **environment)


def test_backup_and_restore_go_where_the_other_commands_go(outside_url: str, tmp_path: Path) -> None:
    """Of a server that DATABASE_URL names in part, and libpq's variables in the other."""
    said = conninfo_to_dict(outside_url)
    given = {
        "PGHOST": said["host"],
        "PGPORT": said["port"],
        "PGUSER": said["user"],
        "PGPASSWORD": said["password"],
    }
    environment: dict[str, Any] = given | {
        "DATABASE_URL": f"postgresql:///{said['dbname']}",
        "WORKSPACE_DIR": tmp_path,
    }
    with psycopg.connect(outside_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        manage("backup", tmp_path / "a.dump", **environment)
        connection.execute("CREATE TABLE later (n int)")
        manage("restore", "--replace", tmp_path / "a.dump", **environment)
        assert connection.execute("SELECT to_regclass('kept'), to_regclass('later')").fetchall() == [
            ("kept", None)
        ]


def test_a_demo_empties_no_database_but_its_own(outside_url: str, tmp_path: Path) -> None:
    with psycopg.connect(outside_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE core_run AS SELECT 'production' AS collector")
        before = connection.execute("SELECT oid::int8, relname FROM pg_class ORDER BY oid").fetchall()
        demo = tmp_path / "demo"
        demo.mkdir()
        (demo / "made-by-demo").touch()
        # As if a setting, a file or a variable had led there although the demo had chosen its own.
        refused = manage(
            "demo",
            "--size",
            1,
            check=False,
            WORKSPACE_DIR=demo,
            BOOST_TRACKERS_DEMO=demo,
            DATABASE_URL=outside_url,
        )
        assert refused.returncode != 0
        assert f"The database is not the one in {demo}; nothing was changed" in refused.stderr
        assert connection.execute("SELECT oid::int8, relname FROM pg_class ORDER BY oid").fetchall() == before
        assert connection.execute("SELECT collector FROM core_run").fetchall() == [("production",)]


def test_a_server_is_known_by_its_folder_and_by_its_number(directory: str, tmp_path: Path) -> None:
    with psycopg.connect(**address(directory), dbname="postgres", autocommit=True) as connection:
        home = Path(query(directory, "SHOW data_directory")[0][0]).parent
        cursor: Any = connection.cursor()
        with closing(cursor):
            assert is_server_of(home, cursor)
            assert not is_server_of(tmp_path, cursor)
            other = EmbeddedServer(tmp_path / "postgres")
            other.socket_directory()
            assert not is_server_of(other.home, cursor)
            other.leave()
            # The same number, in another folder: a copy.
            number = (home / "data" / "global" / "pg_control").read_bytes()
            (other.home / "data" / "global" / "pg_control").write_bytes(number)
            assert not is_server_of(other.home, cursor)
