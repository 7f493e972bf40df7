"""The budget as a client sees it: leave for one call after another."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import uuid4

from psycopg import OperationalError

from core.budget.rates import UNKNOWN_RESET, Rate, Seen
from core.budget.statements import ENSURE_ROWS, HOLD, LEASE, SETTLE
from core.errors import CollectorError, RateLimited
from core.http.credentials import ANONYMOUS
from core.http.limits import announced, retry_after, sane_seconds
from core.http.protocols import ONE_CALL, Cost, Grant
from core.postgres import direct_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import psycopg

    from core.http.credentials import Credential

_SHORTEST_WAIT = 0.01
# How long to wait at most, in seconds, before looking again whether one of many holders has gone.
_CROWDED_WAIT = 1.0


class Budget:
    """A `Limiter` over the shared table. It never waits: the client does, as far as its run may.

    With several credentials, each lease is taken from the one with most points left; credentials of one
    account share what is left. A lease that its holder did not settle, because its run died, lapses with
    its connection, or after `lease_seconds`.
    """

    def __init__(
        self,
        bucket: str,
        credentials: Sequence[Credential] = (),
        *,
        rate: Rate | None = None,
        announces: bool | None = None,
        holders: int = 1_000,
        run: str = "",
        lease_calls: int = 10,
        lease_seconds: float = 120.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`rate` is published, `announces` whether answers tell of a limit; by default one or the other.

        `holders` is how many may call at once per account, each one call at a time. `run` is shown with
        the leases.
        """
        self._clock = clock
        self._lock = Lock()
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        # The lease in hand. It lapses for us first, so that a call in flight is still covered.
        self._holding = ""
        self._left = Cost(0, 0)
        self._lapses_at = 0.0
        self._lifetime = lease_seconds / 2
        self._unseen = 0
        self._seen: Seen | None = None
        # The account whose last answer said itself how long to wait.
        self._told = ""
        interval, ahead = rate.pace() if rate else (0.0, 0.0)
        self._parameters: dict[str, Any] = {
            "bucket": bucket,
            "holder": f"{run}/{uuid4().hex}",
            "calls": lease_calls,
            "seconds": lease_seconds,
            "announces": rate is None if announces is None else announces,
            "holders": holders,
            "interval": interval,
            "ahead": ahead,
            "leased": rate.leased if rate else 0,
            "unknown": UNKNOWN_RESET,
            "crowded": _CROWDED_WAIT,
            "anonymous": ANONYMOUS,
        }
        self._credentials: dict[str, Credential] = {}
        self._accounts: dict[str, str] = {ANONYMOUS: ANONYMOUS}
        self._use(credentials)

    def use(self, credentials: Sequence[Credential]) -> None:
        """Use these credentials from now on; a lease of one that is gone is given back."""
        with self._lock:
            self._use(credentials)

    def acquire(self, cost: Cost = ONE_CALL) -> Grant:
        """Return leave for one call, or the seconds to wait before asking again."""
        with self._lock:
            enough = self._left.points >= cost.points and self._left.weight >= cost.weight
            if not enough or self._clock() >= self._lapses_at:
                self._give_back()
                wait = self._lease(cost)
                if wait > 0:
                    return Grant(wait=wait)
            self._left = Cost(self._left.points - cost.points, self._left.weight - cost.weight)
            self._unseen += cost.points
            return Grant(self._credentials.get(self._holding))

    def observe(self, credential_id: str, headers: Mapping[str, str], cost: Cost = ONE_CALL) -> None:
        """Learn what an answer announces, `Retry-After` included."""
        now = self._clock()
        announcement = announced(headers, now)
        after = retry_after(headers, now)
        account = self._accounts.get(credential_id)
        if account is None:
            return
        with self._lock:
            spent = announcement is not None and announcement.remaining == 0
            if announcement is not None and account == self._holding:
                self._unseen = max(0, self._unseen - cost.points)
                self._seen = Seen.newest(self._seen, announcement, now)
                self._left = Cost(min(self._left.points, announcement.remaining), self._left.weight)
            if after is not None:
                self._hold(account, after)
            elif spent and account == self._holding:
                self._give_back()
            self._told = account if spent or after is not None else ""

    def refused(self, credential_id: str, error: CollectorError, wait: float | None) -> bool:
        """Hold back a credential of which too much was asked; tell whether `acquire` knows the wait now."""
        account = self._accounts.get(credential_id)
        if not isinstance(error, RateLimited) or account is None:
            return False
        with self._lock:
            # The answer's own headers have set the wait; the guess for a refusal must not replace it.
            if account == self._told:
                return True
            if wait is not None:
                self._hold(account, wait)
        return wait is not None

    def give_back(self) -> None:
        """Give the lease back; the next call takes another."""
        with self._lock:
            self._give_back()

    def close(self) -> None:
        """Give the lease back and end the connection."""
        with self._lock:
            with suppress(OperationalError):  # without its connection the lease lapses by itself
                self._give_back()
            if self._connection is not None:
                self._connection.close()

    def _use(self, credentials: Sequence[Credential]) -> None:
        self._accounts |= {credential.id: credential.counted_as for credential in credentials}
        # The first of an account's credentials speaks for it.
        self._credentials = {credential.counted_as: credential for credential in reversed(credentials)}
        accounts = list(self._credentials) or [ANONYMOUS]
        if self._parameters.get("credentials") == accounts:
            return
        if self._holding not in accounts:
            self._give_back()
        self._parameters["credentials"] = accounts
        if self._connection is not None:
            self._execute(ENSURE_ROWS, {})

    def _lease(self, cost: Cost) -> float:
        """Take a lease and return 0, or the seconds to wait when there is none."""
        wanted = {"points": cost.points, "weight": cost.weight}
        account, points, weight, wait = self._execute(LEASE, wanted)[0]
        if account is None:
            return max(_SHORTEST_WAIT, wait or 0.0)
        self._holding, self._left = account, Cost(points, weight)
        self._lapses_at = self._clock() + self._lifetime
        return 0.0

    def _give_back(self) -> None:
        """Settle the lease in hand: what was learnt, what was not used."""
        if not self._holding:
            return
        seen = self._seen if self._seen and self._seen.reset_at > self._clock() else None
        learnt = {
            "held": self._holding,
            "unseen": self._unseen,
            "unused": self._left.weight,
            "limit": seen and seen.limit,
            "remaining": seen and seen.remaining,
            "reset_in": seen and seen.reset_at - self._clock(),
        }
        self._holding, self._left, self._unseen, self._seen = "", Cost(0, 0), 0, None
        self._execute(SETTLE, learnt)

    def _hold(self, account: str, wait: float) -> None:
        if account == self._holding:
            self._give_back()
        self._execute(HOLD, {"held": account, "wait": sane_seconds(wait) or 0.0})

    def _execute(self, sql: LiteralString, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Execute a statement, once more on a new connection when the one in use turns out to be lost.

        If the first had been done already, a few calls are counted twice: too many, never too few.
        """
        connection = self._connected()
        try:
            cursor = connection.execute(sql, self._parameters | parameters)
        except OperationalError:
            if not connection.closed:
                raise
            cursor = self._connected().execute(sql, self._parameters | parameters)
        return cursor.fetchall() if cursor.description else []

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = direct_connection(application_name="boost-trackers budget")
            # What a crash of the server can lose, the next answer's headers say again.
            self._connection.execute("SET synchronous_commit TO off")
            self._connection.execute(ENSURE_ROWS, self._parameters)
        return self._connection
