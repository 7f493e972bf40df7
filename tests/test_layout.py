"""The layout of the tree: where files are, how big they are, what they are called."""

import subprocess
from pathlib import Path

import pytest

from core import registry

ROOT = Path(__file__).parents[1]
APPS = [tracker.app for tracker in registry.trackers()]
MEANINGLESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
MOST_LINES = 300
MOST_README_LINES = 40


def tracked(*patterns: str) -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).exists()]


def lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def test_no_file_of_the_program_is_much_longer_than_a_reader_can_hold() -> None:
    program = [path for path in tracked("*.py") if not {"tests", "migrations"} & set(path.parts)]
    assert len(program) > len(APPS)
    assert [f"{path.relative_to(ROOT)}: {lines(path)}" for path in program if lines(path) > MOST_LINES] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {part for path in tracked("*.py") for part in path.relative_to(ROOT).with_suffix("").parts}
    assert names & MEANINGLESS == set()


@pytest.mark.parametrize("app", APPS)
def test_an_app_says_in_a_page_what_its_source_is(app: str) -> None:
    readme = ROOT / app / "README.md"
    assert lines(readme) <= MOST_README_LINES
    text = readme.read_text(encoding="utf-8")
    assert [word for word in ("**Source.**", "**Auth.**", "**Cursor.**") if word not in text] == []


@pytest.mark.parametrize("app", APPS)
def test_a_collector_is_where_it_is_documented_to_be_and_its_command_reaches_it(app: str) -> None:
    tracker = next(tracker for tracker in registry.trackers() if tracker.app == app)
    for declared in tracker.collectors:
        assert declared.collector.startswith(f"{app}.collectors.")
        assert (ROOT / app / "management/commands" / f"{declared.command}.py").exists()
        assert registry.load_collector(declared.collector).__module__ == f"{app}.collectors"


def test_names_of_collectors_are_unique() -> None:
    paths = [declared.collector for tracker in registry.trackers() for declared in tracker.collectors]
    assert len({registry.load_collector(path).name for path in paths}) == len(paths)


def test_the_actions_of_the_workflow_are_pinned_to_commits() -> None:
    workflow = (ROOT / ".github/workflows/actions.yml").read_text(encoding="utf-8")
    uses = [line.split("uses:")[1].strip() for line in workflow.splitlines() if "uses:" in line]
    assert uses
    for action in uses:
        commit = action.partition("@")[2].split(" # ")[0]
        assert len(commit) == len("0" * 40) and set(commit) <= set("0123456789abcdef"), action  # noqa: PT018 - one fact


def test_uv_has_one_version_everywhere() -> None:
    workflow = (ROOT / ".github/workflows/actions.yml").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    version = makefile.partition("UV_VERSION := ")[2].split()[0]
    assert workflow.count("setup-uv@") == workflow.count(f"version: {version}\n") > 0
