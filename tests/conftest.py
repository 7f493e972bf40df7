"""Fixtures of the tests that walk all collectors."""

import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from core.twins import Served, Twin, serve
from tests.subjects import SUBJECTS, Subject


@pytest.fixture(params=SUBJECTS, ids=lambda subject: subject.command)
def subject(request: pytest.FixtureRequest) -> Subject:
    return request.param


@pytest.fixture
def served(settings_from: Callable[[dict[str, str]], None]) -> Callable[..., Any]:
    """Serves a twin, with the settings pointing at it and nothing left of another one's run."""
    for folder in ("blobs", "exports", "git"):
        shutil.rmtree(Path(settings.WORKSPACE_DIR) / folder, ignore_errors=True)

    @contextmanager
    def start(twin: Twin) -> Generator[Served]:
        with serve([twin]) as urls:
            settings_from(urls.environment())
            yield urls

    return start
