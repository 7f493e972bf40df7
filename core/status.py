"""The status of each collector, which `manage.py collectors` shows: runs, coverage, gaps, quarantine."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from core import absences, registry
from core.models import CoverageGap, QuarantinedItem, Run

# Options that do not narrow what a run looks at.
LOOKS_AT_ALL = frozenset({"full", "minutes", "retry_quarantined", "skip_pinecone"})
RUNS_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class ScopeStatus:
    """A list, repository or channel. `at_source` is None where the source never said; ages in seconds."""

    scope: str
    stored: int
    at_source: int | None
    newest: dt.datetime | None
    gaps: Mapping[str, tuple[int, int]]  # part -> (at the source, stored)
    quarantined: int
    repair: str
    unavailable: str


@dataclass(frozen=True, slots=True)
class CollectorStatus:
    """`fresh_as_of`: the end of the last run that missed nothing."""

    command: str
    name: str
    kind: str
    last_run: Run | None
    fresh_as_of: dt.datetime | None
    scopes: tuple[ScopeStatus, ...]

    def as_json(self) -> dict[str, object]:
        run = self.last_run
        return {
            "command": self.command,
            "name": self.name,
            "kind": self.kind,
            "last_run": run
            and {
                "id": run.pk,
                "status": run.status,
                "phase": run.phase,
                "started_at": run.started_at.isoformat(),
                "ended_at": run.ended_at and run.ended_at.isoformat(),
                "counts": run.counts,
                "errors": run.errors,
                "failure_category": run.failure_category,
                "requests": run.requests,
                "bytes_received": run.bytes_received,
                "seconds_waited": run.seconds_waited,
            },
            "fresh_as_of": self.fresh_as_of and self.fresh_as_of.isoformat(),
            "scopes": [
                {
                    "scope": scope.scope,
                    "stored": scope.stored,
                    "at_source": scope.at_source,
                    "newest": scope.newest and scope.newest.isoformat(),
                    "gaps": [
                        {"part": part, "at_source": at_source, "stored": stored}
                        for part, (at_source, stored) in scope.gaps.items()
                    ],
                    "quarantined": scope.quarantined,
                    "repair": scope.repair,
                    "unavailable": scope.unavailable,
                }
                for scope in self.scopes
            ],
        }


def collectors() -> list[CollectorStatus]:
    """Return the status of all that is scheduled, in the order in which it runs."""
    return [_status(declared) for _, declared in registry.scheduled()]


def _status(declared: registry.Declared) -> CollectorStatus:
    name = registry.load_collector(declared.collector).name
    runs = Run.objects.filter(collector=name)
    coverage: registry.Coverage | None = registry.load(declared.coverage) if declared.coverage else None
    scopes = (
        [_scope(name, scope, coverage.repair_command(scope.scope)) for scope in coverage.scopes()]
        if coverage
        else []
    )
    return CollectorStatus(
        command=declared.command,
        name=name,
        kind=declared.kind,
        last_run=runs.order_by("-started_at").first(),
        fresh_as_of=_fresh_as_of(runs.filter(status=Run.Status.OK)),
        scopes=tuple(scopes),
    )


def _fresh_as_of(complete: QuerySet[Run]) -> dt.datetime | None:
    """Return the end of the last one that looked at everything."""
    ended = complete.order_by("-ended_at").values_list("ended_at", "options")[:RUNS_LOOKED_AT]
    return next((moment for moment, options in ended if set(options) <= LOOKS_AT_ALL), None)


def _scope(collector: str, scope: registry.ScopeCoverage, repair: str) -> ScopeStatus:
    filed_under = scope.filed_under or scope.scope
    gaps = CoverageGap.objects.filter(collector=collector, scope=filed_under).order_by("part")
    quarantined = QuarantinedItem.objects.filter(collector=collector, scope=filed_under)
    return ScopeStatus(
        scope=scope.scope,
        stored=scope.stored,
        at_source=scope.at_source,
        newest=scope.newest,
        gaps={gap.part: (gap.at_source, gap.stored) for gap in gaps} | absences.gaps(collector, filed_under),
        quarantined=quarantined.count(),
        repair=repair,
        unavailable=scope.unavailable,
    )


def ago(moment: dt.datetime | None) -> str:
    """`3 h ago`; `never` for None."""
    if moment is None:
        return "never"
    seconds = (timezone.now() - moment).total_seconds()
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit} ago"
    return "just now" if seconds < 2 * 60 else f"{seconds // 60:.0f} min ago"
