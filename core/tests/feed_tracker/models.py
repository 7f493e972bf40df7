"""Entries of feeds."""

from django.db import models

from core.removable import Removable


class Entry(Removable):
    """An entry of a feed, by the id that the feed gives it."""

    feed = models.TextField()  # its address
    entry_id = models.TextField()
    url = models.TextField()
    title = models.TextField()
    text = models.TextField()
    author = models.TextField()
    published_at = models.DateTimeField(null=True)

    class Meta(Removable.Meta):
        constraints = [models.UniqueConstraint(fields=["feed", "entry_id"], name="feed_entry")]

    def __str__(self) -> str:
        return f"{self.feed} {self.entry_id}"
