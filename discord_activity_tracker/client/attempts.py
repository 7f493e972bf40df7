"""discord.py's HTTP client, within our limits of time, patience and pace.

Its own handling of buckets stays: it waits before a call that a route's headers say would be refused. What it
does after a refusal is replaced, since it sleeps for fixed times, does not repeat a call that was cut short,
and counts nothing.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol, cast

import aiohttp
import discord
from discord.http import Route

from core.errors import CollectorError, SourceError, SourceTimeout, StopRequested
from core.http.failures import AS_OFTEN_AS_ALLOWED, Failure
from core.http.waits import Waits
from core.metering import Meter
from discord_activity_tracker.client.bodies import bound, parsed
from discord_activity_tracker.client.buckets import SaneLimits
from discord_activity_tracker.client.refusals import (
    TOO_MANY,
    RouteLimited,
    failure_of,
    refusal,
    unreachable,
)

OK = range(200, 300)
SERVER_ERRORS = 500
_NOTICE = 0.25  # seconds for which a request to stop may go unnoticed


class Pace(Protocol):
    """Leave to make one more call of all routes together."""

    async def turn(self) -> None:
        """Returns when it may be made; raises RateLimited when that takes too long."""
        ...

    async def hold(self, seconds: float) -> None:
        """Nobody may call for so long."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often. Times are in seconds; `call_timeout` is for all attempts of a call."""

    waits: Waits
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    call_timeout: float = 300.0
    attempts: int = 5
    sleep: Callable[[float], None] | None = None


class _Refused(Exception):  # noqa: N818 - it never leaves this module
    """An answer that discord.py would repeat in its own way."""

    def __init__(self, failure: Failure, *, everywhere: bool) -> None:
        super().__init__()
        self.failure = failure
        self.everywhere = everywhere


@dataclass(slots=True)
class _Call:
    """One call on its way. `left` are seconds on the wire, for all its attempts; nothing gives it more."""

    left: float
    deadline: asyncio.Timeout
    sent_at: float | None = None
    status: int = 0
    body: bytes = b""

    @property
    def is_on_wire(self) -> bool:
        return self.sent_at is not None


class _Idleness:
    """Counts the time in which calls are wanted and none is on the wire: the run waits for limits."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._wanted = 0
        self._on_wire = 0
        self._since: float | None = None

    def changed(self, *, wanted: int = 0, on_wire: int = 0) -> None:
        now = time.monotonic()
        if self._since is not None:
            self._meter.add_wait(now - self._since)
        self._wanted += wanted
        self._on_wire += on_wire
        self._since = now if self._wanted and not self._on_wire else None


class PatientHTTPClient(SaneLimits):
    """Asks an API at any address; every failure is a CollectorError that says what to do next."""

    def __init__(
        self,
        base_url: str,
        *,
        meter: Meter,
        pace: Pace,
        patience: Patience,
        stop: Callable[[], bool],
    ) -> None:
        super().__init__(
            asyncio.get_running_loop(),
            http_trace=self._trace(),
            max_ratelimit_timeout=patience.waits.max_wait,
        )
        self._base_url = base_url
        self._meter = meter
        self._idleness = _Idleness(meter)
        self._pace = pace
        self._patience = patience
        self._stop = stop

    async def request(self, route: Route, **options: Any) -> Any:
        """The answer as JSON. Every call of discord.py's comes here.

        Whatever it waits for that is not Discord's answer, our pace, a route's limit in discord.py or the
        next attempt, it raises StopRequested soon when the run is asked to stop.
        """
        route.url = self._base_url + route.url.removeprefix(Route.BASE)
        call = _Call(self._patience.call_timeout, asyncio.timeout(None))
        self._idleness.changed(wanted=1)
        asking = asyncio.ensure_future(self._persistently(route, options, call))
        try:
            while not asking.done():
                if self._stop() and not call.is_on_wire:
                    raise StopRequested("asked to stop while waiting for the source")
                await asyncio.wait([asking], timeout=_NOTICE)
            return asking.result()
        finally:
            if asking.cancel():
                await asyncio.wait([asking])
            self._idleness.changed(wanted=-1)

    async def _persistently(self, route: Route, options: dict[str, Any], call: _Call) -> Any:
        tries = 1
        while isinstance(outcome := await self._attempt(route, options, call), Failure):
            if tries >= min(self._patience.attempts, outcome.tries) or call.left <= 0:
                raise outcome.error
            await self._wait_before_retry(outcome, tries)
            tries += 1
        return outcome

    async def _attempt(self, route: Route, options: dict[str, Any], call: _Call) -> Any:
        shown = f"{route.method} {route.url.removeprefix(self._base_url)}"
        call.deadline = asyncio.timeout(None)
        try:
            async with self._watched(call):
                answer = await super().request(
                    route,
                    **options,
                    timeout=aiohttp.ClientTimeout(
                        total=None,
                        sock_connect=self._patience.connect_timeout,
                        sock_read=self._patience.read_timeout,
                    ),
                    allow_redirects=False,
                    trace_request_ctx=call,
                )
        except _Refused as refused:
            if refused.everywhere and refused.failure.wait is not None:
                await self._pace.hold(refused.failure.wait)
            return refused.failure
        except CollectorError:
            raise
        except discord.RateLimited as limited:
            raise RouteLimited(
                f"Discord allows {shown} in {limited.retry_after:.0f} s, longer than this run may wait",
                retry_after=limited.retry_after,
                remedy="run again after that; what is stored stays and the run continues from there",
            ) from None
        except discord.HTTPException as error:
            raise refusal(error, shown) from None
        except (TimeoutError, aiohttp.ServerTimeoutError):
            return Failure(SourceTimeout(f"Discord did not answer {shown} in time"), AS_OFTEN_AS_ALLOWED)
        except (aiohttp.ClientError, OSError) as error:
            return Failure(unreachable(error, shown), AS_OFTEN_AS_ALLOWED)
        except (ValueError, RecursionError) as error:
            return _parsed_after_all(call, shown, error)
        if isinstance(answer, str):
            raise SourceError(
                f"{self._base_url} does not answer {shown} like Discord", remedy="check DISCORD_API_BASE_URL"
            )
        # Not as discord.py has parsed it, without bounds of depth and digits.
        return parsed(call.body, shown)

    @asynccontextmanager
    async def _watched(self, call: _Call) -> AsyncGenerator[None]:
        """An attempt under a deadline that begins when it is sent."""
        async with call.deadline:
            try:
                yield
            finally:
                self._is_off_wire(call)

    def _is_off_wire(self, call: _Call) -> None:
        if call.sent_at is not None:
            call.left -= self.loop.time() - call.sent_at
            call.sent_at = None
            self._idleness.changed(on_wire=-1)

    async def _wait_before_retry(self, failure: Failure, tries: int) -> None:
        wait = self._patience.waits.backoff(tries) if failure.wait is None else failure.wait
        if not self._patience.waits.affords(wait):
            raise failure.error
        if self._patience.sleep is None:
            await asyncio.sleep(wait)
        else:
            self._patience.sleep(wait)

    def _trace(self) -> aiohttp.TraceConfig:
        """What aiohttp tells of each request: the moments at which it is paced, counted and judged."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._starts)
        trace.on_request_headers_sent.append(self._is_sent)
        trace.on_request_end.append(self._is_answered)
        trace.on_response_chunk_received.append(self._is_read)
        return trace

    async def _starts(self, _session: object, context: SimpleNamespace, _: object) -> None:
        # Here and not before: discord.py may have held the call back for its route's bucket.
        await self._pace.turn()
        call = cast("_Call", context.trace_request_ctx)
        call.sent_at = self.loop.time()
        self._idleness.changed(on_wire=1)
        call.deadline.reschedule(call.sent_at + call.left)

    async def _is_sent(self, _session: object, _context: object, _: object) -> None:
        self._meter.add_request()

    async def _is_answered(
        self, _session: object, context: SimpleNamespace, answered: aiohttp.TraceRequestEndParams
    ) -> None:
        response = answered.response
        bound(response)
        cast("_Call", context.trace_request_ctx).status = response.status
        if response.status == TOO_MANY or response.status >= SERVER_ERRORS:
            body = await response.read()
            raise _Refused(failure_of(response, body), everywhere="X-RateLimit-Global" in response.headers)

    async def _is_read(
        self, _session: object, context: SimpleNamespace, read: aiohttp.TraceResponseChunkReceivedParams
    ) -> None:
        """The answer as a whole, unpacked. What discord.py waits for from here on is the route's limit."""
        self._meter.add_bytes(len(read.chunk))
        call = cast("_Call", context.trace_request_ctx)
        call.body = read.chunk
        self._is_off_wire(call)
        call.deadline.reschedule(None)


def _parsed_after_all(call: _Call, shown: str, error: Exception) -> Any:
    """The answer that discord.py could not read: it takes no half of a surrogate pair, for example."""
    if call.status not in OK:
        raise SourceError(f"Discord answered {shown} with what is no JSON") from error
    return parsed(call.body, shown)
