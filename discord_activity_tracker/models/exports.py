"""The Markdown that channels are rendered to."""

from django.db import models

from discord_activity_tracker.models.channels import Channel


class MarkdownExport(models.Model):
    """The file that a channel's day (UTC) was last rendered to, and of which version of it."""

    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, db_constraint=False, related_name="exports"
    )
    day = models.DateField()
    path = models.TextField()  # below the export's folder
    version = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "day"], name="discord_day_of_channel")]

    def __str__(self) -> str:
        return self.path
