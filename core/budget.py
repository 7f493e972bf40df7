"""One budget per credential and bucket, shared by all processes through PostgreSQL.

A process takes a lease of some calls in one statement, makes them, and takes another. What a source
announces in headers is the truth as soon as it is known; a source that announces nothing is asked at
its published rate.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import uuid4

from core.http.credentials import ANONYMOUS
from core.http.limits import Announcement, announced, retry_after
from core.http.protocols import Grant
from core.postgres import direct_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import psycopg

    from core.http.credentials import Credential

_SHORTEST_WAIT = 0.01
# How long a window is taken to last, in seconds, until the source has said when it ends.
_UNKNOWN_RESET = 60.0

_ENSURE_ROWS = """
INSERT INTO core_call_budget (bucket, credential, leases)
SELECT %(bucket)s, unnest(%(credentials)s::text[]), '{}' ON CONFLICT DO NOTHING
"""

# The rows are locked first and judged afterwards, so that what is judged is what the last holder left.
# A lease is a quarter of what is free at most, so that no process holds the last calls of a window alone,
# and one call while nothing is known.
_LEASE_ANNOUNCED = """
WITH locked AS MATERIALIZED (
    SELECT * FROM core_call_budget
    WHERE bucket = %(bucket)s AND credential = ANY(%(credentials)s::text[])
    ORDER BY id FOR UPDATE
), live AS (
    SELECT locked.id, call_limit,
        CASE WHEN reset_at <= clock_timestamp() THEN call_limit ELSE remaining END AS remaining,
        CASE WHEN reset_at <= clock_timestamp() THEN clock_timestamp() + make_interval(secs => %(unknown)s)
            ELSE reset_at END AS reset_at,
        lease.held, lease.calls, lease.until
    FROM locked, LATERAL (
        SELECT coalesce(jsonb_object_agg(key, value), '{}') AS held,
            coalesce(sum((value->>'calls')::int), 0) AS calls,
            to_timestamp(min((value->>'until')::float8)) AS until
        FROM jsonb_each(locked.leases)
        WHERE (value->>'until')::float8 > extract(epoch FROM clock_timestamp())
    ) AS lease
), richest AS (
    SELECT *, remaining - calls AS free,
        coalesce(least(%(calls)s, ceil((remaining - calls) / 4.0)), 1)::int AS granted
    FROM live ORDER BY remaining - calls DESC NULLS FIRST, id LIMIT 1
), updated AS (
    UPDATE core_call_budget AS budget
    SET remaining = richest.remaining, reset_at = richest.reset_at,
        leases = richest.held || jsonb_build_object(%(holder)s::text, jsonb_build_object(
            'calls', richest.granted,
            'until', extract(epoch FROM clock_timestamp()) + %(seconds)s::float8))
    FROM richest WHERE budget.id = richest.id AND (free IS NULL OR free > 0)
    RETURNING budget.credential, richest.granted
)
SELECT (SELECT credential FROM updated), (SELECT granted FROM updated),
    (SELECT extract(epoch FROM min(least(reset_at, until)) - clock_timestamp())::float8 FROM live)
"""

# Generic cell rate algorithm: a call costs `interval` seconds, and `ahead` of them may be owed already.
_CALL_AT_RATE = """
WITH locked AS MATERIALIZED (
    SELECT * FROM core_call_budget
    WHERE bucket = %(bucket)s AND credential = ANY(%(credentials)s::text[])
    ORDER BY id FOR UPDATE
), soonest AS (
    SELECT id, moment,
        greatest(extract(epoch FROM free_at)::float8, moment) AS owed_until
    FROM locked, LATERAL (SELECT extract(epoch FROM clock_timestamp())::float8 AS moment) AS clock
    ORDER BY owed_until, id LIMIT 1
), updated AS (
    UPDATE core_call_budget AS budget SET free_at = to_timestamp(owed_until + %(interval)s::float8)
    FROM soonest WHERE budget.id = soonest.id AND owed_until - moment <= %(ahead)s::float8
    RETURNING budget.credential
)
SELECT (SELECT credential FROM updated), 1, (SELECT owed_until - moment - %(ahead)s::float8 FROM soonest)
"""

# Within a window the smallest number seen is the newest; calls whose answers were not seen count as made.
_SETTLE_ANNOUNCED = """
UPDATE core_call_budget SET
    leases = leases - %(holder)s::text,
    call_limit = coalesce(%(limit)s::int, call_limit),
    remaining = CASE
        WHEN %(remaining)s::int IS NULL THEN remaining
        WHEN reset_at > clock_timestamp() THEN least(remaining, %(remaining)s::int)
        ELSE %(remaining)s::int END - %(unseen)s::int,
    reset_at = CASE
        WHEN reset_at > clock_timestamp() AND remaining < %(remaining)s::int THEN reset_at
        ELSE coalesce(clock_timestamp() + make_interval(secs => %(reset_in)s::float8), reset_at) END
WHERE bucket = %(bucket)s AND credential = %(credential)s
"""

_POSTPONE_AT_RATE = """
UPDATE core_call_budget
SET free_at = greatest(free_at, clock_timestamp() + make_interval(secs => %(reset_in)s::float8 + %(ahead)s))
WHERE bucket = %(bucket)s AND credential = %(credential)s
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """A published limit: so many calls in any window of so many seconds."""

    calls: int
    seconds: float

    def pace(self) -> tuple[float, float]:
        """Seconds between calls, and how many seconds' worth of calls may be made at once.

        A tenth of the calls may come at once; the others are spread so that no window holds more than
        `calls`, with a twentieth to spare for calls that travel longer than others.
        """
        burst = max(1, self.calls // 10)
        interval = 1.05 * self.seconds / (self.calls - burst + 1)
        return interval, interval * (burst - 1)


@dataclass(frozen=True, slots=True)
class _Seen:
    remaining: int
    limit: int | None
    reset_at: float

    @classmethod
    def newest(cls, before: _Seen | None, said: Announcement, now: float) -> _Seen:
        """Within a window the smallest number is the newest: answers of threads arrive in any order."""
        reset_at = now + (_UNKNOWN_RESET if said.reset_after is None else said.reset_after)
        if before is not None and before.reset_at > now and before.remaining < said.remaining:
            return before
        return cls(said.remaining, said.limit, reset_at)


class Budget:
    """A `Limiter` over the shared table. It never waits: the client does, as far as its run may.

    With several credentials, each lease is taken from the one with most calls left. A lease that its
    holder did not settle, because its run died, lapses after `lease_seconds`.
    """

    def __init__(
        self,
        bucket: str,
        credentials: Sequence[Credential] = (),
        *,
        rate: Rate | None = None,
        run: str = "",
        lease_calls: int = 10,
        lease_seconds: float = 120.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`rate` is for a source that announces no limit; `run` is shown with the leases."""
        self._credentials = {credential.id: credential for credential in credentials}
        self._announces = rate is None
        self._clock = clock
        self._lock = Lock()
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        # The lease in hand. It lapses for us first, so that a call in flight is still covered.
        self._holding = ""
        self._left = 0
        self._lapses_at = 0.0
        self._lifetime = lease_seconds / 2
        self._unseen = 0
        self._seen: _Seen | None = None
        interval, ahead = rate.pace() if rate else (0.0, 0.0)
        self._parameters: dict[str, Any] = {
            "bucket": bucket,
            "credentials": list(self._credentials) or [ANONYMOUS],
            "holder": f"{run}/{uuid4().hex}",
            "calls": lease_calls,
            "seconds": lease_seconds,
            "interval": interval,
            "ahead": ahead,
            "unknown": _UNKNOWN_RESET,
        }

    def acquire(self) -> Grant:
        """Leave for one call, or the seconds to wait for it."""
        with self._lock:
            if self._left == 0 or self._clock() >= self._lapses_at:
                self._give_back()
                wait = self._lease()
                if wait > 0:
                    return Grant(wait=wait)
            self._left -= 1
            self._unseen += 1
            return Grant(self._credentials.get(self._holding))

    def observe(self, credential: Credential | None, headers: Mapping[str, str]) -> None:
        """Learn what an answer announces, `Retry-After` included."""
        now = self._clock()
        announcement = announced(headers, now)
        after = retry_after(headers, now)
        if after is not None:
            announcement = Announcement(0, after)
        with self._lock:
            if announcement is None or (credential.id if credential else ANONYMOUS) != self._holding:
                return
            self._unseen = max(0, self._unseen - 1)
            self._seen = _Seen.newest(self._seen, announcement, now)
            if announcement.remaining == 0:
                self._give_back()

    def close(self) -> None:
        """Give the lease back and end the connection."""
        with self._lock:
            self._give_back()
            if self._connection is not None:
                self._connection.close()

    def _lease(self) -> float:
        """Take a lease; the seconds to wait when there is none."""
        credential, calls, wait = self._execute(_LEASE_ANNOUNCED if self._announces else _CALL_AT_RATE, {})[0]
        if credential is None:
            return max(_SHORTEST_WAIT, wait or 0.0)
        self._holding, self._left = credential, calls
        self._lapses_at = self._clock() + self._lifetime
        return 0.0

    def _give_back(self) -> None:
        """Settle the lease in hand: what was learnt, what was not used."""
        if not self._holding:
            return
        seen = self._seen if self._seen and self._seen.reset_at > self._clock() else None
        learnt = {
            "credential": self._holding,
            "unseen": self._unseen,
            "limit": seen and seen.limit,
            "remaining": seen and seen.remaining,
            "reset_in": seen and seen.reset_at - self._clock(),
        }
        if self._announces:
            self._execute(_SETTLE_ANNOUNCED, learnt)
        elif seen and seen.remaining == 0:
            self._execute(_POSTPONE_AT_RATE, learnt)
        self._holding, self._left, self._unseen, self._seen = "", 0, 0, None

    def _execute(self, sql: LiteralString, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = direct_connection(application_name="boost-trackers budget")
            # What a crash of the server can lose, the next answer's headers say again.
            self._connection.execute("SET synchronous_commit TO off")
            self._connection.execute(_ENSURE_ROWS, self._parameters)
        cursor = self._connection.execute(sql, self._parameters | parameters)
        return cursor.fetchall() if cursor.description else []
