"""Settings that every tracker shares. Each app's own are in its conf.py."""

import os
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError
from core.redaction import is_secret_name, register_secret

# Not that of the working directory: cron's is another one.
ENV_FILE = os.environ.get("ENV_FILE", Path(__file__).resolve().parent.parent / ".env")
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def _source_url(value: str) -> str:
    url = urlsplit(value)
    if not url.hostname or url.scheme not in {"http", "https"}:
        raise ValueError(f"{value!r} is not a URL; write https://host/path")
    if url.scheme == "http" and url.hostname not in LOOPBACK_HOSTS:
        raise ValueError(f"{value!r} is not encrypted; http is for this machine only, write https")
    return value.rstrip("/")


# The base URL of a source: https, or http on loopback. No slash at the end.
SourceUrl = Annotated[str, AfterValidator(_source_url)]


class AppSettings(BaseSettings):
    """Base of every app's settings: read from the environment, then from `.env` beside manage.py.

    ENV_FILE names another file, or none when it is empty. A field's description becomes its line in
    `.env.example` and docs/Operations.md.
    """

    model_config = SettingsConfigDict(env_file=ENV_FILE, extra="ignore", frozen=True)

    @classmethod
    def load(cls) -> Self:
        """Read the settings. Raises ConfigurationError naming each variable that cannot be used."""
        try:
            return cls()
        except ValidationError as error:
            wrong = "; ".join(
                f"{str(detail['loc'][0]).upper()}: {detail['msg']}"
                for detail in error.errors(include_input=False)
            )
            raise ConfigurationError(wrong, remedy="correct it in the environment or in .env") from None

    @classmethod
    def current(cls) -> Self:
        """Give the settings of this process, read when they are asked for first; raises as `load` does."""
        return _loaded(cls)

    @staticmethod
    def forget() -> None:
        """Let every class read its settings again when it is asked next: the environment has changed."""
        _loaded.cache_clear()

    def model_post_init(self, _context: Any, /) -> None:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                register_secret(value.get_secret_value())


S = TypeVar("S", bound=AppSettings)


@cache
def _loaded(chosen: type[S]) -> S:
    return chosen.load()


def _register_environment() -> None:
    """Make known what the environment and the file hold for others: a run of one source has all tokens."""
    for name, value in {**(dotenv_values(ENV_FILE) if ENV_FILE else {}), **os.environ}.items():
        if value and (is_secret_name(name) or "token" in name.lower()):
            register_secret(value)


_register_environment()


class CoreSettings(AppSettings):
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL server, postgresql://user:password@host:port/name; unset: an embedded one.",
    )
    database_lock_url: SecretStr | None = Field(
        default=None,
        description="Direct connection for locks when DATABASE_URL goes through a transaction pooler.",
    )
    workspace_dir: Path = Field(
        default=Path("workspace"),
        description="Folder for the embedded PostgreSQL, archived blobs, git mirrors, exports and the demo.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Django's signing key; unset: a random one per process, so log-ins end with it.",
    )
    debug: bool = Field(default=False, description="Django's debug pages; never on a public server.")
    allowed_hosts: str = Field(
        default="localhost,127.0.0.1,[::1]",
        description="Comma list of host names that the web pages answer to.",
    )
