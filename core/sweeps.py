"""Sweeps: what a source lists against what is stored, in flat memory, resumable like everything else."""

from collections.abc import Iterable, Mapping

from django.db import models
from django.db.models import Count

from core.models import CoverageGap, SweptItem
from core.store import upsert


def saw(collector: str, scope: str, ids: Iterable[tuple[str, str]]) -> None:
    """Note (external id, part of the scope) pairs that the sweep in progress has seen at the source."""
    rows = [SweptItem(collector=collector, scope=scope, external_id=item, part=part) for item, part in ids]
    upsert(SweptItem, rows, key=("collector", "scope", "external_id"), update=("part",))


def seen(collector: str, scope: str) -> "models.QuerySet[SweptItem]":
    """Return the items that the sweep in progress has seen."""
    return SweptItem.objects.filter(collector=collector, scope=scope)


def seen_of(collector: str, scope: str, ids: Iterable[str]) -> set[str]:
    """Return those of these ids that the sweep in progress has seen."""
    found = seen(collector, scope).filter(external_id__in=list(ids))
    return set(found.values_list("external_id", flat=True))


def seen_by_part(collector: str, scope: str) -> dict[str, int]:
    """Return how many items the sweep has seen in each part of the scope."""
    rows = seen(collector, scope).values_list("part").annotate(number=Count("pk"))
    return dict(rows.order_by())


def finish(collector: str, scope: str) -> None:
    """End a sweep: delete its working rows."""
    seen(collector, scope).delete()


def report_gaps(collector: str, scope: str, gaps: Mapping[str, tuple[int, int]]) -> int:
    """Replace the known gaps of a scope: part -> (items at the source, items stored).

    Returns how many are new or have changed.
    """
    CoverageGap.objects.filter(collector=collector, scope=scope).exclude(part__in=list(gaps)).delete()
    rows = [
        CoverageGap(collector=collector, scope=scope, part=part, at_source=at_source, stored=stored)
        for part, (at_source, stored) in gaps.items()
    ]
    saved = upsert(CoverageGap, rows, key=("collector", "scope", "part"))
    return saved.created + saved.updated


def known_gaps(collector: str, scope: str) -> list[str]:
    """Return the parts of a scope that are known to differ from the source, sorted."""
    gaps = CoverageGap.objects.filter(collector=collector, scope=scope)
    return list(gaps.order_by("part").values_list("part", flat=True))
