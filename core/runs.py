"""The run ledger: a row per run, opened at the start and closed at the end, whatever happens between."""

import datetime as dt
import os
import socket
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from core import changes
from core.errors import AlreadyRunning, CollectorFailureCategory, classify_failure
from core.locks import DATABASE_IN_USE, Locks, this_process
from core.metering import Meter
from core.models import Run
from core.postgres.cluster import said_when_slow
from core.redaction import redact
from core.storable import storable_json

ERRORS_KEPT = 100  # per run; the quarantine holds the rest
PATIENCE_SECONDS = 30.0  # with a process that has lost its lock and is saving a page
KEPT_FOR = dt.timedelta(days=90)


class ActiveRun:
    """A run in progress: its ledger row, and the lock that proves that its process is alive."""

    def __init__(self, collector: str, options: Mapping[str, Any], meter: Meter) -> None:
        token = uuid.uuid4()
        host, pid = socket.gethostname(), os.getpid()
        self.meter = meter
        self.locks = Locks(this_process(collector))
        try:
            self.locks.acquire(DATABASE_IN_USE, shared=True, held="is being replaced by")
            # The lock comes before the row: a row whose lock is free is a dead run.
            self.locks.acquire(_lock_name(token))
            _close_dead_runs(collector, self.locks)
            changes.follow_server()
            self.row = Run.objects.create(
                token=token, collector=collector, options=storable_json(options), host=host, pid=pid
            )
            self.row.table = _table()
        except BaseException:
            self.locks.close()
            raise

    def enter(self, phase: str) -> None:
        running(self.row).update(phase=phase)

    def close(
        self,
        status: Run.Status,
        *,
        counts: Mapping[str, int],
        errors: Sequence[Mapping[str, str]] = (),
        failure_category: str = "",
    ) -> None:
        """Write the outcome, unless another run has declared this one dead, and release all locks.

        Old rows of the collector go, all but the last that ended well.
        """
        spent = self.meter.snapshot()
        kept = [{key: redact(text) for key, text in error.items()} for error in errors[:ERRORS_KEPT]]
        if connection.errors_occurred and not connection.is_usable():
            connection.close()  # the next statement connects anew
        try:
            running(self.row).update(
                status=status,
                ended_at=Now(),
                counts=dict(counts),
                errors=storable_json(kept),
                failure_category=failure_category,
                requests=spent.requests,
                bytes_received=spent.bytes_received,
                seconds_waited=spent.seconds_waited,
            )
            _forget_old_runs(self.row.collector)
        finally:
            self.locks.close()


def running(row: Run) -> "QuerySet[Run]":
    """Return the run's row, while it says `running` and is in the table that the run began in.

    A restore makes the tables anew, and can bring the row back as it was in the middle of this very run.
    """
    rows = Run.objects.filter(pk=row.pk, token=row.token, status=Run.Status.RUNNING)
    return rows if row.table is None else rows.extra(where=["core_run.tableoid = %s"], params=[row.table])


def _lock_name(token: uuid.UUID) -> str:
    return f"run {token}"


def _table() -> int:
    """Return the number of the runs' table in this database, which no dump holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'core_run'::regclass::oid::bigint")
        return int((cursor.fetchone() or (0,))[0])


def _close_dead_runs(collector: str, locks: Locks) -> None:
    """Mark runs as `aborted` that say `running` without holding their lock: they have died."""
    for run in Run.objects.filter(collector=collector, status=Run.Status.RUNNING):
        name = _lock_name(run.token)
        if locks.try_acquire(name):
            try:
                _abort(run)
            finally:
                locks.release(name)


def _abort(run: Run) -> None:
    """Wait for a page that the process, if it lives after all, is just committing; not for ever."""
    who = f"{run} of process {run.pid} on {run.host}"
    try:
        with (
            said_when_slow(f"Waiting for {who}: it has lost its lock, and is saving a page"),
            transaction.atomic(),
        ):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('lock_timeout', %s, true)", [f"{PATIENCE_SECONDS * 1000:.0f}ms"]
                )
            running(run).update(status=Run.Status.ABORTED, ended_at=Now())
    except OperationalError as error:
        if classify_failure(error) is not CollectorFailureCategory.LOCKED:
            raise
        raise AlreadyRunning(
            f"{who} has lost its lock, but has been saving a page for more than {PATIENCE_SECONDS:.0f} s",
            item=run.collector,
            remedy="if that process was stopped, let it go on (kill -CONT) or end it (kill -KILL)",
        ) from error


def _forget_old_runs(collector: str) -> None:
    old = Run.objects.filter(collector=collector, started_at__lt=Now() - KEPT_FOR)
    last_good = Run.objects.filter(collector=collector, status=Run.Status.OK).order_by("-started_at")[:1]
    old.exclude(pk__in=last_good.values("pk")).delete()
