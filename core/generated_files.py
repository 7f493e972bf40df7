"""Files that are written from the code: what they would hold now, and which of them are stale.

`make generated` writes them, `make test` compares. Development only: imports and locks are read with the
development tools.
"""

import inspect
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils.module_loading import import_string
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from core import cross_app, registry
from core.conf import AppSettings, CoreSettings
from core.errors import CommandFailed
from core.vendors import shared_settings

COMMAND = "make generated"
NOTICE = f"Generated; after a change run `{COMMAND}`."
BEGIN = f"<!-- begin of the settings table. {NOTICE} -->"
END = "<!-- end of the settings table -->"


def generated_files(root: Path) -> dict[Path, str]:
    """Return path -> content of all generated files below `root`."""
    writers: dict[str, Callable[[Path], str]] = {
        ".env.example": _env_example,
        "docs/Operations.md": _operations,
        "docs/cross-app-dependencies.md": _dependencies,
        "requirements-dev.lock": _requirements,
    }
    return {root / name: write(root / name) for name, write in writers.items()}


def stale_files(root: Path) -> dict[Path, str]:
    """Return the generated files that do not hold what the generators make now."""
    return {
        path: text
        for path, text in generated_files(root).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def _settings_classes() -> dict[str, type[AppSettings]]:
    """App -> its settings, core first."""
    found: dict[str, type[AppSettings]] = {"core": CoreSettings}
    for path in shared_settings():
        found[path.split(".")[-3]] = import_string(path)
    for tracker in registry.trackers():
        if tracker.settings:
            found[tracker.app] = import_string(tracker.settings)
    return found


def _env_example(_path: Path) -> str:
    lines = [
        "# Copy this file to `.env` and remove the # from what you set; the environment wins over the file.",
        f"# {NOTICE}",
    ]
    for app, chosen in _settings_classes().items():
        lines += ["", f"# {app}: {_headline(chosen)}"]
        for name, field in chosen.model_fields.items():
            lines += ["", f"# {field.description}", f"#{name.upper()}={_default(field)}"]
    return "\n".join(lines) + "\n"


def _operations(path: Path) -> str:
    """Return the page as it is, with a new table between the two marks."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise CommandFailed("the marks of the settings table are gone", item=str(path), remedy=BEGIN)
    table = ["| variable | default | what it is |", "| --- | --- | --- |"]
    for chosen in _settings_classes().values():
        for name, field in chosen.model_fields.items():
            default = f"`{_default(field)}`" if _default(field) else "unset"
            table.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join([before + BEGIN, "", *table, "", END + after])


def _headline(chosen: type[AppSettings]) -> str:
    """Return the first line of the docstring of the settings' module."""
    module = inspect.getmodule(chosen)
    return (inspect.getdoc(module) or "").partition("\n")[0]


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=False)
    if value in (None, PydanticUndefined):
        return ""
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _dependencies(_path: Path) -> str:
    return cross_app.page([tracker.app for tracker in registry.trackers()], NOTICE)


def _requirements(path: Path) -> str:
    """uv.lock as pip reads it: versions and hashes, from whichever index the machine is told to use."""
    command = [os.environ.get("UV", "uv"), "export", "--locked", "--no-header", "--no-annotate"]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandFailed(done.stderr.strip(), item="uv export", remedy="run: uv lock")
    use = "pip install --require-hashes -r requirements-dev.lock"
    return f"# uv.lock as pip reads it: {use}\n# {NOTICE}\n{done.stdout}"
