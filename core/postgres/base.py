"""Django's PostgreSQL backend, over the embedded server or the one that DATABASE_URL names."""

import re
import signal
import subprocess
from collections.abc import Sequence
from functools import cached_property
from types import TracebackType
from typing import Any, cast

import psycopg
from django.db.backends.postgresql import base, client
from django.db.utils import DatabaseErrorWrapper

from core.errors import ConfigurationError
from core.postgres import binaries
from core.postgres.server import address, embedded_server
from core.postgres.transfer import client_environment

DATA = "22"  # class of SQLSTATEs whose sentence quotes the value
_QUOTED = re.compile(r'".*"', re.DOTALL)
_COLUMN = re.compile(r"^COPY \w+, line \d+, column (\w+)")


def told(error: psycopg.Error) -> str:
    """Return PostgreSQL's message about a statement, without the values in it.

    DETAIL and CONTEXT show whole rows, and an error is logged, kept with a run and with what is quarantined.
    """
    sentence = error.diag.message_primary
    if sentence is None:
        return str(error)  # libpq's or psycopg's own: there was no row
    if (error.sqlstate or "").startswith(DATA):
        sentence = _QUOTED.sub('"..."', sentence)
    column = _COLUMN.match(error.diag.context or "")
    return f"{sentence} (column {column[1]})" if column else sentence


class ErrorWrapper(DatabaseErrorWrapper):
    """Django's, which makes its own errors of psycopg's; neither shows what a row holds."""

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(exc_value, psycopg.Error):
            exc_value.args = (told(exc_value),)
        super().__exit__(exc_type, exc_value, traceback)


class DatabaseClient(client.DatabaseClient):
    def runshell(self, parameters: Sequence[str] = ()) -> None:
        """`manage.py dbshell`, with the psql and to the server of this project."""
        wrapper = cast("DatabaseWrapper", self.connection)
        environment = client_environment(wrapper.direct_parameters())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for psql's running query
        subprocess.run([binaries.tool("psql"), *parameters], env=environment, check=True)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient
    minimum_version = 15

    @cached_property
    def wrap_database_errors(self) -> ErrorWrapper:  # pyright: ignore[reportIncompatibleMethodOverride] - no method in Django either
        return ErrorWrapper(self)

    def get_connection_params(self) -> Any:  # Django's stubs say None
        params: Any = super().get_connection_params()
        if home := self.settings_dict.get("EMBEDDED_IN"):
            # Django asks for these when it is about to connect: the first query starts the server.
            params |= address(embedded_server(home).socket_directory())
        return params

    def direct_parameters(self) -> dict[str, Any]:
        """libpq's parameters for a session past any pooler, to the database that Django uses (or tests)."""
        params = self.get_connection_params()
        for django_only in ("context", "cursor_factory", "prepare_threshold"):
            params.pop(django_only, None)
        if direct := self.settings_dict.get("DIRECT"):
            return {**direct, "dbname": params["dbname"]}
        return params

    def check_database_version_supported(self) -> None:
        """Raise ConfigurationError; Django calls this once per server."""
        found = int(self.pg_version) // 10000
        if found < self.minimum_version:
            raise ConfigurationError(
                f"The server is PostgreSQL {found}; {self.minimum_version} or newer is needed.",
                remedy="set DATABASE_URL to a newer server, or unset it for the embedded one",
            )
