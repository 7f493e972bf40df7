"""The one place that makes `requests` sessions, for our clients and for SDKs that accept one."""

from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

from core.http.calltime import TimedResponse
from core.metering import Meter
from core.open_pages import awaiting_network

USER_AGENT = "boost-trackers (+https://www.boost.org)"


class _TimedConnection(HTTPConnection):
    response_class = TimedResponse


class _TimedTlsConnection(HTTPSConnection):
    response_class = TimedResponse


class _TimedPool(HTTPConnectionPool):
    ConnectionCls: Any = _TimedConnection


class _TimedTlsPool(HTTPSConnectionPool):
    ConnectionCls: Any = _TimedTlsConnection


_POOLS = {"http": _TimedPool, "https": _TimedTlsPool}


class MeteredAdapter(HTTPAdapter):
    """Sends with timeouts, certificates verified, and counts each request that reached a server."""

    def __init__(self, meter: Meter, *, connect_timeout: float, read_timeout: float) -> None:
        self._meter = meter
        self._timeout = (connect_timeout, read_timeout)
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):  # which has connections of its own
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = kwargs.get("timeout") or self._timeout
        try:
            with awaiting_network():
                response = super().send(request, *args, **kwargs)
        except requests.RequestException as error:
            if not never_connected(error):
                self._meter.add_request()
            raise
        self._meter.add_request()
        return response


class _Session(requests.Session):
    """Follows no redirect. `requests` prepares the next request even when it may not follow, and reads the
    redirect's whole body for that.
    """

    def resolve_redirects(self, *_: Any, **_options: Any) -> Iterator[Any]:
        return iter(())


def new_session(
    meter: Meter,
    *,
    user_agent: str = USER_AGENT,
    connect_timeout: float = 10.0,
    read_timeout: float = 60.0,
) -> requests.Session:
    """A session with timeouts and counters, without cookies, ~/.netrc, redirects or retries of its own."""
    session = _Session()
    session.headers.update({"User-Agent": user_agent, "Accept-Encoding": "gzip"})
    session.auth = _no_netrc
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = MeteredAdapter(meter, connect_timeout=connect_timeout, read_timeout=read_timeout)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def never_connected(error: Exception) -> bool:
    """Tell whether a call failed before anything was sent, so that the source cannot have acted on it."""
    if isinstance(
        error, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError
    ):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
