"""The import contracts: each can fail, and none forgets an app or a file of one."""

import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from core import registry

ROOT = Path(__file__).parents[1]
APPS = [tracker.app for tracker in registry.trackers()]
# What other apps may import, and what only Django or nobody does.
FACE = {"models", "services", "sync", "protocol_impl"}
WIRING = {"admin", "apps", "conf", "migrations", "tests"}
LISTS = "boost_mailing_list_tracker"

CONTRACTS = ConfigParser()
CONTRACTS.read(ROOT / ".importlinter")


def listed(contract: str, option: str) -> set[str]:
    section = f"importlinter:contract:{contract}" if contract else "importlinter"
    return set(CONTRACTS[section][option].split())


def children(package: str) -> set[str]:
    folder = ROOT / package
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    return modules | {path.parent.name for path in folder.glob("*/__init__.py")}


def lint(folder: Path, *contracts: str) -> str:
    program = Path(sys.executable).with_name("lint-imports")
    chosen = [argument for contract in contracts for argument in ("--contract", contract)]
    done = subprocess.run(
        [program, "--no-cache", "--no-logo", *chosen], cwd=folder, capture_output=True, text=True, check=False
    )
    return " ".join(done.stdout.split()) + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages that the contracts speak of, to be broken."""
    target = tmp_path_factory.mktemp("copy")
    for package in listed("", "root_packages"):
        shutil.copytree(ROOT / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", target)
    return target


@pytest.mark.parametrize(
    ("contract", "file", "line", "complaint"),
    [
        ("apps", "core/pages.py", f"import {LISTS}.models", f"core.pages -> {LISTS}.models"),
        ("apps", f"{LISTS}/models.py", "import config.urls", f"{LISTS}.models -> config.urls"),
        ("files", f"{LISTS}/client.py", f"import {LISTS}.services", f"{LISTS}.client -> {LISTS}.services"),
        ("files", f"{LISTS}/models.py", f"import {LISTS}.parsing", f"{LISTS}.models -> {LISTS}.parsing"),
        ("files", f"{LISTS}/helpers.py", "", f"not listed as layers: - {LISTS}.helpers"),
        ("core", "core/store.py", "import core.http", "core.store -> core.http"),
        ("core", "core/common.py", "", "not listed as layers: - core.common"),
        (
            "protected-boost-mailing-list-tracker",
            "config/urls.py",
            f"import {LISTS}.client",
            f"config.urls -> {LISTS}.client",
        ),
        ("pure", f"{LISTS}/parsing/subjects.py", "import django.utils", "parsing.subjects -> django"),
        ("pure", f"{LISTS}/protocol_impl.py", f"import {LISTS}.models", f"protocol_impl -> {LISTS}.models"),
        ("pure", "core/protocols.py", "import core.store", "core.protocols -> core.store"),
        ("tables", f"{LISTS}/services.py", "import core.models", f"{LISTS}.services -> core.models"),
        ("tables", f"{LISTS}/documents.py", "import core.models.ledger", f"{LISTS}.documents -> core.models"),
        ("vendors", f"{LISTS}/services.py", "import requests", f"{LISTS}.services -> requests"),
    ],
)
def test_a_forbidden_import_or_file_breaks_its_contract(
    copy: Path, contract: str, file: str, line: str, complaint: str
) -> None:
    path = copy / file
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n")
    try:
        output = lint(copy, contract)
    finally:
        path.unlink() if before is None else path.write_text(before)
    assert "0 kept, 1 broken" in output
    assert complaint in output


def test_all_contracts_are_kept() -> None:
    assert " 0 broken" in lint(ROOT)


@pytest.mark.parametrize("app", APPS)
def test_no_contract_forgets_an_app(app: str) -> None:
    assert app in listed("", "root_packages")
    assert app in listed("apps", "layers")
    assert app in listed("files", "containers")
    assert app in listed("vendors", "source_modules")
    assert app in listed("tables", "source_modules")
    protected = f"protected-{app.replace('_', '-')}"
    inside = {f"{app}.{name}" for name in children(app) - FACE - WIRING}
    assert listed(protected, "protected_modules") == inside
    # Benchmarks may measure the inside.
    assert listed(protected, "allowed_importers") - {"benchmarks"} == {app}
