"""Faults on demand: seeded, reproducible and bounded, so a client that retries always gets through.

What happens to a request depends only on the seed, its address and how often that address was asked
before: neither threads nor the order of other requests change it.
"""

import threading
from collections.abc import Collection, Iterable
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """Faults of one request. `MALFORMED` and `DRIFT` are the twin's own to carry out."""

    TOO_MANY = "429 with Retry-After"
    TOO_MANY_BARE = "429 without Retry-After"
    SECONDARY_LIMIT = "403 that is a limit"
    SERVER_ERROR = "500, 502 or 503"
    RESET = "connection reset"
    TRUNCATED = "body cut short"
    SLOW = "slow answer"
    MALFORMED = "malformed item"
    DRIFT = "items come and go between two pages"


class Faults:
    """Decides which requests go wrong.

    rate: share of requests that do, 0 to 1. in_a_row: one address never fails more often than this
    without a good answer between. kinds: which faults may happen; a twin leaves out what its source
    never does.
    """

    def __init__(self, seed: int, kinds: Iterable[Fault], *, rate: float = 0.25, in_a_row: int = 2) -> None:
        self.seed = seed
        self.kinds = tuple(sorted(kinds))
        self.rate = rate
        self.in_a_row = in_a_row
        self._asked: dict[str, int] = {}
        self._failed: dict[str, int] = {}
        self._good: dict[str, int] = {}
        self._lock = threading.Lock()

    @classmethod
    def none(cls) -> "Faults":
        """Nothing goes wrong."""
        return cls(0, ())

    @classmethod
    def all(
        cls, seed: int, *, without: Collection[Fault] = (), rate: float = 0.25, in_a_row: int = 2
    ) -> "Faults":
        """Everything goes wrong now and then, except the kinds in `without`."""
        return cls(seed, set(Fault) - set(without), rate=rate, in_a_row=in_a_row)

    def next(
        self, address: str, possible: Collection[Fault], *, takes: int = 1
    ) -> tuple[Fault | None, Random]:
        """Decide what becomes of the next request of `address`; return that and the dice for its details.

        takes: requests that the client needs answered in a row to get anywhere; when it has failed too often,
        so many go well.
        """
        with self._lock:
            nth = self._asked[address] = self._asked.get(address, 0) + 1
            rng = Random(f"{self.seed}:{address}:{nth}")  # noqa: S311 - reproducible, not secret
            kinds = [kind for kind in self.kinds if kind in possible]
            failed = self._failed.get(address, 0)
            if not kinds or failed >= self.in_a_row or rng.random() >= self.rate:
                good = self._good[address] = self._good.get(address, 0) + 1
                if good >= takes:
                    self._failed.pop(address, None)
                return None, rng
            self._good[address] = 0
            self._failed[address] = failed + 1
            return rng.choice(kinds), rng
