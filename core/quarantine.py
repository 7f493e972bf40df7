"""Quarantine: items that could not be parsed or saved, with payload and reason, retried with back-off."""

import datetime as dt
import json
import zlib
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from django.db import models
from django.db.models import QuerySet
from django.db.models.expressions import Expression
from django.utils import timezone

from core.errors import classify_failure
from core.models import QuarantinedItem
from core.redaction import redact
from core.storable import storable_text

ATTEMPTS = 5
FIRST_DELAY = dt.timedelta(hours=1)  # then 4, 16 and 64 hours
REASON_LIMIT = 2000  # characters


# Scope, kind and id of an item.
Place = tuple[str, str, str]


class View:
    """A collector's part of the quarantine: read once a run, kept in step with the pages that it saves.

    So a run over scopes where nothing is set aside spends no statement on it.
    """

    def __init__(self, collector: str) -> None:
        self._collector = collector
        self._released: set[str] = set()

    def listed(self, scope: str, kind: str) -> set[str]:
        """Return the ids of what is in quarantine."""
        return set(self._items.get((scope, kind), ()))

    def waiting(self, scope: str, kind: str) -> set[str]:
        """Return what a run should leave alone: its next attempt is not due, or there is none left."""
        now = timezone.now()
        items = self._items.get((scope, kind), {}).items()
        return {name for name, at in items if at is None or at > now}

    def due(self, scope: str, kind: str) -> set[str]:
        """Return what is to be tried again."""
        return self.listed(scope, kind) - self.waiting(scope, kind)

    def scopes(self) -> set[str]:
        """Return the scopes of which something is in quarantine."""
        return {scope for (scope, _), items in self._items.items() if items}

    def release(self, *scopes: str) -> None:
        """Make everything in these scopes due now (`--retry-quarantined`).

        Once a run: what the run itself sets aside, or has tried again, waits for its time.
        """
        now = timezone.now()
        released = set(scopes) - self._released
        self._released |= released
        if released & self.scopes():
            _of_collector(self._collector).filter(scope__in=released).update(next_attempt_at=now)
        for (scope, _), items in self._items.items():
            if scope in released:
                items.update(dict.fromkeys(items, now))

    def forget(self, scopes: Iterable[str]) -> None:
        """Drop all items of these scopes, which are gone as a whole."""
        gone = self.scopes().intersection(scopes)
        if gone:
            _of_collector(self._collector).filter(scope__in=gone).delete()
            self._items = {place: items for place, items in self._items.items() if place[0] not in gone}

    def refile(self, scope: str, kind: str, known: str, external_id: str) -> None:
        """Name an item anew; its attempts count on. One that is there by its new name takes its place."""
        items = self._items.get((scope, kind), {})
        if known not in items:
            return
        rows = _of_collector(self._collector).filter(scope=scope, kind=kind)
        if external_id in items:
            rows.filter(external_id=known).delete()
        else:
            rows.filter(external_id=known).update(external_id=external_id)
            items[external_id] = items[known]
        del items[known]

    def settle(self, put: Mapping[Place, dt.datetime | None], resolved: Iterable[Place]) -> None:
        """Take over what a page that is committed has set aside and resolved."""
        for (scope, kind, external_id), at in put.items():
            self._items.setdefault((scope, kind), {})[external_id] = at
        for scope, kind, external_id in resolved:
            self._items.get((scope, kind), {}).pop(external_id, None)

    @cached_property
    def _items(self) -> dict[tuple[str, str], dict[str, dt.datetime | None]]:
        found: dict[tuple[str, str], dict[str, dt.datetime | None]] = {}
        rows = _of_collector(self._collector)
        for scope, kind, external_id, at in rows.values_list(
            "scope", "kind", "external_id", "next_attempt_at"
        ):
            found.setdefault((scope, kind), {})[external_id] = at
        return found


def put(
    collector: str, scope: str, kind: str, external_id: str, *, payload: bytes, error: Exception
) -> tuple[bool, dt.datetime | None]:
    """Quarantine an item, or note another failed attempt at it.

    What the source says of it now takes the place of what it said before; that is an attempt only when one
    is due. Returns whether it was not there before, and when it is to be tried again (None: not by itself).
    """
    now = timezone.now()
    found = {
        "payload": zlib.compress(payload),
        "reason": storable_text(redact(f"{type(error).__name__}: {error}"))[:REASON_LIMIT],
        "category": str(classify_failure(error)),
    }
    item, created = QuarantinedItem.objects.get_or_create(
        collector=collector,
        scope=scope,
        kind=kind,
        external_id=storable_text(external_id),
        defaults={**found, "next_attempt_at": now + FIRST_DELAY},
    )
    is_due = not created and item.next_attempt_at is not None and item.next_attempt_at <= now
    if is_due:
        item.attempts += 1
        item.next_attempt_at = (
            now + FIRST_DELAY * 4 ** (item.attempts - 1) if item.attempts < ATTEMPTS else None
        )
    if is_due or bytes(item.payload) != found["payload"]:
        for name, value in found.items():
            setattr(item, name, value)
        item.save()
    return created, item.next_attempt_at


def resolve(collector: str, scope: str, kind: str, external_ids: Iterable[str]) -> int:
    """Forget items that were understood after all; returns how many were listed."""
    ids = [storable_text(external_id) for external_id in external_ids]
    deleted, _ = _of_collector(collector).filter(scope=scope, kind=kind, external_id__in=ids).delete()
    return deleted


def payloads(collector: str, scope: str, kind: str, external_ids: Collection[str]) -> dict[str, bytes]:
    """Return what the source said of these items, by id; of those that are in quarantine."""
    rows = _of_collector(collector).filter(scope=scope, kind=kind, external_id__in=external_ids)
    return {item.external_id: zlib.decompress(item.payload) for item in rows}


def payload_of_row(row: models.Model) -> bytes:
    """Return the columns of a row that the database refused, where its payload is not at hand."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}  # noqa: SLF001 - Django documents _meta as public API
    given = {name: value for name, value in values.items() if not isinstance(value, Expression)}
    return json.dumps(given, default=str).encode()


def _of_collector(collector: str) -> "QuerySet[QuarantinedItem]":
    return QuarantinedItem.objects.filter(collector=collector)
