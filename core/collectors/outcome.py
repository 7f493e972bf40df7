"""The outcome of a run: what it has done so far, and the status that follows from it."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from core.errors import CollectorError, CollectorFailureCategory, classify_failure
from core.models import Run
from core.pages import Page


@dataclass(frozen=True, slots=True)
class PlannedRequests:
    """A line of a plan: what a run would do for a scope, and the requests that it would take."""

    scope: str
    what: str
    requests: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that a run missed. `scope` is empty when it stopped the run as a whole."""

    scope: str
    category: CollectorFailureCategory
    message: str
    remedy: str = ""

    @classmethod
    def of(cls, scope: str, error: Exception) -> Self:
        remedy = error.remedy if isinstance(error, CollectorError) else None
        message = str(error) or type(error).__name__
        return cls(scope, classify_failure(error), message, remedy or "")

    def for_ledger(self) -> dict[str, str]:
        return {"item": self.scope, "category": str(self.category), "message": self.message}

    def __str__(self) -> str:
        return f"{self.scope}: {self.message}" if self.scope else self.message


@dataclass(slots=True)
class Outcome:
    started: float = field(default_factory=time.monotonic)
    counts: Counter[str] = field(default_factory=Counter[str])
    failures: list[Failure] = field(default_factory=list[Failure])
    planned: list[PlannedRequests] = field(default_factory=list[PlannedRequests])
    scopes_done: int = 0
    pages_done: int = 0
    # A run that ends when it was told to has not failed, however little it has saved.
    time_used_up: bool = False

    def add_page(self, scope: str, page: Page) -> None:
        self.pages_done += 1
        self.counts.update(page.counts)
        self.failures.extend(
            Failure(scope, CollectorFailureCategory.PARTIAL, f"quarantined {item}")
            for item in page.newly_quarantined
        )

    @property
    def complete(self) -> bool:
        return not self.failures

    @property
    def category(self) -> CollectorFailureCategory | None:
        """The one remedy that fits all failures; `partial` when there are several; None without any.

        Beside a used-up quota nothing else counts: the run has to be made again, and will say the rest then.
        """
        categories = {failure.category for failure in self.failures}
        if CollectorFailureCategory.RATE_LIMIT in categories:
            return CollectorFailureCategory.RATE_LIMIT
        if len(categories) > 1:
            return CollectorFailureCategory.PARTIAL
        return next(iter(categories), None)

    def status_when_incomplete(self) -> Run.Status:
        saved_something = self.scopes_done or self.pages_done or self.time_used_up
        return Run.Status.PARTIAL if saved_something else Run.Status.FAILED
