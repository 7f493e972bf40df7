"""Rows of what a source can remove: they stay, with the time when that was found."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.functions import Now

from core.changes import Change

__all__ = ["Removable", "RemovableQuerySet"]


class RemovableQuerySet(models.QuerySet[Any]):
    """Rows, some of which their source has no more."""

    # The column with the time when that was found. One that people know by another name (who left a server)
    # has a subclass that says so.
    removed_in = "removed_at"

    def live(self) -> Self:
        """Return those that the source still has, as far as is known."""
        return self.filter(**{f"{self.removed_in}__isnull": True})

    def removed(self) -> Self:
        """Return those that the source has no more."""
        return self.filter(**{f"{self.removed_in}__isnull": False})

    def bury(self) -> int:
        """Mark the live ones as removed now; return how many that were."""
        return self.live().update(**{self.removed_in: Now()}, changed_in=Change())


class Removable(models.Model):
    """An item that its source may remove. `removed_at` is when that was found, NULL while it is there.

    `changed_in` is the number of the change that wrote the row last (see core.changes).
    """

    removed_at = models.DateTimeField(null=True)
    changed_in = models.BigIntegerField(db_default=Change())

    objects: ClassVar[Any] = RemovableQuerySet.as_manager()

    class Meta:
        abstract = True
