"""Fixtures of the engine's tests."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from core.twins import serve
from github_activity_tracker.tests.stage import Stage
from github_activity_tracker.twin import GithubTwin


@pytest.fixture
def stage_of(
    tmp_path: Path, settings: Any, settings_from: Callable[[dict[str, str]], None]
) -> Generator[Callable[..., Stage]]:
    settings.WORKSPACE_DIR = tmp_path / "workspace"
    opened: list[Any] = []

    def open_stage(twin: GithubTwin, command: str, **environment: str) -> Stage:
        serving = serve([twin])
        served = serving.__enter__()
        opened.append(serving)
        settings_from(served.environment() | environment)
        return Stage(twin, served, command, tmp_path / "workspace")

    yield open_stage
    for serving in opened:
        serving.__exit__(None, None, None)
