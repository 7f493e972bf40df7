"""PostgreSQL, as a Django database backend: embedded when DATABASE_URL is not set, a server when it is."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core.errors import (
    CollectorFailureCategory,
    ConfigurationError,
    DatabaseFailed,
    SchemaDiffers,
    classify_failure,
)

if TYPE_CHECKING:
    import psycopg
    from pydantic import SecretStr

    from core.postgres.base import DatabaseWrapper

DATABASE = "boost_trackers"
CONNECT_TIMEOUT_SECONDS = 10


def databases(
    url: "SecretStr | None", lock_url: "SecretStr | None", workspace: Path
) -> dict[str, dict[str, Any]]:
    """The DATABASES setting. Raises ConfigurationError for a URL that cannot be used, without showing it.

    `lock_url` is for `direct_connection`; its database name is taken from `url`.
    """
    if url is None or not url.get_secret_value():
        return {
            "default": {"ENGINE": "core.postgres", "NAME": DATABASE, "EMBEDDED_IN": workspace / "postgres"}
        }
    options = _parse("DATABASE_URL", url)
    if "dbname" not in options:
        raise _unusable("DATABASE_URL", "it names no database")
    direct = _parse("DATABASE_LOCK_URL", lock_url) if lock_url and lock_url.get_secret_value() else None
    return {
        "default": {
            "ENGINE": "core.postgres",
            "NAME": options.pop("dbname"),
            "USER": options.pop("user", ""),
            "PASSWORD": options.pop("password", ""),
            "HOST": options.pop("host", ""),
            "PORT": options.pop("port", ""),
            "OPTIONS": {"connect_timeout": CONNECT_TIMEOUT_SECONDS} | options,
            "DIRECT": direct,
            # A transaction pooler gives the next query another session, where the cursor is not.
            "DISABLE_SERVER_SIDE_CURSORS": direct is not None,
        }
    }


def direct_connection(*, application_name: str = "boost-trackers") -> "psycopg.Connection[tuple[Any, ...]]":
    """Return a session of its own for locks and budgets, past any pooler; the caller closes it.

    It is idle for as long as a source is waited for, and no server setting may end it for that.
    """
    import psycopg  # noqa: PLC0415 - settings import this module, and --help shall not pay for a driver

    parameters: dict[str, Any] = {**direct_parameters(), "application_name": application_name}
    opened = psycopg.connect(**parameters, autocommit=True, prepare_threshold=None)
    opened.execute("SET idle_session_timeout = 0")
    return opened


def direct_parameters() -> dict[str, Any]:
    """libpq's connection parameters of the session that `direct_connection` opens."""
    from django.db import connection  # noqa: PLC0415 - as above

    return cast("DatabaseWrapper", connection).direct_parameters()


def lost_connection(error: Exception) -> DatabaseFailed | None:
    """Return what to tell, in one line, of an error that says that the connection or the server has gone."""
    import psycopg  # noqa: PLC0415 - as above
    from django.db import InterfaceError, OperationalError  # noqa: PLC0415 - as above

    if not isinstance(error, (OperationalError, InterfaceError, psycopg.OperationalError)):
        return None
    # `network` is one that could not be made again.
    if classify_failure(error) not in (CollectorFailureCategory.DATABASE, CollectorFailureCategory.NETWORK):
        return None
    said = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return DatabaseFailed(
        f"the connection to the database was lost: {said}",
        remedy="run it again: it continues from the last saved page",
    )


def require_migrated() -> None:
    """Raise ConfigurationError or SchemaDiffers when database and program are not of one version."""
    from django.conf import settings  # noqa: PLC0415 - as above
    from django.db import connection  # noqa: PLC0415 - as above
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415 - as above

    loader = MigrationLoader(connection)
    applied = loader.applied_migrations or {}
    # What was squashed stays in the table. Other people's apps may have other versions that fit as well.
    squashed = {old for migration in loader.disk_migrations.values() for old in migration.replaces}
    unknown = sorted(
        ".".join(key)
        for key in applied
        if key[0] in ("core", *settings.TRACKER_APPS)
        and key not in loader.disk_migrations
        and key not in squashed
    )
    if unknown:
        raise SchemaDiffers(
            f"The database has {len(unknown)} migrations of a newer version, {unknown[0]} first.",
            remedy=SchemaDiffers.REMEDY,
        )
    missing = sorted(".".join(key) for key in loader.graph.nodes if key not in applied)
    if missing:
        raise ConfigurationError(
            f"The database lacks {len(missing)} migrations, {missing[0]} first.",
            remedy="run: uv run manage.py migrate; `make demo` does it, too",
        )


def _parse(name: str, url: "SecretStr") -> dict[str, str]:
    """Read the URL as libpq does: percent-encoding, several hosts, sockets, sslmode and the like."""
    import psycopg  # noqa: PLC0415 - as above
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - as above

    text = url.get_secret_value()
    if not text.startswith(("postgresql://", "postgres://")):
        raise _unusable(name, "it does not start with postgresql://")
    try:
        options = {key: str(value) for key, value in conninfo_to_dict(text).items() if value is not None}
    except psycopg.ProgrammingError:
        # libpq quotes the URL, password and all.
        raise _unusable(name, "PostgreSQL's library cannot parse it") from None
    # A slash in a password makes what precedes it the port; libpq would show it when it connects.
    if not all(port.isdigit() or not port for port in options.get("port", "0").split(",")):
        raise _unusable(name, "its port is not a number")
    return options


def _unusable(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{name} cannot be used: {why}.",
        remedy="its form is postgresql://user:password@host:port/database?sslmode=require, with special "
        "characters percent-encoded",
    )
