"""Limits of calls by the twin's clock: so many in a window that is fixed, or in one that slides along."""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass

from core.twins.clock import TwinClock


@dataclass(slots=True)
class Window:
    """Calls, or points, that may be spent until it ends. ends: the twin's time, in seconds since 1970."""

    limit: int
    ends: float
    used: int = 0

    @property
    def remaining(self) -> int:
        """Calls or points left; never less than 0, though the last call may have cost more than there was."""
        return max(0, self.limit - self.used)

    def spend(self, cost: int = 1) -> bool:
        """Whether there was anything left to spend."""
        if not self.remaining:
            return False
        self.used += cost
        return True


class Windows:
    """Fixed windows by key; each begins with the first call after the end of the one before."""

    def __init__(self, clock: TwinClock) -> None:
        self.clock = clock
        self._windows: dict[Hashable, Window] = {}

    def window(self, key: Hashable, limit: int, seconds: float) -> Window:
        """The window that is running. seconds: of the twin's, how long a new one lasts."""
        now = self.clock.now().timestamp()
        found = self._windows.get(key)
        if found is None or found.ends <= now:
            found = self._windows[key] = Window(limit, now + seconds)
        return found

    def wait(self, window: Window) -> float:
        """Real seconds until a window ends."""
        return self.clock.real_seconds(window.ends - self.clock.now().timestamp())


class SlidingWindow:
    """Calls by key in the last so many of the twin's seconds."""

    def __init__(self, clock: TwinClock, seconds: float) -> None:
        self.clock = clock
        self._seconds = seconds
        self._spent: dict[Hashable, deque[tuple[float, int]]] = {}

    def wait(self, key: Hashable, limit: int, cost: int = 1) -> float | None:
        """Spend a call's cost, or tell in how many real seconds the oldest call is forgotten."""
        now = self.clock.now().timestamp()
        spent = self._spent.setdefault(key, deque())
        while spent and spent[0][0] <= now - self._seconds:
            spent.popleft()
        if sum(each for _, each in spent) + cost > limit:
            oldest = spent[0][0] if spent else now
            return self.clock.real_seconds(oldest + self._seconds - now)
        spent.append((now, cost))
        return None
