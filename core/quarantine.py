"""Items that could not be parsed or saved: kept with payload and reason, retried with back-off."""

import datetime as dt
import zlib
from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils import timezone

from core.errors import classify_failure
from core.models import QuarantinedItem
from core.redaction import redact
from core.storable import storable_text

ATTEMPTS = 5
FIRST_DELAY = dt.timedelta(hours=1)  # then 4, 16 and 64 hours
REASON_LIMIT = 2000  # characters


def put(collector: str, scope: str, kind: str, external_id: str, *, payload: bytes, error: Exception) -> bool:
    """Quarantine an item, or note another failed attempt at it. True when it was not there before."""
    reason = storable_text(redact(f"{type(error).__name__}: {error}"))[:REASON_LIMIT]
    now = timezone.now()
    item, created = QuarantinedItem.objects.get_or_create(
        collector=collector,
        scope=scope,
        kind=kind,
        external_id=storable_text(external_id),
        defaults={
            "payload": zlib.compress(payload),
            "reason": reason,
            "category": str(classify_failure(error)),
            "next_attempt_at": now + FIRST_DELAY,
        },
    )
    if not created and item.next_attempt_at is not None and item.next_attempt_at <= now:
        item.attempts += 1
        item.payload = zlib.compress(payload)
        item.reason = reason
        item.category = str(classify_failure(error))
        item.next_attempt_at = (
            now + FIRST_DELAY * 4 ** (item.attempts - 1) if item.attempts < ATTEMPTS else None
        )
        item.save()
    return created


def resolve(collector: str, scope: str, kind: str, external_ids: Iterable[str]) -> int:
    """Forget items that were understood after all; returns how many were listed."""
    ids = [storable_text(external_id) for external_id in external_ids]
    deleted, _ = QuarantinedItem.objects.filter(
        collector=collector, scope=scope, kind=kind, external_id__in=ids
    ).delete()
    return deleted


def due(collector: str, scope: str, kind: str) -> QuerySet[QuarantinedItem]:
    """Items whose next attempt is due."""
    return QuarantinedItem.objects.filter(
        collector=collector, scope=scope, kind=kind, next_attempt_at__lte=timezone.now()
    )


def listed(collector: str, scope: str, kind: str, external_ids: Iterable[str]) -> dict[str, QuarantinedItem]:
    """Those of these items that are in quarantine, by id."""
    rows = QuarantinedItem.objects.filter(
        collector=collector, scope=scope, kind=kind, external_id__in=list(external_ids)
    )
    return {item.external_id: item for item in rows}


def waiting(collector: str, scope: str, kind: str) -> QuerySet[QuarantinedItem]:
    """Items that a run should leave alone: their next attempt is not due, or there is none left."""
    return QuarantinedItem.objects.filter(collector=collector, scope=scope, kind=kind).filter(
        Q(next_attempt_at__gt=timezone.now()) | Q(next_attempt_at__isnull=True)
    )


def payload_of(item: QuarantinedItem) -> bytes:
    """What the source said of the item."""
    return zlib.decompress(item.payload)


def release(collector: str, scope: str) -> int:
    """Make every item of a scope due now (`--retry-quarantined`); returns how many."""
    return QuarantinedItem.objects.filter(collector=collector, scope=scope).update(
        next_attempt_at=timezone.now()
    )
