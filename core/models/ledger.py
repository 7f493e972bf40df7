"""Tables of what the collectors did and how far they got: runs, checkpoints, coverage gaps."""

from typing import Any

from django.db import models
from django.db.models.functions import Now


class Run(models.Model):
    """One run of one collector. A row is written at the start and closed at the end."""

    class Status(models.TextChoices):
        RUNNING = "running"
        OK = "ok"
        PARTIAL = "partial"
        FAILED = "failed"
        SKIPPED = "skipped"
        ABORTED = "aborted"

    # Names the advisory lock that a live run holds, so a dead one is told from a slow one.
    token = models.UUIDField(unique=True)
    collector = models.TextField()
    options: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    status = models.TextField(choices=Status.choices, default=Status.RUNNING)
    phase = models.TextField(default="start")
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    host = models.TextField()
    pid = models.IntegerField()
    counts: "models.JSONField[dict[str, int]]" = models.JSONField(default=dict)
    errors: "models.JSONField[list[dict[str, str]]]" = models.JSONField(default=list)
    failure_category = models.TextField(default="")
    requests = models.IntegerField(default=0)
    bytes_received = models.BigIntegerField(default=0)
    seconds_waited = models.FloatField(default=0)

    table: int | None = None  # no column: set while the run is active, see core.runs.running

    class Meta:
        indexes = [models.Index("collector", models.F("started_at").desc(), name="run_collector_started")]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.collector} ({self.status})"


class Checkpoint(models.Model):
    """The position in a stream of a source; saved in the transaction that saves the page."""

    collector = models.TextField()
    scope = models.TextField()
    stream = models.TextField()
    token = models.TextField(null=True)
    marker = models.TextField(null=True)
    extras: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collector", "scope", "stream"], name="checkpoint_stream")
        ]

    def __str__(self) -> str:
        return f"{self.collector} {self.scope} {self.stream}: {self.marker}"


class CoverageGap(models.Model):
    """A part of a scope (a month, a year, ...) where the source has another number of items than we do."""

    collector = models.TextField()
    scope = models.TextField()
    part = models.TextField()
    at_source = models.IntegerField()
    stored = models.IntegerField()
    found_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collector", "scope", "part"], name="coverage_gap")]

    def __str__(self) -> str:
        return f"{self.scope} {self.part}: {self.stored} of {self.at_source}"


class SweptItem(models.Model):
    """An id that a sweep in progress has seen at the source; gone when the sweep ends."""

    collector = models.TextField()
    scope = models.TextField()
    external_id = models.TextField()
    part = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collector", "scope", "external_id"], name="swept_item")
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.external_id}"


class DoubtedAbsence(models.Model):
    """An item that a look at its source missed together with too many others to be believed gone at once."""

    collector = models.TextField()
    scope = models.TextField()
    kind = models.TextField()
    external_id = models.TextField()
    first_missed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collector", "scope", "kind", "external_id"], name="doubted_absence"
            )
        ]

    def __str__(self) -> str:
        return f"{self.collector} {self.scope} {self.kind} {self.external_id}"
