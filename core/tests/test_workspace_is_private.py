"""The workspace (bodies of private channels, mirrors, exports) is for its user alone."""

import os
import stat
from collections.abc import Generator
from pathlib import Path

import pytest
from django.test.utils import override_settings

from core import archive
from core.archive import BLOB_THRESHOLD
from core.exports.folder import write
from core.metering import Meter
from core.operations.github_ops.git import Mirror, mirror_folder
from core.tests.git_repositories import Scratch

BIG = bytes(BLOB_THRESHOLD + 1)


@pytest.fixture
def workspace(tmp_path: Path) -> Generator[Path]:
    before = os.umask(0o022)
    try:
        with override_settings(WORKSPACE_DIR=tmp_path / "workspace"):
            yield tmp_path / "workspace"
    finally:
        os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    return [str(path) for path in (folder, *folder.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077]


@pytest.mark.django_db
def test_nothing_that_is_written_into_the_workspace_is_open_to_others(
    workspace: Path, tmp_path: Path
) -> None:
    archive.record("c", "s", {"k": {"1": BIG}})
    (tmp_path / "mail").write_bytes(BIG + b"2")
    archive.keep_file(tmp_path / "mail")
    write(workspace / "exports" / "c" / "general" / "day.md", b"said in private")
    remote = Scratch(tmp_path / "remote.git")
    remote.chain(2)
    Mirror(mirror_folder(workspace, "boostorg", "asio"), remote.url, meter=Meter()).fetch()

    assert {path.name for path in workspace.iterdir()} == {"blobs", "exports", "git"}
    assert open_to_others(workspace) == []


@pytest.mark.django_db
def test_a_folder_of_bodies_that_was_once_made_for_all_is_closed(workspace: Path) -> None:
    (workspace / "blobs").mkdir(parents=True)
    assert open_to_others(workspace / "blobs")

    archive.record("c", "s", {"k": {"1": BIG}})

    assert open_to_others(workspace / "blobs") == []
