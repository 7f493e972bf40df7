"""A collector of a source whose names are written to steer a terminal."""

from typing import Any

from core.collectors import AbstractCollector, BaseCollectorCommand, CollectorOptions, PlannedRequests
from core.errors import InvalidInput, SourceError
from core.protocols import TrackerResult

NAMES = (
    "[/red]",
    "[link=file:///etc/passwd]click[/link]",
    "a\x1b[31mb\x1b]0;title\x07c",
    "\x9b2J\x85\u2028",
    "a\u202egnp.exe\u2066",
    "half \ud83d of a character",
    ":skull: [bold]x",
)
CONTROLS = ("\x1b]0;", "\x1b[31m", "\x9b", "\x85", "\u2028", "\u202e", "\u2066", "\x07")


class HostileCollector(AbstractCollector):
    name = "hostile"

    def validate_config(self) -> None:
        """Accept everything: nothing is configured."""

    def collect(self) -> TrackerResult:
        for name in NAMES:
            self.attempt(name.encode(errors="ignore").decode(), self._read, name)
        return self.result()

    def _read(self, name: str) -> None:
        self.progress.update(name, 1, 2)
        scope = name.encode(errors="ignore").decode()
        with self.page(scope) as page:
            page.quarantine("channel", scope, b"", InvalidInput(f"{scope} is no name"))
        raise SourceError(f"the source said {name}", item=name, remedy=f"ask {name}")

    def plan(self) -> list[PlannedRequests]:
        return [PlannedRequests(name, f"read {name}", 1) for name in NAMES]


class Command(BaseCollectorCommand):
    def get_collector(self, **options: Any) -> HostileCollector:
        return HostileCollector(CollectorOptions(**self.common_options(options)))
