"""Generated files hold what the code says, and a stale one is named with its remedy."""

import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from core.generated_files import generated_files, stale_files

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "uv.lock", "README.md")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return what the generator reads and writes below its root, up to date."""
    for name in (*SOURCES, *(path.relative_to(ROOT) for path in generated_files(ROOT))):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for path, text in stale_files(tmp_path).items():
        path.write_text(text)
    return tmp_path


def test_the_committed_files_are_up_to_date() -> None:
    assert list(stale_files(ROOT)) == []


def test_what_was_just_written_is_not_stale(copy: Path) -> None:
    assert list(stale_files(copy)) == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (".env.example", "#WORKSPACE_DIR=workspace", "#WORKSPACE_DIR=elsewhere"),
        ("docs/Operations.md", "| `DATABASE_URL` |", "| `DATABASE` |"),
        ("docs/cross-app-dependencies.md", "`core.conf`", "`core.settings`"),
        (
            "docs/cross-app-dependencies.md",
            "| clang_github_tracker | github_activity_tracker_repository |",
            "| - | - |",
        ),
        ("requirements-dev.lock", "django==", "django>="),
    ],
)
def test_an_edited_file_is_stale_and_the_command_says_how_to_mend_it(
    copy: Path, name: str, old: str, new: str, settings: Settings
) -> None:
    right = (copy / name).read_text()
    assert old in right
    (copy / name).write_text(right.replace(old, new))
    settings.BASE_DIR = copy
    with pytest.raises(CommandError, match=rf"stale: {name}\. Run `make generated`"):
        call_command("generate_files", check=True)
    assert (copy / name).read_text() != right
    call_command("generate_files")
    assert (copy / name).read_text() == right


def test_what_operations_says_around_the_table_is_left_alone(copy: Path) -> None:
    page = copy / "docs/Operations.md"
    page.write_text(f"before\n{page.read_text()}after\n")
    assert list(stale_files(copy)) == []


def test_no_generated_file_names_a_package_index_or_a_path_of_this_machine() -> None:
    for path, text in generated_files(ROOT).items():
        assert "pypi" not in text.lower(), path
        assert "files.pythonhosted" not in text, path
        assert "file://" not in text, path
        assert str(ROOT) not in text, path
