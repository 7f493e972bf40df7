"""Waiting that a run can afford: bounded, interruptible, counted."""

import random as random_module
import time
from collections.abc import Callable

from core.errors import RateLimited, StopRequested
from core.metering import Meter

# Seconds that the first and the longest pause between two attempts may last.
_FIRST_BACKOFF, _LONGEST_BACKOFF = 1.0, 60.0
# How long a request to stop may go unnoticed, in seconds.
_NOTICE = 0.25


class Waits:
    """The waits of one run. `deadline` is Unix time, `max_wait` the seconds that one wait may last."""

    def __init__(
        self,
        meter: Meter,
        *,
        max_wait: float = 120.0,
        deadline: float | None = None,
        stop: Callable[[], bool] | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        self._meter = meter
        self.max_wait = max_wait
        self._deadline = deadline
        self._stop = stop or (lambda: False)
        self._clock = clock
        self._sleep = sleep
        self._random = random

    def affords(self, seconds: float) -> bool:
        """Tell whether a wait is short enough and ends before the deadline."""
        in_time = self._deadline is None or self._clock() + seconds <= self._deadline
        return in_time and seconds <= self.max_wait

    def for_limit(self, seconds: float, source: str, *, before: float = 0.0) -> None:
        """Wait out a limit. RateLimited at once when the run cannot afford it.

        `before` are the seconds already waited for the same call.
        """
        self.require(seconds, source, before=before)
        self.pause(seconds)

    def require(self, seconds: float, source: str, *, before: float = 0.0) -> None:
        """Raise RateLimited when a run cannot afford to wait out a limit, as `for_limit`, without waiting."""
        if not self.affords(seconds) or before + seconds > self.max_wait:
            raise RateLimited(
                f"{source} allows the next call in {seconds:.0f} s, longer than this run may wait",
                retry_after=seconds,
                remedy="run again after that; what is stored stays and the run continues from there",
            )

    def before_retry(self, tries: int, error: Exception, source: str, *, told: float | None = None) -> None:
        """Wait between two attempts: as long as the source told (seconds), otherwise `backoff(tries)`.

        `error` is what the last attempt failed with; it is raised when the run cannot afford the back-off.
        """
        if told is not None:
            self.for_limit(told, source)
            return
        pause = self.backoff(tries)
        if not self.affords(pause):
            raise error
        self.pause(pause)

    def backoff(self, tries: int) -> float:
        """Return seconds to wait after so many attempts, the first one is 1.

        Full jitter: clients that failed together do not come back together.
        """
        return self._random() * min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2 ** (tries - 1))

    def pause(self, seconds: float) -> None:
        """Wait. StopRequested when the run is asked to stop meanwhile."""
        left = seconds
        while left > 0:
            if self._stop():
                raise StopRequested("asked to stop while waiting for the source")
            step = min(left, _NOTICE)
            self._sleep(step)
            self._meter.add_wait(step)
            left -= step
