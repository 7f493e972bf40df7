"""An export removes only files below its folder."""

from pathlib import Path

import pytest

from core.errors import InvalidInput
from core.exports.folder import remove


def test_files_go_with_the_folders_that_they_leave_empty(tmp_path: Path) -> None:
    for name in ("top/a/b/1.md", "top/a/2.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert remove(tmp_path, ["top/a/b/1.md", "top/a/b/gone.md"]) == 1
    assert sorted(path.name for path in (tmp_path / "top/a").iterdir()) == ["2.md"]
    assert remove(tmp_path, ["top/a/2.md"]) == 1
    assert (tmp_path / "top").is_dir()
    assert not (tmp_path / "top/a").exists()


@pytest.mark.parametrize("path", ["../precious", "top/../../precious", "{tmp_path}/precious"])
def test_a_path_that_leads_out_of_the_folder_removes_nothing(tmp_path: Path, path: str) -> None:
    precious = tmp_path / "precious"
    precious.touch()
    (tmp_path / "export" / "top").mkdir(parents=True)
    with pytest.raises(InvalidInput, match="leads out"):
        remove(tmp_path / "export", [path.format(tmp_path=tmp_path)])
    assert precious.exists()
