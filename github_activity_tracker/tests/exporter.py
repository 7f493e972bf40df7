"""A collector that collects nothing, and only exports and publishes what is stored."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.collectors import AbstractCollector, CollectorOptions
from core.exports import Destination, Exported, export_folder, publish_export
from core.protocols import Result
from github_activity_tracker.sync.exporting import IssueExport

PREFIXES = {1: "boost.asio", 2: "boost"}


class Exporter(AbstractCollector):
    name = "exporter"

    def __init__(
        self,
        prefixes: Mapping[int, str] | None,
        options: CollectorOptions | None = None,
        destination: Destination | None = None,
    ) -> None:
        super().__init__(options)
        self.prefixes = prefixes
        self.destination = destination
        self.exported = Exported()
        self.published: str | None = None

    def validate_config(self) -> None:
        """There is nothing to configure."""

    def collect(self) -> Result:
        if self.prefixes is not None:
            self.exported = IssueExport(self, self.prefixes).run()
        if self.destination is not None:
            self.published = publish_export(self, self.destination, "Update issues")
        return self.result()


def export(prefixes: Mapping[int, str] = PREFIXES, **options: Any) -> Exported:
    """Export everything that is due."""
    collector = Exporter(prefixes, CollectorOptions(**options))
    assert collector.run().success
    return collector.exported


def folder() -> Path:
    """Where the files are."""
    return export_folder(Exporter({}))


def files() -> dict[str, bytes]:
    """What is in them, by path."""
    return {
        path.relative_to(folder()).as_posix(): path.read_bytes()
        for path in sorted(folder().rglob("*"))
        if path.is_file()
    }
