"""The documents are true: commands, options, targets, links, examples, tables."""

import doctest
import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class

from core import registry
from core.errors import CollectorFailureCategory, exit_code

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "*_tracker/README.md",
        "*_dashboard/README.md",
        "*_sync/README.md",
    )
    for path in ROOT.glob(pattern)
)
OUR_APPS = {"core", *(tracker.app for tracker in registry.trackers())}
OUR_COMMANDS = {name: app for name, app in get_commands().items() if app in OUR_APPS}
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
ROW = re.compile(r"^\| `([^`]+)`", re.MULTILINE)

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def code_of(path: Path) -> str:
    return "\n".join(block or inline for block, inline in CODE.findall(path.read_text(encoding="utf-8")))


def unknown_commands(code: str) -> list[str]:
    """Return what `manage.py` lines name and Django, or the command's own parser, does not know."""
    unknown: list[str] = []
    for line in re.findall(r"manage\.py ([a-z_]+[^\n#|>&]*)", code):
        name, *arguments = shlex.split(line, posix=False)
        if name not in get_commands():
            unknown.append(name)
            continue
        options = options_of(name)
        unknown += [f"{name} {word}" for word in arguments if word.startswith("-") and word not in options]
    return unknown


def options_of(name: str) -> set[str]:
    app = get_commands()[name]
    command: Any = load_command_class(app, name) if isinstance(app, str) else app
    return set(command.create_parser("manage.py", name)._option_string_actions)


@each_document
def test_every_command_and_option_that_a_document_shows_exists(path: Path) -> None:
    assert unknown_commands(code_of(path)) == []


def test_a_command_or_option_that_does_not_exist_is_noticed() -> None:
    assert unknown_commands("uv run manage.py collect\nmanage.py restore --replace x --force") == [
        "collect",
        "restore --force",
    ]


@each_document
def test_every_lone_option_in_a_document_belongs_to_one_of_our_commands(path: Path) -> None:
    known = {option for name in OUR_COMMANDS for option in options_of(name)}
    shown = set(re.findall(r"`(--[a-z-]+)`", path.read_text(encoding="utf-8")))
    assert shown <= known


@each_document
def test_every_make_target_in_a_document_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)", code_of(path))) <= targets


@each_document
def test_every_link_leads_to_a_file(path: Path) -> None:
    links = [link for link in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (path.parent / link.partition("#")[0]).exists()] == []


@each_document
def test_every_path_that_a_document_names_exists(path: Path) -> None:
    named = re.findall(
        r"`((?:core|config|docs|benchmarks|boost_\w+)/[\w./-]*)`", path.read_text(encoding="utf-8")
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_lists_our_commands_all_of_them() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Commands")[2].partition("\n## ")[0]
    assert set(ROW.findall(table)) == set(OUR_COMMANDS)


def test_operations_says_what_to_do_about_every_category_of_failure() -> None:
    page = (ROOT / "docs/Operations.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE))
    assert said == {str(category): str(exit_code(category)) for category in CollectorFailureCategory}


def test_every_collector_has_a_cron_line() -> None:
    cron = re.search(
        r"```cron\n(.*?)```", (ROOT / "docs/Operations.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert cron
    commands = [declared.command for _, declared in registry.scheduled()]
    assert [command for command in commands if command not in cron[1]] == []


def test_every_decision_is_in_the_list_of_decisions() -> None:
    pages = {path.name for path in (ROOT / "docs/adr").glob("*.md")} - {"README.md"}
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", (ROOT / "docs/adr/README.md").read_text())) == pages


def tier_a() -> list[tuple[str, str]]:
    text = (ROOT / "STABILITY.md").read_text(encoding="utf-8").partition("## Tier A")[2]
    rows = re.findall(r"^\| `(core\.[\w.]+)` \| (.*) \|$", text, re.MULTILINE)
    return [(module, name) for module, names in rows for name in re.findall(r"`(\w+)`", names)]


@pytest.mark.parametrize(("module", "name"), tier_a())
def test_a_name_of_tier_a_can_be_imported_and_is_shown_in_the_api_page(module: str, name: str) -> None:
    if not hasattr(import_module(module), name):
        import_module(f"{module}.{name}")
    page = (ROOT / "docs/Core_public_API.md").read_text(encoding="utf-8")
    section = page.partition(f"## `{module}`")[2].partition("\n## ")[0]
    assert f"`{name}`" in section
    assert re.search(rf"^>>> .*\b{name}\b", section, re.MULTILINE)


def test_the_settings_of_tier_a_exist() -> None:
    text = (ROOT / "STABILITY.md").read_text(encoding="utf-8").partition("| setting |")[2]
    settings = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert ROW.findall(text)
    assert [name for name in ROW.findall(text) if f"#{name}=" not in settings] == []


def collectors_of_the_api_page() -> list[tuple[str, str, str, str]]:
    """The rows of its table: command, class, module, name."""
    page = (ROOT / "docs/Core_public_API.md").read_text(encoding="utf-8")
    section = page.partition("## The collectors")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \| `(\w+)` \| `([\w.]+)` \| `(\w+)` \|$", section, re.MULTILINE)


@pytest.mark.parametrize(("command", "collector", "module", "name"), collectors_of_the_api_page())
def test_a_collector_is_where_the_api_page_says_or_its_app_does_not_exist_yet(
    command: str, collector: str, module: str, name: str
) -> None:
    app = module.partition(".")[0]
    if app not in OUR_APPS:
        assert not (ROOT / app).exists()
        return
    assert OUR_COMMANDS[command] == app
    found = getattr(import_module(module), collector)
    assert (found.name, found.__module__) == (name, f"{app}.collectors")


def test_the_api_page_has_a_row_for_every_collector() -> None:
    shown = {(command, collector) for command, collector, *_ in collectors_of_the_api_page()}
    declared = {
        (each.command, each.collector.rpartition(".")[2])
        for tracker in registry.trackers()
        for each in tracker.collectors
    }
    assert declared - shown == set()


@pytest.mark.django_db(transaction=True)
def test_the_examples_of_the_api_page_do_what_they_show() -> None:
    page = ROOT / "docs/Core_public_API.md"
    results = doctest.testfile(str(page), module_relative=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert results.attempted > len(tier_a())
    assert results.failed == 0
