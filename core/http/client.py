"""The HTTP client of every tracker whose source has no SDK."""

from __future__ import annotations

import json
import random as random_module
import time
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from urllib3.exceptions import HTTPError

from core.errors import AuthError, NetworkError, RateLimited, SourceError, SourceTimeout
from core.http.answers import Answer
from core.http.bodies import BodyStream
from core.http.calls import Call
from core.http.calltime import CallTime
from core.http.credentials import ANONYMOUS, Credential
from core.http.failures import AS_OFTEN_AS_ALLOWED, Failure, out_of_time, status_failure, transport_failure
from core.http.protocols import ONE_CALL, Cost
from core.http.sessions import USER_AGENT, new_session
from core.http.urls import Origin, safe_url
from core.http.waits import Waits
from core.open_pages import page_is_open

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Mapping

    from core.errors import CollectorError
    from core.http.protocols import ConditionalHeaders, Limiter
    from core.metering import Meter

_MIB = 1024 * 1024
_MAX_REDIRECTS = 5

T = TypeVar("T")


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
        call_timeout: float = 600.0,
        max_body_bytes: int = 64 * _MIB,
        attempts: int = 5,
        max_wait: float = 120.0,
        deadline: float | None = None,
        stop: Callable[[], bool] | None = None,
        one_at_a_time: bool = False,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        """`call_timeout` bounds all the time that the source takes for one call, attempts and body together;
        `max_body_bytes` is for the body as it came and unpacked.

        `one_at_a_time` is for sources that limit that: threads take turns, except with streams.
        """
        self._origin = Origin(base_url, allowed_hosts)
        self._meter = meter
        self._headers = dict(headers or {})
        self._credential = credential
        self._limiter = limiter
        self._call_timeout = call_timeout
        self._max_body_bytes = max_body_bytes
        self._attempts = attempts
        self._turn = Lock() if one_at_a_time else nullcontext()
        self._clock = clock
        self._waits = Waits(
            meter, max_wait=max_wait, deadline=deadline, stop=stop, clock=clock, sleep=sleep, random=random
        )
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
        """Return the whole answer to a path below the base URL, or to a link the source gave.

        A status that is not in `accept` raises; with `validators`, 304 is accepted.
        """
        if validators is not None:
            accept = {*accept, HTTPStatus.NOT_MODIFIED}
        url = self._origin.resolve(path_or_url, params)
        call = Call(url, accept, self._max_body_bytes, CallTime(self._call_timeout), validators)
        return self._persistently(call, lambda: self._in_turn(call))

    def send(
        self,
        method: str,
        path_or_url: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (HTTPStatus.OK,),
        cost: Cost = ONE_CALL,
        repeatable: bool = False,
        final: Callable[[CollectorError], bool] | None = None,
        check: Callable[[Answer], Failure | None] | None = None,
    ) -> Answer:
        """Return the whole answer to a call with a body.

        What is not `repeatable` is only repeated when the source has certainly not acted on it.
        `check` finds the failure that a body tells of; `final` names errors that are not for the client to
        repeat.
        """
        call = Call(
            self._origin.resolve(path_or_url),
            accept,
            self._max_body_bytes,
            CallTime(self._call_timeout),
            headers=headers or {},
            method=method,
            body=body,
            cost=cost,
            repeatable=repeatable,
            final=final,
            check=check,
        )
        return self._persistently(call, lambda: self._in_turn(call))

    def post(self, path_or_url: str, content: object, **options: Any) -> Answer:
        """The whole answer to JSON that is posted; the options are those of `send`, without headers."""
        headers = {"Content-Type": "application/json"}
        return self.send("POST", path_or_url, json.dumps(content).encode(), headers=headers, **options)

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
        plain = {"Accept-Encoding": "identity"}
        call = Call(url, accept, max_body_bytes, CallTime(self._call_timeout), headers=plain)
        with self._persistently(call, lambda: self._opened(call)) as body:
            yield body

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def _persistently(self, call: Call, attempt: Callable[[], T | Failure]) -> T:
        tries = 1
        while isinstance(outcome := attempt(), Failure):
            if tries >= min(self._attempts, call.tries(outcome)) or call.time.left <= 0:
                raise outcome.error
            self._waits.before_retry(tries, outcome.error, self._origin.name, told=outcome.wait)
            tries += 1
        return outcome

    def _in_turn(self, call: Call) -> Answer | Failure:
        with self._turn:
            return self._whole(call)

    def _whole(self, call: Call) -> Answer | Failure:
        body = self._opened(call)
        if isinstance(body, Failure):
            return body
        with body:
            try:
                content = body.read()
            except (NetworkError, SourceTimeout) as error:
                return Failure(error, AS_OFTEN_AS_ALLOWED)
        answer = Answer(
            status=body.status,
            headers=body.headers,
            body=content,
            url=body.url,
            asked_url=call.url,
            credential_id=body.credential_id,
        )
        failure = call.check(answer) if call.check else None
        return self._told(failure, answer.credential_id) if failure else answer

    def _opened(self, call: Call) -> BodyStream | Failure:
        """Make one attempt, with the redirects that it leads to."""
        at = call.url
        for _ in range(_MAX_REDIRECTS + 1):
            credential = self._granted(call.cost)
            credential_id = credential.id if credential else ANONYMOUS
            headers = self._headers_for(at, credential) | dict(call.headers)
            if call.validators is not None:
                headers |= call.validators.headers_for(call.url, credential_id)
            response = self._sent(call, at, headers)
            if isinstance(response, Failure):
                return response
            if self._limiter is not None:
                self._limiter.observe(credential_id, response.headers, call.cost)
            if response.is_redirect and call.follows(response.status_code):
                response.close()  # its body is not read
                at = self._origin.redirected(at, _location(response))
                continue
            body = BodyStream(
                response,
                at,
                credential_id=credential_id,
                meter=self._meter,
                max_bytes=call.max_bytes,
                time=call.time,
            )
            if body.status in call.accept:
                return body
            return self._told(self._refused(body), credential_id)
        return Failure(SourceError(f"{safe_url(call.url)} redirects more than {_MAX_REDIRECTS} times"))

    def _sent(self, call: Call, url: str, headers: Mapping[str, str]) -> requests.Response | Failure:
        try:
            with call.time.running():
                return self._session.request(
                    call.method, url, data=call.body, headers=headers, stream=True, allow_redirects=False
                )
        except (requests.RequestException, HTTPError) as error:
            if call.time.left <= 0:
                return Failure(out_of_time(url, call.time))
            return transport_failure(error, url)

    def _refused(self, body: BodyStream) -> Failure:
        with body:
            return status_failure(body.status, body.headers, body.beginning(), body.url, self._clock())

    def _told(self, failure: Failure, credential_id: str) -> Failure:
        """The failure, once the limiter knows of it: it may have another credential, or know the wait."""
        if self._limiter is None or not isinstance(failure.error, AuthError | RateLimited):
            return failure
        if self._limiter.refused(credential_id, failure.error, failure.wait):
            return replace(failure, tries=AS_OFTEN_AS_ALLOWED, wait=0.0, undone=True)
        return failure

    def _headers_for(self, url: str, credential: Credential | None) -> dict[str, str]:
        if not self._origin.owns(url):
            return {}
        return {**self._headers, **(credential.headers if credential else {})}

    def _granted(self, cost: Cost) -> Credential | None:
        """Return the credential to ask with, once the limiter allows a call."""
        if page_is_open():
            raise RuntimeError("the network is asked while a page transaction is open")
        if self._limiter is None:
            return self._credential
        # Another process may take what was waited for, so the waits are added up.
        waited = 0.0
        while (grant := self._limiter.acquire(cost)).wait > 0:
            self._waits.for_limit(grant.wait, self._origin.name, before=waited)
            waited += grant.wait
        return grant.credential or self._credential


def _location(response: requests.Response) -> str:
    """Return a redirect's target. Sources write UTF-8 if not ASCII; http.client reads Latin-1."""
    return response.headers["Location"].encode("latin-1").decode(errors="replace")
