"""Progress on a terminal; nothing at all elsewhere."""

from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bars,
)

from core.terminal import printable


class Progress(Protocol):
    def update(self, scope: str, done: int, total: int | None = None) -> None:
        """`done` of `total` items of a scope; None: the total is not known."""
        ...

    def close(self) -> None: ...


class _Silent:
    def update(self, scope: str, done: int, total: int | None = None) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Do nothing: nothing is open."""


SILENT = _Silent()


class TerminalProgress:
    """A bar per scope, with count, rate and time left."""

    def __init__(self, console: Console) -> None:
        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def update(self, scope: str, done: int, total: int | None = None) -> None:
        if scope not in self._tasks:
            self._bars.start()
            self._tasks[scope] = self._bars.add_task(printable(scope), total=total, rate="")
        task = self._tasks[scope]
        speed = self._bars.tasks[self._bars.task_ids.index(task)].speed
        rate = f"{speed:,.0f}/s" if speed else ""
        self._bars.update(task, completed=done, total=total, rate=rate)

    def close(self) -> None:
        self._bars.stop()
