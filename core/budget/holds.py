"""Holds: what keeps credentials from calling for now; they can be listed, and lifted on request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models.functions import Now

from core.models import CallBudget

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Hold:
    """A bucket that a credential may not call before `until`; `why` says in whose words."""

    bucket: str
    credential: str
    until: dt.datetime
    why: str


def holds() -> list[Hold]:
    """All that last, the longest first."""
    asked = [(row, row.held_until, "the source asked to wait") for row in _asked()]
    spent = [(row, row.reset_at, "no calls are left") for row in _spent()]
    found = [Hold(row.bucket, row.credential, until, why) for row, until, why in asked + spent if until]
    return sorted(found, key=lambda hold: hold.until, reverse=True)


def lift_holds() -> int:
    """Forget them all, so that the sources are asked again; how many there were."""
    return _asked().update(held_until=None) + _spent().update(remaining=None, reset_at=None)


def _asked() -> QuerySet[CallBudget]:
    return CallBudget.objects.filter(held_until__gt=Now())


def _spent() -> QuerySet[CallBudget]:
    return CallBudget.objects.filter(remaining__lte=0, reset_at__gt=Now())
