"""The collectors under test, and what stands in for their sources."""

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import models

from core import registry
from core.collectors import AbstractCollector, BaseCollectorCommand
from core.models import Run
from core.registry import Declared, Tracker
from core.twins import Faults, Twin, TwinRequest, TwinResponse, World
from core.twins.snapshot import differences_from_truth

SIZE = 60  # items of a twin
ALWAYS = 10**9  # faults in a row


@dataclass(frozen=True)
class Subject:
    """A collector under test."""

    tracker: Tracker
    declared: Declared

    @property
    def command(self) -> str:
        return self.declared.command

    @property
    def program(self) -> list[str]:
        """Return the program that runs its command in a process of its own, in the project's folder."""
        return [sys.executable, "manage.py", self.command]

    @property
    def collector(self) -> type[AbstractCollector]:
        return registry.load_collector(self.declared.collector)

    @property
    def command_class(self) -> type[BaseCollectorCommand]:
        return import_module(f"{self.tracker.app}.management.commands.{self.command}").Command

    def twin(self, faults: Faults | None = None, **options: Any) -> Twin:
        assert self.declared.twin, "a source needs a twin"
        return registry.load_twin(self.declared.twin)(World(), faults=faults, size=SIZE, **options)

    def run(self, *arguments: str) -> int:
        """Runs the command in this process; returns its exit code."""
        try:
            call_command(self.command_class(), *arguments)
        except SystemExit as stopped:
            return int(stopped.code or 0)
        return 0

    def tables(self) -> list[type[models.Model]]:
        return [model for app in self.tracker.table_apps for model in apps.get_app_config(app).get_models()]


SUBJECTS = [Subject(*declared) for declared in registry.scheduled()]
SOURCES = [each for each in SUBJECTS if each.declared.kind == "source"]


class Refusing(Twin):
    """Another twin's address, where every request gets the same answer."""

    def __init__(self, twin: Twin, status: int, body: bytes = b'{"message": "no", "detail": "no"}') -> None:
        super().__init__(twin.world)
        self.name = twin.name  # type: ignore[misc] - whichever it stands in for
        self.twin = twin
        self.status = status
        self.body = body

    def answer(self, request: TwinRequest) -> TwinResponse:  # noqa: ARG002 - whatever it is
        return TwinResponse(self.status, self.body, {"Content-Type": "application/json"})

    def environment(self, base_url: str) -> dict[str, str]:
        return self.twin.environment(base_url)

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        return {}

    def mutate(self) -> None:
        """There is nothing."""


def assert_equals_truth(twin: Twin) -> None:
    assert [str(each) for each in differences_from_truth(twin.truth())] == []


def last_run() -> Run:
    return Run.objects.latest("pk")
