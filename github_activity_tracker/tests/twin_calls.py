"""Calls of the twin over HTTP, as a client makes them but without a client's patience."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from core.twins import serve
from github_activity_tracker.twin import GithubTwin

NEXT_IDS = {"X-Github-Next-Global-ID": "1"}


@dataclass
class Calls:
    twin: GithubTwin
    environment: dict[str, str]

    def post(
        self, query: str, *, token: str | None = None, next_ids: bool = True, **variables: Any
    ) -> requests.Response:
        """A GraphQL query. next_ids: for ids in the format of today."""
        headers = {"Authorization": f"bearer {token or self.twin.reader.value}"} | (
            NEXT_IDS if next_ids else {}
        )
        body = {"query": query, "variables": variables}
        return requests.post(self.environment["GITHUB_GRAPHQL_URL"], json=body, headers=headers, timeout=60)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a query that has no errors."""
        answer = self.post(query, **variables).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def errors(self, query: str, **variables: Any) -> list[dict[str, Any]]:
        return self.post(query, **variables).json().get("errors", [])

    def get(self, path: str, *, token: str | None = "", **options: Any) -> requests.Response:
        """A GET of REST; token: "" for the reader's, None for nobody's."""
        return self.call("GET", path, token=token, **options)

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = "",
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> requests.Response:
        value = self.twin.reader.value if token == "" else token
        own = {"Authorization": f"token {value}"} if value else {}
        url = path if path.startswith("http") else self.environment["GITHUB_API_BASE_URL"] + path
        options = {"allow_redirects": False} | options
        return requests.request(method, url, headers=own | (headers or {}), timeout=60, **options)

    def pages(self, path: str, **params: Any) -> Iterator[Any]:
        """All items of a list, by its links."""
        url: str | None = path
        while url:
            answer = self.get(url, params=params)
            assert answer.status_code == 200, answer.text
            yield from answer.json()
            url, params = answer.links.get("next", {}).get("url"), {}

    def all_nodes(self, connection: str, selection: str, **variables: Any) -> list[dict[str, Any]]:
        """All nodes of a repository's connection, which is told with its other arguments in parentheses."""
        name = connection.partition("(")[0]
        query = (
            "query($owner: String!, $name: String!, $after: String) { repository(owner: $owner, name: $name)"
            f" {{ {connection.replace('(', '(first: 7, after: $after, ', 1)}"
            f" {{ nodes {{ {selection} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
        )
        found: list[dict[str, Any]] = []
        info: dict[str, Any] = {"endCursor": None, "hasNextPage": True}
        while info["hasNextPage"]:
            page = self.ask(query, after=info["endCursor"], **variables)["repository"][name]
            found += page["nodes"]
            info = page["pageInfo"]
        return found


@contextmanager
def calling(twin: GithubTwin) -> Generator[Calls]:
    """The twin, served."""
    with serve([twin]) as served:
        yield Calls(twin, served.environment())
