"""A source that keeps GitHub's books by user, on loopback, and the settings that lead there."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

import pytest

from core.conf import AppSettings
from core.operations.github_ops import conf
from core.tests.loopback import Request, Source, serving


@dataclass
class Books:
    """Whose token is whose, what each user has left, and who asked for what."""

    users: dict[str, int]
    """Token -> user id; other tokens are refused."""
    left: dict[tuple[int, str], int] = field(default_factory=dict[tuple[int, str], int])
    """(user id, resource) -> calls left; 5,000 where nothing is said."""
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """(token, path) of each request."""
    refused: int = 0
    """How often a limit was hit."""
    lock: Lock = field(default_factory=Lock)

    def __call__(self, request: Request) -> None:
        with self.lock:
            token = str(request.headers["Authorization"]).removeprefix("Bearer ")
            self.asked.append((token, request.path))
            user = self.users.get(token)
            if user is None:
                request.reply(401, b'{"message": "Bad credentials"}')
            elif request.path == "/user":
                request.reply(body=json.dumps({"id": user}).encode())
            else:
                self.counted(request, user)

    def counted(self, request: Request, user: int) -> None:
        """Answer within the user's limit."""
        resource = "graphql" if request.path == "/graphql" else "core"
        left = self.left.get((user, resource), 5_000)
        headers = {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": str(max(0, left - 1)),
            "X-RateLimit-Reset-After": "60",
            "X-RateLimit-Resource": resource,
        }
        if left <= 0:
            self.refused += 1
            request.reply(403, b'{"message": "API rate limit exceeded"}', headers=headers)
        else:
            self.left[user, resource] = left - 1
            request.reply(body=b'{"data": {"ok": 1}}', headers=headers)

    @property
    def tokens(self) -> list[str]:
        """Whose calls they were, without those that ask who somebody is."""
        return [token for token, path in self.asked if path != "/user"]


@contextmanager
def github_at(url: str, **values: str) -> Generator[None]:
    """GitHub's settings, with the URLs of a server on loopback."""
    chosen: Mapping[str, str] = {
        "GITHUB_API_BASE_URL": url,
        "GITHUB_GRAPHQL_URL": f"{url}/graphql",
        **{name.upper(): value for name, value in values.items()},
    }
    with pytest.MonkeyPatch.context() as environment:
        for name in conf.GithubSettings.model_fields:
            environment.delenv(name.upper(), raising=False)
        for name, value in chosen.items():
            environment.setenv(name, value)
        AppSettings.forget()
        yield
    AppSettings.forget()


@contextmanager
def keeping(books: Books, **values: str) -> Generator[Source]:
    """The books, served, and settings that lead there."""
    with serving(books) as source, github_at(source.url, **values):
        yield source
