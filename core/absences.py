"""Absences: what a source no longer shows is believed gone at once while it is little.

One wrong answer (an empty list, say) must not bury what is stored. So a large part of a scope is believed
gone only when a look at least an hour later misses the same items, too. Until then they stay as they are, the
run is partial, and the items are kept as doubts, which a look that shows them again clears.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property

from django.db.models import Count, QuerySet
from django.db.models.functions import Now

from core.errors import PartialFailure
from core.models import DoubtedAbsence
from core.store import upsert

FEW = 10  # so many are believed at once, whatever share they are
SHARE = 10  # more than a tenth of what is stored in the scope is a large part
WAIT = dt.timedelta(hours=1)  # between the two looks

# Scope and kind, both as the archive has them.
Place = tuple[str, str]


class Absences:
    """Judges the absences of one run, and remembers how many of them it has believed."""

    def __init__(self, collector: str) -> None:
        self._collector = collector
        self._believed: Counter[Place] = Counter()
        # Places of which this run has doubted something -> how many items are stored there.
        self._told_of: dict[Place, int] = {}

    def believed(
        self,
        scope: str,
        kind: str,
        missing: Iterable[str],
        *,
        present: Collection[str],
        stored: Callable[[], int],
    ) -> list[str]:
        """Return those of the missing items that are gone, sorted; keep the doubt about the others.

        `present` are the items that the same look has shown, `stored` counts the items of this kind in the
        scope that are not marked as gone. Call it in the page's transaction.
        """
        place = (scope, kind)
        candidates = set(missing)
        missed_before: set[str] = set()
        doubts = doubted(self._collector, scope, kind)
        if place in self._doubtful:
            doubts.filter(external_id__in=list(present)).delete()
            earlier = doubts.filter(external_id__in=list(candidates), first_missed_at__lte=Now() - WAIT)
            missed_before = set(earlier.values_list("external_id", flat=True))
        news = candidates - missed_before
        total = self._believed[place] + len(news)
        if news and total > FEW and total * SHARE > (number := stored() + self._believed[place]):
            self._doubt(place, news)
            self._told_of.setdefault(place, number)
            candidates = missed_before
        else:
            self._believed[place] = total
        if place in self._doubtful and candidates:
            doubts.filter(external_id__in=list(candidates)).delete()
        return sorted(candidates)

    def is_doubtful(self, scope: str, *kinds: str) -> bool:
        """Tell whether an earlier look missed too much of these kinds, so that another one is due."""
        return any((scope, kind) in self._doubtful for kind in kinds)

    def in_doubt(self, scope: str, kind: str) -> set[str]:
        """Return the ids of what earlier looks missed, and was not believed gone."""
        if (scope, kind) not in self._doubtful:
            return set()
        return set(doubted(self._collector, scope, kind).values_list("external_id", flat=True))

    def failures(self) -> Iterator[tuple[str, PartialFailure]]:
        """Scope and error for what this run has doubted and not seen again since; told once."""
        for (scope, kind), stored in sorted(self._told_of.items()):
            if number := doubted(self._collector, scope, kind).count():
                yield (
                    scope,
                    PartialFailure(
                        f"the source shows {number} of {stored} stored {plural(kind)} no more: too many to"
                        " believe it at once, so they stay as they are",
                        remedy="a run at least an hour later looks again, and believes it then",
                    ),
                )
        self._told_of.clear()

    def _doubt(self, place: Place, news: Iterable[str]) -> None:
        scope, kind = place
        rows = [
            DoubtedAbsence(collector=self._collector, scope=scope, kind=kind, external_id=each)
            for each in news
        ]
        upsert(DoubtedAbsence, rows, key=("collector", "scope", "kind", "external_id"), update=())
        self._doubtful.add(place)

    @cached_property
    def _doubtful(self) -> set[Place]:
        """Places that have doubts in the database: elsewhere no statement is spent on them."""
        rows = DoubtedAbsence.objects.filter(collector=self._collector)
        return set(rows.values_list("scope", "kind").order_by().distinct())


def plural(kind: str) -> str:
    name = kind.replace("_", " ")
    return f"{name.removesuffix('y')}ies" if name.endswith("y") else f"{name}s"


def doubted(collector: str, scope: str, kind: str) -> "QuerySet[DoubtedAbsence]":
    return DoubtedAbsence.objects.filter(collector=collector, scope=scope, kind=kind)


def forget(collector: str, scopes: Iterable[str]) -> None:
    """Forget the doubts of scopes that are gone as a whole."""
    DoubtedAbsence.objects.filter(collector=collector, scope__in=list(scopes)).delete()


def gaps(collector: str, scope: str) -> dict[str, tuple[int, int]]:
    """Return the doubtful items of a scope as gaps: part -> (items at the source, items stored)."""
    rows = DoubtedAbsence.objects.filter(collector=collector, scope=scope).values_list("kind")
    return {
        f"{plural(kind)} no longer shown": (0, number)
        for kind, number in rows.annotate(number=Count("pk")).order_by("kind")
    }
