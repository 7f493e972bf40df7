"""The page: one transaction that saves rows, raw records and the checkpoint together."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from core import archive, checkpoints, quarantine
from core.absences import Absences
from core.archive import ArchivedItem
from core.errors import AlreadyRunning, InvalidInput, Superseded
from core.items import each_understood
from core.kinds import Kind, Taken, short_name
from core.models import Run
from core.open_pages import open_page
from core.protocols import IncrementalState
from core.quarantine import Place, View
from core.storable import storable_text
from core.store import Upserted

O = TypeVar("O")  # noqa: E741 - the owner of items
R = TypeVar("R")

PATIENCE_SECONDS = 300.0  # with other processes that write the same rows


class Page:
    """Saves items inside one transaction; `counts` become the run's when it commits."""

    def __init__(self, run: Run, scope: str, absences: Absences, view: View) -> None:
        self.collector = run.collector
        self.scope = scope
        self.counts: Counter[str] = Counter()
        self.newly_quarantined: list[str] = []
        self._absences = absences
        self._view = view
        self._archive = archive.Pending(run.collector)
        self._set_aside: dict[Place, dt.datetime | None] = {}
        self._newer: set[Place] = set()
        self._understood: dict[tuple[str, str], set[str]] = {}

    # Items of a kind

    def take(
        self, kind: Kind[O, R], owner: O, payloads: Iterable[Any], *, scope: str | None = None
    ) -> Taken[R]:
        """Parse, archive and save what a source shows. An item that cannot be used goes to quarantine alone.

        `scope` is where the items belong, if that is not the page's scope.
        """
        found, refused = self.understand(kind, payloads, scope=scope)
        return self.keep(kind, owner, found, refused, scope=scope)

    def understand(
        self, kind: Kind[Any, R], payloads: Iterable[Any], *, scope: str | None = None
    ) -> tuple[dict[str, tuple[R, bytes]], set[str]]:
        """Return records and bodies by id, and the ids of what was set aside; the first half of `take`.

        For items that are looked at together before any of them is kept.
        """
        refused: set[str] = set()

        def set_aside(payload: Any, error: InvalidInput) -> None:
            refused.add(name := kind.name_of(payload))
            self.quarantine(kind.name, name, kind.evidence(payload), error, scope=scope)

        found = each_understood(payloads, lambda each: (kind.name_of(each), kind.understand(each)), set_aside)
        return dict(found), refused

    def keep(
        self,
        kind: Kind[O, R],
        owner: O,
        found: Mapping[str, tuple[R, bytes]],
        refused: set[str],
        *,
        scope: str | None = None,
    ) -> Taken[R]:
        """Archive and save what was understood; the second half of `take`."""
        self.archive(kind.name, {name: body for name, (_, body) in found.items()}, scope=scope)
        self.resolve(kind.name, found, scope=scope)
        return self._save(kind, owner, found, refused, scope)

    def retake(self, kind: Kind[O, R], owner: O, bodies: Mapping[str, bytes]) -> Taken[R]:
        """Take items again whose payloads (id -> bytes) are in quarantine."""
        found, refused = self._reread(kind, bodies)
        return self.keep(kind, owner, found, refused)

    def restore(
        self,
        kind: Kind[O, R],
        owner: O,
        items: Sequence[ArchivedItem],
        *,
        gone: Callable[[ArchivedItem], bool] = lambda item: item.absent,
    ) -> Taken[R]:
        """Save what the archive has of items of the page's scope, and bury those that are `gone`.

        One that cannot be used goes to quarantine alone; one that is understood leaves it. What is there
        because of something newer than the archive has stays as it is.
        """
        bodies = {item.external_id: item.body for item in items}
        listed = self._view.listed(self.scope, kind.name).intersection(bodies)
        payloads = quarantine.payloads(self.collector, self.scope, kind.name, listed) if listed else {}
        newer = {name for name, payload in payloads.items() if payload != bodies[name]}
        self._newer.update((self.scope, kind.name, name) for name in newer)
        found, refused = self._reread(kind, bodies)
        self.resolve(kind.name, found.keys() - newer)
        absent = [item.external_id for item in items if gone(item)]
        # They stay as they are: saving them would bring them back.
        buried = kind.buried(owner, absent)
        present = {name: each for name, each in found.items() if name not in buried}
        taken = self._save(kind, owner, present, refused, None)
        to_bury = [name for name in absent if name not in buried]
        self.count(f"{kind.noun}_removed", kind.mark_removed(owner, to_bury))
        return taken

    def absent(
        self,
        kind: Kind[O, R],
        owner: O,
        missing: Iterable[str],
        *,
        present: Collection[str],
        scope: str | None = None,
    ) -> list[str]:
        """Bury the items that the source should have shown, and did not; return their ids, sorted.

        `present` are those that the same look has shown. A large part of what is stored is not believed gone
        at once (see core.absences): whoever gets fewer ids back than it gave looks again in the next run.
        """
        place = scope or self.scope
        gone = self._absences.believed(
            place, kind.name, missing, present=present, stored=lambda: kind.live(owner).count()
        )
        self.bury(kind, owner, gone, scope=scope)
        return gone

    def bury(self, kind: Kind[O, R], owner: O, ids: Sequence[str], *, scope: str | None = None) -> None:
        """Mark items as removed, of which the source has said that it has them no more."""
        if ids:
            self.archive(kind.name, dict.fromkeys(ids), scope=scope)
            self.resolve(kind.name, ids, scope=scope)
            self.count(f"{kind.noun}_removed", kind.mark_removed(owner, ids))

    def _reread(
        self, kind: Kind[Any, R], bodies: Mapping[str, bytes]
    ) -> tuple[dict[str, tuple[R, bytes]], set[str]]:
        refused: set[str] = set()

        def set_aside(item: tuple[str, bytes], error: InvalidInput) -> None:
            refused.add(item[0])
            self.quarantine(kind.name, *item, error)

        found = each_understood(
            bodies.items(), lambda each: (each[0], (kind.reread(*each), each[1])), set_aside
        )
        return dict(found), refused

    def _save(
        self,
        kind: Kind[O, R],
        owner: O,
        found: Mapping[str, tuple[R, bytes]],
        refused: set[str],
        scope: str | None,
    ) -> Taken[R]:
        saved = kind.save(owner, [record for record, _ in found.values()]) if found else Upserted()
        self.count_saved(kind.noun, saved)
        for rejected in saved.rejected:
            name = short_name(str(getattr(rejected.row, kind.key)))
            body = found[name][1] if name in found else quarantine.payload_of_row(rejected.row)
            self.quarantine(kind.name, name, body, rejected.error, scope=scope)
            refused.add(name)
        records = {name: record for name, (record, _) in found.items() if name not in refused}
        return Taken(records, frozenset(refused))

    # Single steps, where an item is no kind's

    def archive(self, kind: str, bodies: Mapping[str, bytes | None], *, scope: str | None = None) -> None:
        """Keep what the source said of each item (id -> payload; None: the source no longer has it).

        It is written at the page's end (see core.archive.Pending).
        """
        self._archive.add(scope or self.scope, kind, bodies)

    def count(self, what: str, number: int) -> None:
        """Add to the run's counts; nothing done is not counted."""
        if number:
            self.counts[what] += number

    def saved(self, noun: str, kind: str, outcome: Upserted, *, key: str) -> None:
        """Count what `outcome` did to rows that are no items of a kind, and set aside those refused.

        `key` names the field that identifies a refused row within the scope.
        """
        self.count_saved(noun, outcome)
        for rejected in outcome.rejected:
            self.quarantine(
                kind, str(getattr(rejected.row, key)), quarantine.payload_of_row(rejected.row), rejected.error
            )

    def count_saved(self, noun: str, outcome: Upserted) -> None:
        """Count the rows that `outcome` created and updated as `noun`."""
        self.count(f"{noun}_created", outcome.created)
        self.count(f"{noun}_updated", outcome.updated)

    def quarantine(
        self, kind: str, external_id: str, payload: bytes, error: Exception, *, scope: str | None = None
    ) -> None:
        """Set one bad item aside, so that it stops only itself."""
        place = (scope or self.scope, kind, storable_text(external_id))
        if place in self._newer:
            return
        is_new, self._set_aside[place] = quarantine.put(self.collector, *place, payload=payload, error=error)
        if is_new:
            self.count("quarantined", 1)
            self.newly_quarantined.append(f"{kind} {external_id}: {error}")

    def resolve(self, kind: str, external_ids: Iterable[str], *, scope: str | None = None) -> None:
        """Note that these items were understood: what of them is in quarantine leaves it at the page's end.

        What this page itself sets aside, before or after, stays there: an item that was understood, but that
        the database refused, is no good one.
        """
        self._understood.setdefault((scope or self.scope, kind), set()).update(
            map(storable_text, external_ids)
        )

    def checkpoint(self, stream: str, state: IncrementalState) -> None:
        """Save how far a stream of the scope has been read."""
        checkpoints.save(self.collector, self.scope, stream, state)

    def finish(self) -> None:
        """Write what was put off to the page's end: the archive, and what leaves the quarantine."""
        self.count("archived", self._archive.record())
        for scope, kind, names in self._resolved():
            quarantine.resolve(self.collector, scope, kind, names)

    def committed(self) -> None:
        """Let the run know what is in quarantine now."""
        resolved = [(scope, kind, name) for scope, kind, names in self._resolved() for name in names]
        self._view.settle(self._set_aside, resolved)

    def _resolved(self) -> Iterable[tuple[str, str, list[str]]]:
        for (scope, kind), understood in self._understood.items():
            listed = understood & self._view.listed(scope, kind)
            if names := [each for each in sorted(listed) if (scope, kind, each) not in self._set_aside]:
                yield scope, kind, names


@contextmanager
def page(run: Run, scope: str, absences: Absences | None = None, view: View | None = None) -> Generator[Page]:
    """Open a page's transaction; `absences` and `view` are those of the run so far.

    Raises Superseded when the run no longer counts as running. The run's row stays locked FOR SHARE until
    the commit, so whoever declares this run dead waits for it and this process cannot commit afterwards. Rows
    that another process holds are waited for, but not for ever: that process may have been stopped.
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
        opened = Page(run, scope, absences or Absences(run.collector), view or View(run.collector))
        yield opened
        opened.finish()
    opened.committed()


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
