"""The HTTP client of every tracker whose source has no SDK."""

from __future__ import annotations

import random as random_module
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import requests
from urllib3.exceptions import HTTPError

from core.errors import NetworkError, SourceError, SourceTimeout
from core.http.answers import Answer
from core.http.bodies import BodyStream
from core.http.credentials import ANONYMOUS, Credential
from core.http.failures import AS_OFTEN_AS_ALLOWED, Failure, status_failure, transport_failure
from core.http.sessions import USER_AGENT, new_session
from core.http.urls import Origin, safe_url
from core.http.waits import Waits
from core.open_pages import page_is_open

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Mapping

    from core.http.protocols import ConditionalHeaders, Limiter
    from core.metering import Meter

_MIB = 1024 * 1024
_MAX_REDIRECTS = 5
_FIRST_BACKOFF = 1.0
_LONGEST_BACKOFF = 60.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Call:
    url: str
    accept: Collection[int]
    max_bytes: int | None
    validators: ConditionalHeaders | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class HttpClient:
    """Asks one source, politely: within its limits, with bounded retries, never in a page transaction.

    Every failure is a CollectorError of the class that says what to do next. Times are in seconds,
    `deadline` is Unix time. `headers` and the credential go to the base URL's host only.
    """

    def __init__(
        self,
        base_url: str,
        *,
        meter: Meter,
        user_agent: str = USER_AGENT,
        headers: Mapping[str, str] | None = None,
        credential: Credential | None = None,
        limiter: Limiter | None = None,
        allowed_hosts: Iterable[str] = (),
        connect_timeout: float = 10.0,
        read_timeout: float = 60.0,
        body_timeout: float = 600.0,
        max_body_bytes: int = 64 * _MIB,
        attempts: int = 5,
        max_wait: float = 120.0,
        deadline: float | None = None,
        stop: Callable[[], bool] | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        """`body_timeout` bounds the time spent waiting for one body; `max_body_bytes` its size unpacked."""
        self._origin = Origin(base_url, allowed_hosts)
        self._meter = meter
        self._headers = dict(headers or {})
        self._credential = credential
        self._limiter = limiter
        self._body_timeout = body_timeout
        self._max_body_bytes = max_body_bytes
        self._attempts = attempts
        self._clock = clock
        self._random = random
        self._waits = Waits(meter, max_wait=max_wait, deadline=deadline, stop=stop, clock=clock, sleep=sleep)
        self._session = new_session(
            meter, user_agent=user_agent, connect_timeout=connect_timeout, read_timeout=read_timeout
        )
        # A proxy of the environment cannot reach this machine's loopback.
        self._session.trust_env = not self._origin.is_loopback

    def get(
        self,
        path_or_url: str,
        params: Mapping[str, object] | None = None,
        *,
        validators: ConditionalHeaders | None = None,
        accept: Collection[int] = (HTTPStatus.OK,),
    ) -> Answer:
        """The whole answer to a path below the base URL, or to a link the source gave.

        A status that is not in `accept` raises; with `validators`, 304 is accepted.
        """
        if validators is not None:
            accept = {*accept, HTTPStatus.NOT_MODIFIED}
        url = self._origin.resolve(path_or_url, params)
        call = _Call(url, accept, self._max_body_bytes, validators)
        return self._persistently(lambda: self._whole(call))

    @contextmanager
    def stream(
        self,
        path_or_url: str,
        params: Mapping[str, object] | None = None,
        *,
        accept: Collection[int] = (HTTPStatus.OK,),
        max_body_bytes: int | None = None,
    ) -> Generator[BodyStream]:
        """An answer whose body is read in pieces; its size is not bounded unless asked.

        Opening it is retried, reading it is not: a body cut short raises NetworkError.
        """
        url = self._origin.resolve(path_or_url, params)
        # A file that is compressed already must not arrive compressed twice.
        call = _Call(url, accept, max_body_bytes, headers={"Accept-Encoding": "identity"})
        with self._persistently(lambda: self._opened(call)) as body:
            yield body

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def _persistently(self, attempt: Callable[[], T | Failure]) -> T:
        tries = 1
        while isinstance(outcome := attempt(), Failure):
            if tries >= min(self._attempts, outcome.tries):
                raise outcome.error
            self._wait_before_retry(outcome, tries)
            tries += 1
        return outcome

    def _wait_before_retry(self, failure: Failure, tries: int) -> None:
        if failure.wait is not None:
            self._waits.for_limit(failure.wait, self._origin.name)
            return
        # Full jitter: clients that failed together do not come back together.
        pause = self._random() * min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2 ** (tries - 1))
        if not self._waits.affords(pause):
            raise failure.error
        self._waits.pause(pause)

    def _whole(self, call: _Call) -> Answer | Failure:
        body = self._opened(call)
        if isinstance(body, Failure):
            return body
        with body:
            try:
                content = body.read()
            except (NetworkError, SourceTimeout) as error:
                return Failure(error, AS_OFTEN_AS_ALLOWED)
        return Answer(
            status=body.status,
            headers=body.headers,
            body=content,
            url=body.url,
            asked_url=call.url,
            credential_id=body.credential_id,
        )

    def _opened(self, call: _Call) -> BodyStream | Failure:
        """One attempt, with the redirects that it leads to."""
        at = call.url
        for _ in range(_MAX_REDIRECTS + 1):
            credential = self._granted()
            credential_id = credential.id if credential else ANONYMOUS
            headers = self._headers_for(at, credential) | dict(call.headers)
            if call.validators is not None:
                headers |= call.validators.headers_for(call.url, credential_id)
            response = self._sent(at, headers)
            if isinstance(response, Failure):
                return response
            if self._limiter is not None:
                self._limiter.observe(credential, response.headers)
            if location := self._session.get_redirect_target(response):
                response.close()
                at = self._origin.redirected(at, location)
                continue
            body = BodyStream(
                response,
                at,
                credential_id=credential_id,
                meter=self._meter,
                max_bytes=call.max_bytes,
                timeout=self._body_timeout,
                clock=self._clock,
            )
            return body if body.status in call.accept else self._refused(body)
        return Failure(SourceError(f"{safe_url(call.url)} redirects more than {_MAX_REDIRECTS} times"))

    def _sent(self, url: str, headers: Mapping[str, str]) -> requests.Response | Failure:
        try:
            return self._session.get(url, headers=headers, stream=True, allow_redirects=False)
        except (requests.RequestException, HTTPError) as error:
            return transport_failure(error, url)

    def _refused(self, body: BodyStream) -> Failure:
        with body:
            return status_failure(body.status, body.headers, body.beginning(), body.url, self._clock())

    def _headers_for(self, url: str, credential: Credential | None) -> dict[str, str]:
        if not self._origin.owns(url):
            return {}
        return {**self._headers, **(credential.headers if credential else {})}

    def _granted(self) -> Credential | None:
        """The credential to ask with, once the limiter allows a call."""
        if page_is_open():
            raise RuntimeError("the network is asked while a page transaction is open")
        if self._limiter is None:
            return self._credential
        # Another process may take what was waited for, so the waits are added up.
        waited = 0.0
        while (grant := self._limiter.acquire()).wait > 0:
            self._waits.for_limit(grant.wait, self._origin.name, before=waited)
            waited += grant.wait
        return grant.credential or self._credential
