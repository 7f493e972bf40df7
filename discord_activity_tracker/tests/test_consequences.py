"""What fails for one reason is told once."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.exports import export_folder
from core.models import Run
from core.twins import World
from discord_activity_tracker.collectors import DiscordActivityCollector
from discord_activity_tracker.twin import DiscordTwin


def test_a_folder_that_could_not_be_brought_in_step_is_not_published(
    serve_twin: Callable[..., Any],
    collect: Callable[..., DiscordActivityCollector],
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.WORKSPACE_DIR = tmp_path
    serve_twin(
        DiscordTwin(World(), size=80),
        DISCORD_CONTEXT_REPO_OWNER="cppalliance",
        DISCORD_CONTEXT_REPO_NAME="discord-context",
        GITHUB_TOKEN_WRITE="none-that-is-good",
        GITHUB_GIT_BASE_URL="http://127.0.0.1:9",
    )
    collector = collect(skip_markdown_export=False, skip_remote_push=True)
    folder = export_folder(collector)
    top = next(path for path in sorted(folder.iterdir()) if any(path.rglob("*.md")))
    shutil.rmtree(top)
    top.write_text("somebody's file")

    collect(skip_discord_sync=True, skip_markdown_export=False)

    assert [error["item"] for error in Run.objects.latest("pk").errors] == ["markdown export"]
