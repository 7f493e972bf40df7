from typing import Any

from django.db import models


class CallBudget(models.Model):
    """The rest of a limit, as all processes that share the credential know it."""

    credential = models.CharField(max_length=64)
    """The credential's id, or what the source counts its calls by."""
    bucket = models.CharField(max_length=100)
    call_limit = models.IntegerField(null=True)
    remaining = models.IntegerField(null=True)
    """Calls left by the source's last word; NULL until it has said something."""
    reset_at = models.DateTimeField(null=True)
    leases: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    """Holder -> {"calls": taken from `remaining` and perhaps not made yet, "weight": the same of the
    published rate, "until": Unix time, "backend": process id of the connection that took them}."""
    free_at = models.DateTimeField(null=True)
    """For a published rate: when the calls granted so far will have been paid for."""
    held_until = models.DateTimeField(null=True)
    """Until when the source wants no call at all."""
    account = models.CharField(max_length=64, null=True)
    """Account that the source counts calls by, once that was asked; only in the bucket `account`."""

    class Meta:
        db_table = "core_call_budget"
        constraints = [
            models.UniqueConstraint(
                fields=["bucket", "credential"], name="core_call_budget_one_per_credential"
            )
        ]

    def __str__(self) -> str:
        return f"{self.bucket}/{self.credential[:8]}"
