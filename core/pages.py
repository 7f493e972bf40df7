"""The page: one transaction that saves rows, raw records and the checkpoint together."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import TypeVar

from django.db import OperationalError, models, transaction
from django.db.models.expressions import Expression
from psycopg.errors import LockNotAvailable

from core import archive, checkpoints, quarantine
from core.absences import Absences
from core.archive import ArchivedItem
from core.errors import AlreadyRunning, Superseded
from core.items import each_understood
from core.models import Run
from core.open_pages import open_page
from core.protocols import IncrementalState
from core.store import Upserted

R = TypeVar("R")

PATIENCE_SECONDS = 300.0  # with other processes that write the same rows


class Page:
    """What a collector may do inside a page's transaction; `counts` become the run's when it commits."""

    def __init__(self, run: Run, scope: str, absences: Absences) -> None:
        self.collector = run.collector
        self._absences = absences
        self.scope = scope
        self.counts: Counter[str] = Counter()
        self.newly_quarantined: list[str] = []
        self._set_aside: set[tuple[str, str]] = set()
        self._understood: dict[str, set[str]] = {}

    def archive(self, kind: str, bodies: Mapping[str, bytes | None]) -> None:
        """Keep what the source said of each item (id -> payload; None: the source no longer has it)."""
        self.archive_all({kind: bodies})

    def archive_all(
        self, items: Mapping[str, Mapping[str, bytes | None]], *, scope: str | None = None
    ) -> None:
        """The same for items of several kinds (kind -> id -> payload), in as few statements.

        `scope` is where they belong when that is not the page's.
        """
        self.count("archived", archive.record(self.collector, scope or self.scope, items))

    def count(self, what: str, number: int) -> None:
        """Add to the run's counts; nothing done is not counted."""
        if number:
            self.counts[what] += number

    def saved(self, noun: str, kind: str, outcome: Upserted, *, key: str) -> None:
        """Count what `outcome` did to `noun`s and quarantine the rows that the database refused.

        `key` names the field that identifies a refused row within the scope.
        """
        for verb in ("created", "updated"):
            self.count(f"{noun}_{verb}", getattr(outcome, verb))
        for rejected in outcome.rejected:
            self.quarantine(kind, str(getattr(rejected.row, key)), _as_json(rejected.row), rejected.error)

    def parsed(self, kind: str, items: Iterable[ArchivedItem], parse: Callable[[ArchivedItem], R]) -> list[R]:
        """What `parse` makes of archived items. Those that it refuses go to quarantine.

        Those that it understands leave it, where it is what the archive has that is listed there.
        """
        items = list(items)
        listed = quarantine.listed(self.collector, self.scope, kind, [item.external_id for item in items])

        def understand(item: ArchivedItem) -> R:
            found = parse(item)
            if item.external_id in listed and quarantine.payload_of(listed[item.external_id]) == item.body:
                self.resolve(kind, [item.external_id])
            return found

        return each_understood(
            items, understand, lambda item, error: self.quarantine(kind, item.external_id, item.body, error)
        )

    def quarantine(self, kind: str, external_id: str, payload: bytes, error: Exception) -> None:
        """Set one bad item aside, so that it stops only itself."""
        self._set_aside.add((kind, external_id))
        new = quarantine.put(self.collector, self.scope, kind, external_id, payload=payload, error=error)
        if new:
            self.count("quarantined", 1)
            self.newly_quarantined.append(f"{kind} {external_id}: {error}")

    def resolve(self, kind: str, external_ids: Iterable[str]) -> None:
        """These items were understood: forget that they were in quarantine, if they were.

        What this page itself sets aside, before or after, stays there: an item that was understood, but that
        the database refused, is no good one. So it is done at the page's end.
        """
        self._understood.setdefault(kind, set()).update(external_ids)

    def forget_understood(self) -> None:
        """Take what `resolve` was told of out of quarantine."""
        for kind, ids in self._understood.items():
            good = [each for each in ids if (kind, each) not in self._set_aside]
            if good:
                quarantine.resolve(self.collector, self.scope, kind, good)

    def has_set_aside(self, kind: str, external_id: str) -> bool:
        """Whether this page has put the item into quarantine."""
        return (kind, external_id) in self._set_aside

    def absent(
        self,
        kind: str,
        missing: Iterable[str],
        *,
        present: Collection[str],
        stored: Callable[[], int],
        scope: str | None = None,
    ) -> list[str]:
        """Which of the items that the source should have shown, and did not, are to be called gone.

        A large part of what is stored in a scope is not believed gone at once: see core.absences. Whoever
        gets fewer ids back than it gave looks at the others again in the next run.
        """
        return self._absences.believed(scope or self.scope, kind, missing, present=present, stored=stored)

    def checkpoint(self, stream: str, state: IncrementalState) -> None:
        checkpoints.save(self.collector, self.scope, stream, state)


@contextmanager
def page(run: Run, scope: str, absences: Absences | None = None) -> Generator[Page]:
    """Open a page's transaction. Raises Superseded when the run no longer counts as running.

    `absences` are those of the run so far.

    The run's row stays locked FOR SHARE until the commit, so whoever declares this run dead waits for it
    and this process cannot commit afterwards. Rows that another process holds are waited for, but not for
    ever: that process may have been stopped.
    """
    with open_page(), _told_of_held_rows(scope), transaction.atomic(durable=True):
        running = Run.objects.raw(
            "SELECT id, set_config('lock_timeout', %(patience)s, true) FROM core_run"
            " WHERE id = %(id)s AND token = %(token)s AND status = %(status)s"
            " AND tableoid = coalesce(%(table)s, tableoid) FOR SHARE",
            {
                "patience": f"{PATIENCE_SECONDS * 1000:.0f}ms",
                "id": run.pk,
                "token": run.token,
                "status": Run.Status.RUNNING,
                "table": run.table,
            },
        )
        if not list(running):
            raise Superseded(
                f"run {run.pk} of {run.collector} was declared dead, or the database was replaced, while it"
                f" worked on {scope}",
                remedy="the next run continues from the last saved page; nothing is lost",
            )
        opened = Page(run, scope, absences or Absences(run.collector))
        yield opened
        opened.forget_understood()


@contextmanager
def _told_of_held_rows(scope: str) -> Generator[None]:
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise AlreadyRunning(
            f"another process has held rows of this page for more than {PATIENCE_SECONDS:.0f} s",
            item=scope,
            remedy="if one was stopped in a page, let it go on (kill -CONT) or end it (kill -KILL)",
        ) from error


def _as_json(row: models.Model) -> bytes:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}  # noqa: SLF001 - Django documents _meta as public API
    given = {name: value for name, value in values.items() if not isinstance(value, Expression)}
    return json.dumps(given, default=str).encode()
