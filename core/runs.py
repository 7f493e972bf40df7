"""The run ledger: a row per run, opened at the start and closed at the end, whatever happens between."""

import os
import socket
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models.functions import Now

from core import changes
from core.locks import Locks
from core.metering import Meter
from core.models import Run
from core.redaction import redact
from core.storable import storable_json

ERRORS_KEPT = 100  # per run; the quarantine holds the rest


class ActiveRun:
    """A run in progress: its ledger row, and the lock that proves that its process is alive."""

    def __init__(self, collector: str, options: Mapping[str, Any], meter: Meter) -> None:
        token = uuid.uuid4()
        host, pid = socket.gethostname(), os.getpid()
        self.meter = meter
        self.locks = Locks(f"{collector} pid {pid} on {host}")
        try:
            # The lock comes before the row: a row whose lock is free is a dead run.
            self.locks.acquire(_lock_name(token))
            _close_dead_runs(collector, self.locks)
            changes.follow_server()
            self.row = Run.objects.create(
                token=token, collector=collector, options=storable_json(options), host=host, pid=pid
            )
        except BaseException:
            self.locks.close()
            raise

    def enter(self, phase: str) -> None:
        Run.objects.filter(pk=self.row.pk).update(phase=phase)

    def close(
        self,
        status: Run.Status,
        *,
        counts: Mapping[str, int],
        errors: Sequence[Mapping[str, str]] = (),
        failure_category: str = "",
    ) -> None:
        """Write the outcome, unless another run has declared this one dead, and release all locks."""
        spent = self.meter.snapshot()
        kept = [{key: redact(text) for key, text in error.items()} for error in errors[:ERRORS_KEPT]]
        try:
            Run.objects.filter(pk=self.row.pk, status=Run.Status.RUNNING).update(
                status=status,
                ended_at=Now(),
                counts=dict(counts),
                errors=storable_json(kept),
                failure_category=failure_category,
                requests=spent.requests,
                bytes_received=spent.bytes_received,
                seconds_waited=spent.seconds_waited,
            )
        finally:
            self.locks.close()


def _lock_name(token: uuid.UUID) -> str:
    return f"run {token}"


def _close_dead_runs(collector: str, locks: Locks) -> None:
    """Runs that say `running` without holding their lock have died: they become `aborted`."""
    for run in Run.objects.filter(collector=collector, status=Run.Status.RUNNING):
        name = _lock_name(run.token)
        if locks.try_acquire(name):
            # Waits for a page that the process, if it lives after all, is just committing.
            Run.objects.filter(pk=run.pk, status=Run.Status.RUNNING).update(
                status=Run.Status.ABORTED, ended_at=Now()
            )
            locks.release(name)
