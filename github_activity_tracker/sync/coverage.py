"""The numbers stored of each repository beside those that GitHub counts."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar

from django.db.models import Count, Max, Q

from core.registry import ScopeCoverage
from core.removable import Removable
from github_activity_tracker.models import Discussion, Issue, Release, Repository
from github_activity_tracker.sync.unknown import noted_names

Stored = tuple[int, dt.datetime | None]
NONE: Stored = (0, None)
# What GitHub counts (Repository.source_counts) -> the rows of it.
COUNTED: Mapping[str, tuple[type[Removable], Q]] = {
    "issues": (Issue, Q(kind=Issue.Kind.ISSUE)),
    "pull_requests": (Issue, Q(kind=Issue.Kind.PULL_REQUEST)),
    "discussions": (Discussion, Q()),
    "releases": (Release, Q()),
}


class RepositoryCoverage(ABC):
    """The repositories that a collector reads; an app says which, and names its command."""

    command: ClassVar[str]
    collector: ClassVar[str]

    @abstractmethod
    def repositories(self) -> Iterable[Repository]:
        """The rows of those repositories."""

    def scopes(self) -> list[ScopeCoverage]:
        """By full name, all that GitHub counted, and the names that it does not know; five statements."""
        stored = {name: _stored(model, which) for name, (model, which) in COUNTED.items()}
        known = [
            _scope(row, {name: rows.get(row.github_id, NONE) for name, rows in stored.items()})
            for row in self.repositories()
            if row.removed_at is None
        ]
        unknown = [
            ScopeCoverage(name, 0, None, unavailable=why) for name, why in noted_names(self.collector).items()
        ]
        return sorted([*known, *unknown], key=lambda scope: scope.scope)

    def repair_command(self, scope: str) -> str:
        return f"manage.py {self.command} --repo {scope} --full"


def _stored(model: type[Removable], which: Q) -> dict[int, Stored]:
    """How many are still there, and when the newest changed, by repository."""
    rows = model.objects.live().filter(which).order_by().values("repository")
    counted = rows.annotate(number=Count("pk"), newest=Max("updated_at"))
    return {row["repository"]: (row["number"], row["newest"]) for row in counted}


def _scope(row: Repository, stored: Mapping[str, Stored]) -> ScopeCoverage:
    counted = [name for name in stored if name in row.source_counts]
    return ScopeCoverage(
        scope=row.full_name,
        filed_under=str(row.github_id),
        stored=sum(number for number, _ in (stored[name] for name in counted or stored)),
        at_source=sum(row.source_counts[name] for name in counted) if counted else None,
        newest=max(filter(None, (newest for _, newest in stored.values())), default=None),
        unavailable=row.unavailable,
    )
