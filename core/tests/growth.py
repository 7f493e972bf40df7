"""Measures how a function's time grows with its text: a ratio, whatever the machine's speed."""

import gc
import time
from collections.abc import Callable

SMALL, LARGE = 10_000, 100_000  # characters
# Ten times the text takes a linear function ten times as long, a quadratic one a hundred times.
FACTOR = 30
NOISE = 0.001  # seconds that are too few to be compared


def assert_linear(
    work: Callable[[str], object], unit: str | Callable[[int], str], *, before: str = "", after: str = ""
) -> None:
    """Fail when `work` over ten times as much text takes much more than ten times as long."""

    def text(size: int) -> str:
        """Text of about `size` characters; a unit that is a function writes its n-th one."""
        if isinstance(unit, str):
            return before + unit * (size // len(unit)) + after
        return before + "".join(map(unit, range(size // len(unit(1000))))) + after

    small = min(_seconds(work, text(SMALL)) for _ in range(3))
    large = _seconds(work, text(LARGE))
    if large >= FACTOR * max(small, NOISE):  # it may have been the machine
        large = min(large, _seconds(work, text(LARGE)))
    assert large < FACTOR * max(small, NOISE), f"{text(20)!r}: {small:.4f} s, then {large:.4f} s"


def _seconds(work: Callable[[str], object], text: str) -> float:
    # What the collector of garbage takes depends on all that the process holds, not on the text.
    gc.collect()
    gc.disable()
    try:
        started = time.process_time()
        work(text)
        return time.process_time() - started
    finally:
        gc.enable()
