"""Fixtures of the tests that walk all collectors."""

import contextlib
import shutil
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from core import registry
from core.twins import Served, Twin, serve
from tests.derived import Derived
from tests.subjects import SOURCES, SUBJECTS, Subject
from tests.words import WORDS


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


def collect(sources: Iterable[Subject], served: Callable[..., Any]) -> None:
    """Store what derived collectors work on."""
    for source in sources:
        with served(source.twin()):
            assert source.run() == 0


@pytest.fixture(
    params=[each for each in SUBJECTS if each in SOURCES or each.declared.twin],
    ids=lambda subject: subject.command,
)
def subject(request: pytest.FixtureRequest) -> Subject:
    """A collector that asks something: a source, or what is derived and tells others of it."""
    if request.param not in SOURCES:
        collect(SOURCES, request.getfixturevalue("served"))
    return request.param


@pytest.fixture(
    params=[WORDS, *(each for each in SUBJECTS if each not in SOURCES)],
    ids=lambda subject: subject.command,
)
def derived(request: pytest.FixtureRequest, served: Callable[..., Any]) -> Generator[Derived]:
    """A derived collector; what it works on is stored, and nothing listens where that came from."""
    subject = request.param if isinstance(request.param, Derived) else Derived(**vars(request.param))
    with registry.preserved():
        registry.register(subject.tracker)
        collect(subject.sources, served)
        with contextlib.ExitStack() as stack:
            if subject.declared.twin:
                stack.enter_context(served(subject.twin()))
            yield subject
