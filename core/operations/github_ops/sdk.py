"""PyGithub over the project's HTTP client: its timeouts, limits, counters and errors."""

from __future__ import annotations

import json
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from github import Github
from github.Requester import Requester

from core.errors import InvalidInput, SourceError
from core.http import ONE_CALL, USER_AGENT
from core.json_text import bounded_json
from core.operations.github_ops.errors import TOLD, refusal
from core.operations.github_ops.limits import WRITE, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, Iterator, Mapping

    from core.http import Answer, HttpClient

_READS = ("GET", "HEAD")
# What PyGithub sees: what went well, and refusals, some of which are its answer to "is there".
_PASSED_ON = frozenset({*(status for status in HTTPStatus if status < HTTPStatus.BAD_REQUEST), *TOLD})
_PER_PAGE = 100


def pygithub(base_url: str, client: Callable[[Resource], HttpClient]) -> Github:
    """Return a PyGithub whose calls go through `client`, and which raises core.errors."""

    class Ours(_Requester):
        """Injected connections hold for a class, so each client has its own."""

        source = base_url

    connection: Any = partial(_Connection, client, base_url)
    Ours.injectConnectionClasses(connection, connection)
    sdk = Github(base_url=base_url, per_page=_PER_PAGE)
    # PyGithub has no other way to be given a requester.
    vars(sdk)["_Github__requester"] = Ours(
        auth=None,
        base_url=base_url,
        timeout=0,
        user_agent=USER_AGENT,
        per_page=_PER_PAGE,
        verify=True,
        retry=None,
        pool_size=None,
    )
    return sdk


class _Requester(Requester):
    """Raises core.errors where PyGithub would raise its own."""

    source = ""

    @classmethod
    def createException(cls, status: int, headers: dict[str, Any], output: Any) -> Any:  # noqa: N802 - PyGithub's
        return refusal(status, headers, json.dumps(output).encode(), cls.source)


class _Connection:
    """Stands for PyGithub's connection to a host; it has one for each call."""

    def __init__(
        self,
        client: Callable[[Resource], HttpClient],
        base_url: str,
        host: str,
        *_: object,
        **_options: object,
    ) -> None:
        base = urlsplit(base_url)
        self.host = host
        self._client = client
        self._root = f"{base.scheme}://{base.netloc if host == base.hostname else host}"
        self._prefix = base.path.rstrip("/")

    def request(
        self, verb: str, url: str, content: Any, headers: Mapping[str, str], stream: bool = False
    ) -> None:
        """Keep what is asked; the answer is asked for next."""
        del stream  # bodies are bounded, so they are read whole
        self._asked = verb, url, content, headers

    def getresponse(self) -> _Response:
        """Ask, and wait as the limits want it."""
        verb, url, content, headers = self._asked
        reads = verb in _READS
        http = self._client(Resource.of(url.removeprefix(self._prefix)))
        answer = http.send(
            verb,
            f"{self._root}{url}",
            content.encode() if isinstance(content, str) else content,
            headers=headers,
            accept=_PASSED_ON,
            cost=ONE_CALL if reads else WRITE,
            repeatable=reads,
        )
        return _Response(answer)

    def close(self) -> None:
        """Do nothing: there is nothing of its own to close."""


class _Response:
    """Stands for PyGithub's response."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        self._answer = answer

    def getheaders(self) -> ItemsView[str, str]:
        return self._answer.headers.items()

    def read(self) -> str:
        try:
            return bounded_json(self._answer.body)
        except InvalidInput as error:
            raise SourceError(f"GitHub answered what cannot be read: {error.message}") from None

    def iter_content(self, chunk_size: int | None = 1) -> Iterator[bytes]:
        del chunk_size  # it is read already
        yield self._answer.body
