"""git commands that talk to a server: counted, watched, retried."""

import json
import os
import re
import selectors
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus

from core.errors import (
    CollectorError,
    NetworkError,
    NotFound,
    SourceError,
    SourceTimeout,
    StopRequested,
)
from core.http.credentials import Credential
from core.http.failures import AS_OFTEN_AS_ALLOWED, Failure, status_failure
from core.http.urls import Origin, safe_url
from core.http.waits import Waits
from core.metering import Meter
from core.operations.github_ops.git.environment import online_environment
from core.operations.github_ops.git.failures import killed, transfer_failure
from core.operations.github_ops.git.process import NOTICE, Stop, started
from core.operations.github_ops.git.traffic import Traffic

_ATTEMPTS = 5
_MAX_REDIRECTS = 5
_TRIES_OF_NONSENSE = 2
# git shows progress every second of whatever it does; longer silence than this is no work.
_SILENCE = 600.0
_REDIRECTS = {
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
}
_SERVICE = re.compile(r"/info/refs(\?.*)?$|/git-(upload|receive)-pack$")


class Remote:
    """A repository on a server. `url` is https, http on loopback, or file, and holds no credential."""

    def __init__(
        self,
        url: str,
        *,
        credential: Credential | None,
        meter: Meter,
        stop: Stop | None = None,
        deadline: float | None = None,
    ) -> None:
        self.url = url
        # file:// is a server of tests and of mirrors of mirrors.
        self._origin = None if url.startswith("file:///") else Origin(url)
        self._moved_to: str | None = None
        self._credential = credential
        self._meter = meter
        self._stop = stop or (lambda: False)
        self._waits = Waits(meter, deadline=deadline, stop=stop)

    def run(
        self,
        *arguments: str,
        keep_open: Sequence[int] = (),
        between: Callable[[CollectorError], None] | None = None,
    ) -> bytes:
        """Run git, which may talk to the server, and return what it prints; for what fits in memory.

        Failures that may pass are retried, unless `between` objects. `keep_open` are descriptors that git
        and its children keep as long as they live. Raises a CollectorError.
        """
        tries = moves = 0
        while not isinstance(failed := self._attempt(arguments, keep_open), bytes):
            tries += 1
            if isinstance(failed, str):
                moves += 1
                if moves > _MAX_REDIRECTS:
                    raise SourceError(f"{safe_url(self.url)} redirects more than {_MAX_REDIRECTS} times")
                self._moved_to, tries = failed, 0
            elif tries >= min(_ATTEMPTS, failed.tries):
                raise failed.error
            else:
                if between:
                    between(failed.error)
                self._waits.before_retry(tries, failed.error, safe_url(self.url), told=failed.wait)
        return failed

    def _attempt(self, arguments: Sequence[str], keep_open: Sequence[int]) -> Failure | str | bytes:
        """One run of git: what it printed, what is wrong, or the URL to ask instead."""
        environment = online_environment(self.url, self._credential, moved_to=self._moved_to)
        traffic = Traffic()
        with (
            tempfile.TemporaryFile() as printed,
            started(arguments, environment=environment, stdout=printed, keep_open=keep_open) as process,
        ):
            try:
                self._watch(process, traffic)
            finally:
                for _ in range(traffic.requests):
                    self._meter.add_request()
            if traffic.is_dumb:
                error = SourceError("answered, but not as a git server", item=safe_url(self.url))
                return Failure(error, _TRIES_OF_NONSENSE)
            if status := process.wait():
                return Failure(killed(status, self.url)) if status < 0 else self._failure(traffic)
            printed.seek(0)
            return printed.read()

    def _watch(self, process: "subprocess.Popen[bytes]", traffic: Traffic) -> None:
        """Feed `traffic` until git has ended, is asked to stop, or is silent for too long."""
        if process.stderr is None:
            raise RuntimeError("stderr is not watched")
        heard = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stderr, selectors.EVENT_READ)
            while not traffic.is_dumb:
                if selector.select(NOTICE):
                    if not (text := os.read(process.stderr.fileno(), 1 << 16)):
                        return
                    heard = time.monotonic()
                    traffic.feed(text.decode("utf-8", "replace"))
                if self._stop():
                    raise StopRequested("asked to stop while git was talking to the source")
                if time.monotonic() - heard > _SILENCE:
                    raise SourceTimeout(f"git was silent for {_SILENCE:.0f} s", item=safe_url(self.url))

    def _failure(self, traffic: Traffic) -> Failure | str:
        if self._origin and traffic.status in _REDIRECTS and (to := traffic.headers.get("Location")):
            asked = self._moved_to or self.url
            return _SERVICE.sub("", self._origin.redirected(f"{asked}/info/refs", to))
        if traffic.status >= HTTPStatus.BAD_REQUEST:
            return self._refusal(traffic)
        error = transfer_failure(traffic.words(), safe_url(self.url))
        if isinstance(error, NetworkError | SourceTimeout):
            return Failure(error, AS_OFTEN_AS_ALLOWED)
        return Failure(error)

    def _refusal(self, traffic: Traffic) -> Failure:
        said = [line.removeprefix("remote: ") for line in traffic.words().splitlines() if "remote: " in line]
        body = json.dumps({"message": " ".join(said)}).encode()
        url = self._moved_to or self.url
        if traffic.status == HTTPStatus.UNAUTHORIZED and self._credential is None:
            return Failure(
                NotFound(
                    f"{safe_url(url)} does not exist, or is private",
                    remedy="check the name, or give a token that may read it",
                )
            )
        if traffic.status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
            return Failure(NotFound(f"{safe_url(url)} is not available for legal reasons"))
        return status_failure(traffic.status, traffic.headers, body, url, time.time())
