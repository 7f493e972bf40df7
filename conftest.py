"""Shared by all tests: settings that are nobody's, and the database and programs that tests start."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.utils.module_loading import import_string

from core import registry
from core.conf import AppSettings
from core.tests.thorough import PROFILE
from core.vendors import shared_settings
from tests import database

ROOT = Path(__file__).parent

# Examples are bounded in number; how long one takes says only how busy the machine is.
for profile in ("busy", PROFILE):
    hypothesis.settings.register_profile(
        profile, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )

Start = Callable[..., "subprocess.Popen[str]"]


def pytest_configure(config: pytest.Config) -> None:
    """The user's settings are not the tests': config.test_settings has dealt with the first few."""
    # Before the tests are imported, which ask for their number of examples then.
    hypothesis.settings.load_profile("busy" if "not thorough" in config.option.markexpr else PROFILE)
    # A shell ignores Ctrl-C for what it starts in the background, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # pytest's own folder is shared by sessions, and each closes it to others: also to the system user
    # that runs PostgreSQL for root.
    config.option.basetemp = config.option.basetemp or Path(os.environ["WORKSPACE_DIR"]) / "tmp"
    paths = [tracker.settings for tracker in registry.trackers() if tracker.settings]
    for path in (*paths, *shared_settings()):
        for name in import_string(path).model_fields:
            os.environ.pop(name.upper(), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a server, leave out what `make pytest` shows as well: tests that another database cannot change."""
    if not os.environ.get("TEST_DATABASE_URL"):
        return
    left_out = [each for each in items if each.get_closest_marker("any_database") or not _asks_it(each)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [each for each in items if each not in left_out]


def _asks_it(item: pytest.Item) -> bool:
    fixtures = {"db", "transactional_db", "django_db_setup", "outside_url"}
    asked = fixtures & set(getattr(item, "fixturenames", ()))
    return bool(asked) or item.get_closest_marker("django_db") is not None


@pytest.fixture
def database_environment(transactional_db: None) -> dict[str, str]:  # noqa: ARG001 - others see only what is committed
    """Settings with which another process uses the database and the files of this test."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    libpq = {name: parameters[name] for name in names if parameters.get(name)}
    return {
        "DATABASE_URL": f"postgresql:///?{urlencode(libpq)}",
        "WORKSPACE_DIR": str(settings.WORKSPACE_DIR),
    }


@pytest.fixture
def start(database_environment: dict[str, str]) -> Iterator[Start]:
    """Starts Python with these arguments on the database of this test; what lives at the end is killed."""
    children: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
        child = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | database_environment | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()


@pytest.fixture
def settings_from(monkeypatch: pytest.MonkeyPatch) -> Generator[Callable[[dict[str, str]], None]]:
    """Makes trackers read their settings again, from an environment with these variables."""

    def apply(environment: dict[str, str]) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        AppSettings.forget()

    yield apply
    monkeypatch.undo()
    AppSettings.forget()


@pytest.fixture
def logging_restored() -> Generator[None]:
    """For commands that are called in this process: they set up logging for themselves."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Generator[None]:  # noqa: ARG001 - before
    """Instead of pytest-django's: the database is a copy, and is emptied at less cost."""
    process = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    with django_db_blocker.unblock():
        database.create(process)
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: database.reset())
    yield
    monkeypatch.undo()
    with django_db_blocker.unblock():
        database.drop(process)
