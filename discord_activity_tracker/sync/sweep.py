"""When the older messages of a channel are read again, and how far that has come."""

import datetime as dt
from dataclasses import dataclass

from core.pages import Page
from core.protocols import State
from core.visits import is_due

SWEEP = "sweep"  # stream
OVERDUE = 2  # times the days between two sweeps


@dataclass(slots=True)
class Sweep:
    """One channel's. `saved` is its checkpoint, `days` are those from one sweep to the next.

    What is before `reached` was read in this sweep; None: no sweep is going on.
    """

    saved: State
    now: dt.datetime
    days: int
    reached: int | None = None

    @property
    def last(self) -> str:
        """The day on which the last sweep ended (ISO); "" before the first one."""
        return self.saved.checkpoint_token or ""

    @property
    def is_overdue(self) -> bool:
        """Whether the next sweep should have ended long ago."""
        begun, days = bool(self.last), OVERDUE * self.days
        return days > 0 and begun and is_due(self.saved.checkpoint_token, days=days, now=self.now)

    def begin(self) -> None:
        """Go on where an earlier run had no more calls, or at the first id when a sweep is due."""
        if "swept" in self.saved.extras:
            self.reached = int(self.saved.extras["swept"])
        elif is_due(self.saved.checkpoint_token, days=self.days, now=self.now):
            self.reached = 0

    def is_before(self, end: int) -> bool:
        """Whether a sweep is going on that has yet to come to this id."""
        return self.reached is not None and self.reached < end

    def after(self, start: int, end: int) -> int | None:
        """How far it is when ids from `start` to before `end` are read, too."""
        if self.reached is None or start > self.reached:
            return self.reached
        return max(self.reached, end)

    def save_end(self, page: Page) -> None:
        """All is read, or begins to be read for the first time: the days until the next sweep begin."""
        self._save(page, State(self.now.date().isoformat()))

    def save_progress(self, page: Page) -> None:
        marker = f"swept to id {self.reached}"
        self._save(page, State(self.saved.checkpoint_token, marker, {"swept": self.reached}))

    def _save(self, page: Page, state: State) -> None:
        if state != self.saved:
            page.checkpoint(SWEEP, state)
            self.saved = state
