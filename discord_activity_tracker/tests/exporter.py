"""A collector that collects nothing, and only exports and publishes what is stored."""

from pathlib import Path
from typing import Any

from core.collectors import AbstractCollector, CollectorOptions
from core.exports import Destination, Exported, export_folder, publish_export
from core.protocols import Result
from discord_activity_tracker.sync.exporting import MESSAGE, DayExport


class Exporter(AbstractCollector):
    name = "exporter"

    def __init__(
        self, options: CollectorOptions | None = None, destination: Destination | None = None
    ) -> None:
        super().__init__(options)
        self.destination = destination
        self.exported = Exported()
        self.published: str | None = None

    def validate_config(self) -> None:
        """There is nothing to configure."""

    def collect(self) -> Result:
        self.exported = DayExport(self).run()
        if self.destination is not None:
            self.published = publish_export(self, self.destination, MESSAGE)
        return self.result()


def export(**options: Any) -> Exported:
    """Export everything that is due."""
    collector = Exporter(CollectorOptions(**options))
    assert collector.run().success
    return collector.exported


def folder() -> Path:
    """Where the files are."""
    return export_folder(Exporter())


def files() -> dict[str, str]:
    """What is in them, by path."""
    return {
        path.relative_to(folder()).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder().rglob("*"))
        if path.is_file()
    }
