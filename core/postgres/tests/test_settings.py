"""DATABASE_URL, DATABASE_LOCK_URL, and the connections they give."""

import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from pydantic import SecretStr

from core.errors import ConfigurationError
from core.postgres import databases, direct_connection
from core.postgres.base import DatabaseWrapper
from core.postgres.tests.conftest import manage

WHO = """
from django.db import connection
from core.postgres import direct_connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_database(), current_user, current_setting('application_name')")
    print(*cursor.fetchone(), sep="|")
with direct_connection(application_name="lock") as direct:
    row = direct.execute("SELECT current_database(), current_setting('application_name')").fetchone()
    print(*row, sep="|")
"""


def settings(url: str, lock_url: str | None = None) -> dict[str, Any]:
    return databases(SecretStr(url), SecretStr(lock_url) if lock_url else None, Path("unused"))["default"]


def test_every_part_of_a_url_is_decoded_and_query_options_reach_the_driver() -> None:
    parsed = settings(
        "postgresql://us%40er:p%2Fw%3Ad@[::1]:6000/da%20ta?sslmode=verify-full&connect_timeout=3"
    )
    assert [parsed[part] for part in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "us@er", "p/w:d", "::1", "6000", "da ta",
    ]  # fmt: skip
    assert parsed["OPTIONS"] == {"sslmode": "verify-full", "connect_timeout": "3"}


@pytest.mark.parametrize("url", ["postgresql:///data?host=/run/pg", "postgres://%2Frun%2Fpg/data"])
def test_a_url_can_name_a_unix_socket(url: str) -> None:
    assert (settings(url)["HOST"], settings(url)["NAME"]) == ("/run/pg", "data")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://user:hunter2@host/data",
        "postgresql://user:hunter2@host:port/data",
        "postgresql://user:hunter2/@host/data",
        "postgresql://user:hunter2@[::1/data",
        "postgresql://user:hunter2@host/data?no_such_option=1",
        "postgresql://user:hunter2%zz@host/data",
        "postgresql://user:hunter2@host",
        "host=localhost password=hunter2 dbname=data",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL cannot be used") as refusal:
        settings(url)
    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_an_empty_url_means_the_embedded_server(tmp_path: Path) -> None:
    assert databases(SecretStr(""), None, tmp_path)["default"]["EMBEDDED_IN"] == tmp_path / "postgres"


def test_a_lock_url_is_where_direct_connections_go_in_the_same_database() -> None:
    wrapper = DatabaseWrapper(
        {
            **connection.settings_dict,
            **settings("postgresql://u@pooler/data", "postgresql://v:w@server:5433/x"),
        }
    )
    parameters = wrapper.direct_parameters()
    assert parameters == {"user": "v", "password": "w", "host": "server", "port": "5433", "dbname": "data"}


def test_a_lock_url_turns_off_cursors_that_a_pooler_would_lose() -> None:
    pooled = settings("postgresql://u@pooler/data", "postgresql://u@server/data")
    assert pooled["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert settings("postgresql://u@server/data")["DISABLE_SERVER_SIDE_CURSORS"] is False


def test_a_url_connects_django_and_direct_connections_and_starts_no_server(
    outside_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(outside_url) as direct:
        user, database = direct.info.user, direct.info.dbname
    done = manage("shell", "-v0", "-c", WHO, DATABASE_URL=outside_url, WORKSPACE_DIR=tmp_path / "workspace")
    lines = done.stdout.splitlines()
    assert lines[0].split("|")[:2] == [database, user]
    assert lines[1] == f"{database}|lock"
    assert not (tmp_path / "workspace").exists()


@pytest.mark.django_db
def test_a_direct_connection_is_another_session_of_the_database_in_use() -> None:
    with connection.cursor() as cursor, direct_connection() as direct:
        statement = "SELECT current_database(), pg_backend_pid()"
        cursor.execute(statement)
        django, other = cursor.fetchone(), direct.execute(statement).fetchone()
    assert direct.autocommit
    assert django
    assert other
    assert other[0] == django[0]
    assert other[1] != django[1]


@pytest.mark.django_db
def test_a_server_that_is_too_old_is_refused_by_its_version() -> None:
    class Demanding(DatabaseWrapper):
        minimum_version = 99

    wrapper = Demanding(connection.settings_dict, alias="demanding")  # Django asks once per alias
    with pytest.raises(ConfigurationError, match=r"The server is PostgreSQL \d+; 99 or newer.*DATABASE_URL"):
        wrapper.ensure_connection()
    wrapper.close()


def test_a_database_that_is_not_migrated_is_refused_with_the_command_to_run(tmp_path: Path) -> None:
    script = "from core.postgres import require_migrated; require_migrated()"
    refused = manage("shell", "-v0", "-c", script, WORKSPACE_DIR=tmp_path, check=False)
    assert refused.returncode != 0
    assert "uv run manage.py migrate" in refused.stderr.splitlines()[-1]
    manage("migrate", WORKSPACE_DIR=tmp_path)
    manage("shell", "-v0", "-c", script, WORKSPACE_DIR=tmp_path)


def test_a_database_of_a_newer_version_is_refused_and_what_was_squashed_or_is_not_ours_is_no_matter(
    tmp_path: Path,
) -> None:
    def applied(app: str, name: str) -> "subprocess.CompletedProcess[str]":
        script = f"""
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
MigrationRecorder(connection).record_applied({app!r}, {name!r})
from core.postgres import require_migrated; require_migrated()
"""
        return manage("shell", "-v0", "-c", script, WORKSPACE_DIR=tmp_path, check=False)

    manage("migrate", WORKSPACE_DIR=tmp_path)
    for app in ("auth", "an_app_that_was_removed"):
        assert applied(app, "9999_of_others").returncode == 0
    refused = applied("core", "9999_tomorrow")
    assert refused.returncode != 0
    assert "core.9999_tomorrow" in refused.stderr.splitlines()[-1]
    run = manage("run_boost_mailing_list_tracker", WORKSPACE_DIR=tmp_path, check=False)
    assert run.returncode == 78
    assert "core.9999_tomorrow" in run.stderr


def test_dbshell_reaches_the_database_whatever_the_environment_says(tmp_path: Path) -> None:
    statement = ["--", "-tAc", "SELECT current_database()"]
    done = manage(
        "dbshell", *statement, WORKSPACE_DIR=tmp_path, PGPORT=1, PGHOST="elsewhere", PGUSER="nobody"
    )
    assert done.stdout == "boost_trackers\n"


def test_help_starts_no_server(tmp_path: Path) -> None:
    manage("backup", "--help", WORKSPACE_DIR=tmp_path / "workspace")
    assert not (tmp_path / "workspace").exists()
