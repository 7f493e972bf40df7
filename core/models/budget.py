from typing import Any

from django.db import models


class CallBudget(models.Model):
    """What is left of a limit, as all processes that share the credential know it."""

    credential = models.CharField(max_length=64)
    bucket = models.CharField(max_length=100)
    call_limit = models.IntegerField(null=True)
    remaining = models.IntegerField(null=True)
    """Calls left by the source's last word; NULL until it has said something."""
    reset_at = models.DateTimeField(null=True)
    leases: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    """Holder -> {"calls": taken from `remaining` and perhaps not made yet, "until": Unix time}."""
    free_at = models.DateTimeField(null=True)
    """For a published rate: when the calls granted so far will have been paid for."""

    class Meta:
        db_table = "core_call_budget"
        constraints = [
            models.UniqueConstraint(
                fields=["bucket", "credential"], name="core_call_budget_one_per_credential"
            )
        ]

    def __str__(self) -> str:
        return f"{self.bucket}/{self.credential[:8]}"
