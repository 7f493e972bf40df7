"""Tables of what the sources said, version by version, and of what could not be understood."""

from django.db import models
from django.db.models.functions import Now


class ArchiveVersion(models.Model):
    """One version of one leaf item (a message, a comment) as its source gave it.

    A new row is written only when the content differs from the item's latest version, so an item's rows
    are its edit history. An item that a sweep found gone gets a version without content (`absent`).
    """

    source = models.TextField()
    scope = models.TextField()
    kind = models.TextField()
    external_id = models.TextField(db_collation="C")  # replay pages through it in this order
    content_hash = models.BinaryField(null=True)  # SHA-256; NULL: the item was absent
    body = models.BinaryField(null=True)  # zlib; NULL: absent, or in a blob file named by content_hash
    size = models.BigIntegerField()  # bytes, uncompressed
    observed_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(
                "source", "scope", "kind", "external_id", models.F("id").desc(), name="archive_item_latest"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(content_hash__isnull=False) | models.Q(body__isnull=True),
                name="archive_absent_has_no_body",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.scope} {self.kind} {self.external_id}"


class QuarantinedItem(models.Model):
    """An item that could not be parsed or saved. Retried with back-off, then it stays listed."""

    collector = models.TextField()
    scope = models.TextField()
    kind = models.TextField()
    external_id = models.TextField()
    payload = models.BinaryField()  # zlib
    reason = models.TextField()
    category = models.TextField()
    attempts = models.IntegerField(default=1)
    first_seen_at = models.DateTimeField(db_default=Now())
    next_attempt_at = models.DateTimeField(null=True)  # NULL: no further automatic attempt

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collector", "scope", "kind", "external_id"], name="quarantined_item"
            )
        ]

    def __str__(self) -> str:
        return f"{self.collector} {self.scope} {self.kind} {self.external_id}: {self.reason}"
