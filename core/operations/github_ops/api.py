"""GitHub's API for one run: one object, its clients, one budget."""

from __future__ import annotations

from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from core.errors import AuthError
from core.http import Credential, HttpClient
from core.metering import Meter
from core.operations.github_ops import graphql, rest
from core.operations.github_ops.app_tokens import AppInstallation
from core.operations.github_ops.conf import GithubSettings
from core.operations.github_ops.graphql import GraphqlClient
from core.operations.github_ops.limits import Resource, TokenLimiter
from core.operations.github_ops.rest import RestClient
from core.operations.github_ops.tokens import FixedToken, TokenPool, Use, app_is_chosen, tokens_for
from core.operations.github_ops.users import Users

if TYPE_CHECKING:
    from collections.abc import Callable

    from github import Github

    from core.operations.github_ops.tokens import TokenSource

T = TypeVar("T")

# GitHub ends what takes it longer.
_GRAPHQL_TIMEOUT = 10.0
# Each token may have to be found out of calls, or expired.
_ATTEMPTS = 5


class GitHub:
    """Asks GitHub with the tokens of one use, within what the shared budget has left. A context manager.

    `deadline` is Unix time, `max_wait` the seconds that one wait for a limit may last, `run` is shown with
    what the budget has lent. Nothing is asked before it is needed. Raises ConfigurationError when no token
    is set.
    """

    def __init__(
        self,
        *,
        meter: Meter,
        use: Use = Use.SCRAPING,
        stop: Callable[[], bool] | None = None,
        deadline: float | None = None,
        max_wait: float = 120.0,
        run: str = "",
    ) -> None:
        self._settings = GithubSettings.current()
        self._use = use
        self._run = run
        self._options: dict[str, Any] = {
            "meter": meter,
            "stop": stop,
            "deadline": deadline,
            "max_wait": max_wait,
        }
        self._access: dict[Use, _Access] = {}
        self._of(use)

    @staticmethod
    def require(use: Use) -> None:
        """Raise ConfigurationError unless a token for the use is set; no network."""
        if not app_is_chosen(use, GithubSettings.current()):
            tokens_for(use, GithubSettings.current())

    @cached_property
    def graphql(self) -> GraphqlClient:
        """The GraphQL API."""
        return GraphqlClient(self._settings.github_graphql_url, self._of(self._use).client(Resource.GRAPHQL))

    @cached_property
    def rest(self) -> RestClient:
        """The REST API, for reading."""
        return RestClient(self._settings.github_api_base_url, self._of(self._use).client)

    def sdk(self, use: Use | None = None) -> Github:
        """PyGithub for search, writes and single objects, within the same limits.

        Its errors are those of `rest`, not PyGithub's own.
        """
        from core.operations.github_ops.sdk import pygithub  # noqa: PLC0415 - PyGithub loads slowly

        return pygithub(self._settings.github_api_base_url, self._of(use or self._use).client)

    def git_credential(self, use: Use | None = None) -> Credential:
        """Return the token as git over HTTPS takes it; the next one is for `with_git_credential` to take."""
        return _for_git(self._of(use or self._use).git_pool.credentials()[0])

    def with_git_credential(self, work: Callable[[Credential], T], use: Use | None = None) -> T:
        """Call `work`, which talks to GitHub through git, with a credential; return its result.

        When it raises AuthError, git goes on without the token, with a warning, and `work` begins again with
        the next; the API may take it all the same. AuthError when none is left.
        """
        pool = self._of(use or self._use).git_pool
        while True:
            token = pool.credentials()[0]
            try:
                return work(_for_git(token))
            except AuthError:
                pool.reject(token.id)

    def close(self) -> None:
        """Give back what the budget has lent, and close the connections."""
        for access in self._access.values():
            access.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _of(self, use: Use) -> _Access:
        if use not in self._access:
            self._access[use] = _Access(use, self._run, self._options)
        return self._access[use]


class _Access:
    """The clients of one use's tokens: one for each thing that GitHub counts apart."""

    def __init__(self, use: Use, run: str, options: dict[str, Any]) -> None:
        self._settings = GithubSettings.current()
        self._options = options
        self._run = run
        sources = self._sources(use)
        self.pool = TokenPool(use, sources, Users(self._as).identified)
        # Whose calls git's are is counted nowhere.
        self.git_pool = TokenPool(use, sources, lambda _tokens, _reject: {})
        self._limiters: dict[Resource, TokenLimiter] = {}
        self._clients: dict[Resource, HttpClient] = {}

    def client(self, resource: Resource) -> HttpClient:
        if resource not in self._clients:
            limiter = TokenLimiter(resource, self.pool, run=self._run, peers=lambda: self._limiters)
            self._limiters[resource] = limiter
            is_graphql = resource is Resource.GRAPHQL
            options: dict[str, Any] = {"attempts": _ATTEMPTS + len(self.pool), **self._options}
            self._clients[resource] = HttpClient(
                self._settings.github_graphql_url if is_graphql else self._settings.github_api_base_url,
                headers=graphql.HEADERS if is_graphql else rest.HEADERS,
                read_timeout=_GRAPHQL_TIMEOUT if is_graphql else 60.0,
                limiter=limiter,
                one_at_a_time=True,
                **options,
            )
        return self._clients[resource]

    def calls_left(self, credential: Credential) -> str:
        """Return what a token has left of REST and GraphQL, and its scopes where it has any."""
        with closing(self._as(credential)) as http:
            answer = http.get("rate_limit")
        resources = answer.json()["resources"]
        counts = [f"{resources[name]['remaining']:,} ({name})" for name in ("core", "graphql")]
        scopes = answer.headers.get("X-OAuth-Scopes", "").strip()
        return " and ".join(counts) + (f", scopes {scopes}" if scopes else "")

    def close(self) -> None:
        for each in (*self._limiters.values(), *self._clients.values()):
            each.close()

    def _sources(self, use: Use) -> list[TokenSource]:
        if not app_is_chosen(use, self._settings):
            return [FixedToken(token) for token in tokens_for(use, self._settings)]
        key = self._settings.github_app_private_key
        return [
            AppInstallation(
                self._settings.github_app_id,
                self._settings.github_app_installation_id,
                key.get_secret_value() if key else "",
                self._as,
            )
        ]

    def _as(self, credential: Credential) -> HttpClient:
        """Ask as somebody, outside the budget: to find out who that is, or to become somebody."""
        return HttpClient(
            self._settings.github_api_base_url, headers=rest.HEADERS, credential=credential, **self._options
        )


def _for_git(token: Credential) -> Credential:
    from core.operations.github_ops.git import git_credential  # noqa: PLC0415 - the API can do without

    return git_credential(token.headers["Authorization"].removeprefix("Bearer "))


def check_source() -> str:
    """Ask GitHub about each token, for `doctor`; costs none of its calls.

    Tokens that are refused are warned of; raises AuthError when none is left.
    """
    access = _Access(Use.SCRAPING, "doctor", {"meter": Meter(), "attempts": 2})
    left: list[str] = []
    for credential in access.pool.credentials():
        try:
            left.append(access.calls_left(credential))
        except AuthError:
            access.pool.reject(credential.id)
    return f"{GithubSettings.current().github_api_base_url}: calls left this hour {', '.join(left)}"
