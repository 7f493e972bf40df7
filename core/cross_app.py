"""Finds what crosses apps: imports, foreign keys, tables of others; for docs/cross-app-dependencies.md.

Development only: imports are read with the development tools.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from inspect import isclass, ismodule
from pathlib import Path
from types import ModuleType
from typing import Any

import grimp
from django.apps import apps as installed
from django.db.models import Model

_WORD = re.compile(r"\w+")
_OF_DJANGO = ("admin", "auth", "contenttypes", "sessions")


def page(apps: Collection[str], notice: str) -> str:
    """Markdown that lists all that crosses these apps and core; tests are left out."""
    graph = grimp.build_graph("config", "core", *apps, cache_dir=None)
    modules = sorted(module for module in graph.modules if "tests" not in module.split("."))
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    for importer in modules:
        app = importer.partition(".")[0]
        for imported in graph.find_modules_directly_imported_by(importer):
            other = imported.partition(".")[0]
            if other != app:
                used[app, other].add(".".join(imported.split(".")[:2]))
    tables: dict[tuple[str, str], set[str]] = defaultdict(set)
    for module in modules:
        app = module.partition(".")[0]
        if app in apps and "migrations" not in module.split("."):
            for table in tables_named(_source(module), app):
                tables[app, table].add(module)
    return "\n".join(
        [
            "# What crosses apps",
            "",
            f"Tests are left out. {notice}",
            "What is allowed is decided in [.importlinter](../.importlinter).",
            "",
            "## Who imports whom",
            "",
            "Direct imports between the top-level packages.",
            "",
            *_table(("app", "imports", "modules"), used),
            "",
            "## Foreign keys",
            "",
            "From one app's table to another's. There should be none: the source's own id crosses apps.",
            "",
            *_table(("app", "column", "leads to"), foreign_keys(apps)),
            "",
            "## Tables of others",
            "",
            "Those of another app or of core that an app's models or SQL name, and the modules that do.",
            "",
            *_table(("app", "table", "modules"), tables),
            "",
        ]
    )


def foreign_keys(apps: Collection[str]) -> dict[tuple[str, str], set[str]]:
    """(app, table and column) -> the table of another app that it leads to, many-to-many fields included."""
    found: dict[tuple[str, str], set[str]] = {}
    for app in apps:
        for model in installed.get_app_config(app).get_models():
            meta = model._meta  # noqa: SLF001 - Django documents _meta as public API
            for field in (*meta.concrete_fields, *meta.many_to_many):
                related: Any = field.related_model
                if related is not None and related._meta.app_label != app:  # noqa: SLF001 - as above
                    found[app, f"{meta.db_table}.{field.name}"] = {related._meta.db_table}  # noqa: SLF001 - as above
    return found


def tables_named(source: str, app: str) -> set[str]:
    """Return the tables of other apps of ours that a module names: by an imported model, a label, or in SQL.

    Whoever builds a table's name from parts hides it; nobody has to.
    """
    tables = {
        model._meta.db_table: model  # noqa: SLF001 - as above
        for model in installed.get_models()
        if model._meta.app_label not in {app, *_OF_DJANGO}  # noqa: SLF001 - as above
    }
    labels = {model._meta.label: table for table, model in tables.items()}  # noqa: SLF001 - as above
    found: set[str] = set()
    tree = ast.parse(source)
    modules: dict[str, ModuleType] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] != app:
            for name, value in _imported(node):
                if ismodule(value):
                    modules[name] = value
                elif isclass(value) and issubclass(value, Model):
                    found.add(value._meta.db_table)  # noqa: SLF001 - as above
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= tables.keys() & set(_WORD.findall(node.value))
            found |= {labels[node.value]} if node.value in labels else set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            value = getattr(modules[node.value.id], node.attr, None)
            if isclass(value) and issubclass(value, Model):
                found.add(value._meta.db_table)  # noqa: SLF001 - as above
    return found & tables.keys()


def _imported(node: ast.ImportFrom) -> Iterator[tuple[str, object]]:
    """Return what a `from ... import` of one of our modules brings: the name it has here, and the object."""
    root = (node.module or "").partition(".")[0]
    if root != "core" and not installed.is_installed(root):
        return
    for alias in node.names:
        try:
            value: object = getattr(import_module(node.module or ""), alias.name)
        except AttributeError:
            value = import_module(f"{node.module}.{alias.name}")
        yield alias.asname or alias.name, value


def _source(module: str) -> str:
    path = import_module(module).__file__
    return Path(path).read_text(encoding="utf-8") if path else ""


def _table(headings: tuple[str, str, str], rows: Mapping[tuple[str, str], set[str]]) -> list[str]:
    if not rows:
        return ["None."]
    return [
        f"| {' | '.join(headings)} |",
        "| --- | --- | --- |",
        *(
            f"| {first} | {second} | {', '.join(f'`{each}`' for each in sorted(others))} |"
            for (first, second), others in sorted(rows.items())
        ),
    ]
