"""An export: what is due is rendered into files, and recorded in an outbox of the app's.

The outbox says which version of a thing is in which file. What has another version, or no row, is due, so
an export that was skipped or killed is made up for by the next one.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

from django.conf import settings
from django.db import models

from core import checkpoints
from core.collectors import AbstractCollector
from core.exports.folder import K, Recorded, Strays, remove, strays, write
from core.pages import Page
from core.protocols import State

R = TypeVar("R", bound=models.Model)

SCOPE = "markdown"  # of pages, and of the checkpoint that says how far the folder is
STREAM = "folder"
# It is said before a file is touched, so that no half of the folder is ever published.
RENDERING, COMPLETE = "rendering", "complete"


@dataclass(slots=True)
class Exported:
    """`rendered`: files written; `removed`: files whose thing is gone, has another path, or never was."""

    rendered: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Rendered(Generic[R]):
    """A file, its path below the folder, and the row that records it."""

    path: str
    text: str
    row: R


def export_folder(collector: AbstractCollector) -> Path:
    """Return where a collector's files are on this machine."""
    return Path(settings.WORKSPACE_DIR) / "exports" / collector.name


class FolderExport(ABC, Generic[K, R]):
    """One export of a collector: files are written between pages, and recorded in them.

    Renders what is due, moves what has another path, removes what is gone, and makes up for files that are
    lost. `K` identifies a thing that has a file, `R` is the model of the outbox.
    """

    batch = 250  # things in memory at a time

    def __init__(self, collector: AbstractCollector) -> None:
        self.done = Exported()
        self.collector = collector
        self.folder = export_folder(collector)
        self._state = checkpoints.load(collector.name, SCOPE, STREAM).checkpoint_token

    # What an app says

    @abstractmethod
    def due(self) -> Iterator[K]:
        """Keys of what has no file of its version, streamed; everything with `--full`."""

    @abstractmethod
    def rendered(self, keys: Sequence[K]) -> Iterator[Rendered[R]]:
        """The files of these."""

    @abstractmethod
    def recorded(self) -> Iterator[Recorded[K]]:
        """The outbox, streamed in the order of the bytes of its paths."""

    @abstractmethod
    def tops(self) -> Iterable[str]:
        """The folders that are this export's: what is in them without a row is removed."""

    @abstractmethod
    def paths_of(self, keys: Sequence[K]) -> set[str]:
        """Return the paths under which these are recorded."""

    @abstractmethod
    def record(self, page: Page, rows: Sequence[R]) -> None:
        """Save rows of the outbox."""

    @abstractmethod
    def forget(self, keys: Sequence[K]) -> int:
        """Delete rows of the outbox; how many there were."""

    # What a run does

    def run(self) -> Exported:
        """Bring the folder in step with the rows."""
        self._tidy()
        due = self.due()
        while keys := list(islice(due, self.batch)):
            self._render(keys)
        if self._state == RENDERING:
            self._enter(COMPLETE)
        return self.done

    def _tidy(self) -> None:
        """Forget rows without a file, so that they are due, and remove files without a row."""
        gathered = Strays[K]()
        for found in strays(self.folder, self.recorded(), self.tops()):
            gathered.keys += found.keys
            gathered.files += found.files
            if len(gathered) >= self.batch:
                self._forget(gathered)
                gathered = Strays[K]()
        if gathered:
            self._forget(gathered)

    def _render(self, keys: Sequence[K]) -> None:
        """Write the files of these, record them, and remove those under their earlier paths."""
        self._enter(RENDERING)
        before = self.paths_of(keys)
        paths: set[str] = set()
        rows: list[R] = []
        for file in self.rendered(keys):
            write(self.folder / file.path, file.text.encode())
            paths.add(file.path)
            rows.append(file.row)
        with self.collector.page(SCOPE) as page:
            self.record(page, rows)
        self.done.rendered += len(rows)
        self.done.removed += remove(self.folder, sorted(before - paths))
        self.collector.progress.update(SCOPE, self.done.rendered)

    def _forget(self, found: Strays[K]) -> None:
        self._enter(RENDERING)
        with self.collector.page(SCOPE) as page:
            page.count("exports_forgotten", self.forget(found.keys))
        self.done.removed += remove(self.folder, found.files)

    def _enter(self, state: str) -> None:
        if self._state != state:
            with self.collector.page(SCOPE) as page:
                page.checkpoint(STREAM, State(state))
            self._state = state
