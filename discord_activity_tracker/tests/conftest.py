"""Fixtures of the Discord tracker's tests."""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from typing import Any

import pytest

from core.twins import Served, World, serve
from discord_activity_tracker.collectors import DiscordActivityCollector
from discord_activity_tracker.sync.options import DiscordOptions
from discord_activity_tracker.twin import DiscordTwin

Collect = Callable[..., DiscordActivityCollector]


@pytest.fixture
def serve_twin(
    settings_from: Callable[[dict[str, str]], None],
) -> Generator[Callable[..., Served]]:
    """Serves a twin until the test ends, with the settings pointing at it, and others on top."""
    with ExitStack() as stack:

        def start(twin: DiscordTwin, **environment: str) -> Served:
            served = stack.enter_context(serve([twin]))
            settings_from(served.environment() | environment)
            return served

        yield start


@pytest.fixture
def twin(serve_twin: Callable[..., Served]) -> DiscordTwin:
    """A small server, served."""
    twin = DiscordTwin(World(), size=80)
    serve_twin(twin)
    return twin


@pytest.fixture
def collect(transactional_db: None) -> Collect:  # noqa: ARG001 - the database
    """Runs the collector with these options, in the test's database; returns it when the run has ended.

    Without an export, unless the options say `skip_markdown_export=False`.
    """

    def run(**options: Any) -> DiscordActivityCollector:
        asked: dict[str, Any] = {"skip_markdown_export": True} | options
        collector = DiscordActivityCollector(DiscordOptions(**asked))
        collector.run()
        return collector

    return run
