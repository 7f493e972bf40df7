"""Scopes: one list, repository or channel in a run, and loading or retrying what is kept of it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from core import archive, quarantine
from core.archive import ArchivedItem
from core.collectors.base import AbstractCollector
from core.kinds import Kind
from core.pages import Page
from core.protocols import State

__all__ = ["Scope", "replay", "retry"]

O = TypeVar("O")  # noqa: E741 - the owner of items
PAGE_ITEMS = 500
RETRIED_TOGETHER = 50  # of any size


@dataclass(frozen=True, slots=True)
class Scope:
    """A list, repository or channel; its name, which no rename at the source changes, files all its data.

    `label` is what people call it.
    """

    collector: AbstractCollector
    name: str
    label: str = ""

    def page(self) -> AbstractContextManager[Page]:
        """Open a page's transaction (see AbstractCollector.page)."""
        return self.collector.page(self.name)

    def state(self, stream: str) -> State:
        """Return how far a stream has been read; with `--full` as if it never was."""
        return self.collector.checkpoint(self.name, stream)

    def listed(self, kind: str) -> set[str]:
        """Return the ids of a kind that are in quarantine."""
        return self.collector.quarantine.listed(self.name, kind)

    def waiting(self, kind: str) -> set[str]:
        """Return those of them that the run should leave alone."""
        return self.collector.quarantine.waiting(self.name, kind)

    def due(self, kind: str) -> set[str]:
        """Return those of them that are to be tried again."""
        return self.collector.quarantine.due(self.name, kind)

    def payloads(self, kind: str, ids: Collection[str]) -> dict[str, bytes]:
        """Return what the source said of these items, by id; of those that are in quarantine."""
        return quarantine.payloads(self.collector.name, self.name, kind, ids) if ids else {}

    def __str__(self) -> str:
        return self.label or self.name


def replay(
    scope: Scope,
    owner: O,
    kinds: Sequence[Kind[O, Any]],
    *,
    gone: Callable[[ArchivedItem], bool] = lambda item: item.absent,
    page_items: int = PAGE_ITEMS,
) -> None:
    """Load what the archive has of a scope again, kind after kind, without the network.

    An item that cannot be used goes to quarantine alone. Those that are `gone` are saved and buried.
    """
    for kind in kinds:
        for items in archived(scope, kind.name, page_items):
            with scope.page() as page:
                page.restore(kind, owner, items, gone=gone)


def archived(scope: Scope, kind: str, page_items: int = PAGE_ITEMS) -> Iterator[list[ArchivedItem]]:
    """Yield the last content of each item of a kind, some at a time."""
    after = ""
    source = scope.collector.name
    while items := archive.replay(source, scope.name, kind, after=after, limit=page_items):
        yield items
        after = items[-1].external_id


def retry(scope: Scope, owner: O, kinds: Sequence[Kind[O, Any]]) -> None:
    """Try again what is due in quarantine, from what the source has said of it.

    For kinds whose items the source is not asked for one by one. With `--retry-quarantined` all of the
    scope is due.
    """
    view = scope.collector.quarantine
    if scope.collector.options.retry_quarantined:
        view.release(scope.name)
    for kind in kinds:
        due = sorted(scope.due(kind.name))
        for start in range(0, len(due), RETRIED_TOGETHER):
            names = due[start : start + RETRIED_TOGETHER]
            bodies = scope.payloads(kind.name, names)
            kept = archive.last(scope.collector.name, scope.name, kind.name, names)
            # A replay can set aside what the source has no more: it is gone also when it is understood.
            gone = [item for item in kept if item.absent and item.body == bodies.get(item.external_id)]
            with scope.page() as page:
                page.restore(kind, owner, gone)
                page.retake(
                    kind, owner, {n: bodies[n] for n in bodies.keys() - {item.external_id for item in gone}}
                )
