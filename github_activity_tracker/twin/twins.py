"""The twins: GitHub with repositories to order, with Boost's, with LLVM's."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, Self, Unpack

from core.twins import Fault, Refusal, Twin, TwinOptions, TwinRequest, TwinResponse, World
from github_activity_tracker.twin import answers, changes, planting, rest, truth
from github_activity_tracker.twin.gate import Gate, secondary
from github_activity_tracker.twin.git import GitHost
from github_activity_tracker.twin.hub import Hub, Repo, RepositorySpec
from github_activity_tracker.twin.limits import AT_A_TIME, MINUTE, Limits, Queue
from github_activity_tracker.twin.tokens import App, Token, Tokens, token_value

RENAMING = 2
"""The round of changes in which a repository is renamed."""
GRAPHQL = "/api/graphql"
"""Where a GitHub Enterprise server has it."""


class GithubTwin(Twin):
    """size: issues and pull requests in all repositories together.

    repositories: what there is, instead of what the class makes of `size`. limits: other sizes than GitHub's,
    see `Limits`. capacity: objects that one GraphQL answer may hold before it ends in a timeout, None: any.
    """

    name: ClassVar[str] = "github"
    fault_kinds: ClassVar[frozenset[Fault]] = frozenset(Fault)
    # Of one GitHub, though each is served for itself: no two of them have an id in common.
    id_shift: ClassVar[int] = 0

    nonsense = ({"createdAt": "yesterday"}, {"createdAt": 0}, {"createdAt": True})

    def __init__(
        self,
        world: World,
        *,
        repositories: Sequence[RepositorySpec] | None = None,
        limits: Mapping[str, int] | None = None,
        capacity: int | None = None,
        **options: Unpack[TwinOptions],
    ) -> None:
        super().__init__(world, **options)
        self.lock = Queue()
        self.capacity = capacity
        self.hub = Hub(world, shift=self.id_shift)
        self.git = GitHost(world)
        self.tokens = Tokens()
        self.app = App()
        self.limits = Limits(self.clock, limits or {})
        self.gate = Gate(self.tokens, self.limits)
        self.reader = self.personal_token("read", self.hub.accounts.users[0])
        self.writer = self.personal_token("write", self.hub.accounts.users[1], can_write=True)
        for spec in self.specs() if repositories is None else repositories:
            self.add(spec)
        self.expect_arrivals()
        self.target = self.add(RepositorySpec("cppalliance", f"{self.name}-context", commits=0))
        self.target.is_target = True

    @classmethod
    def of(cls, world: World, *, repositories: Sequence[RepositorySpec], **options: Any) -> Self:
        """The twin with these repositories."""
        return cls(world, repositories=repositories, **options)

    def specs(self) -> list[RepositorySpec]:
        """The repositories that there are for `size`."""
        half = self.size // 2
        return [
            RepositorySpec(
                "boostorg", "asio", half - half // 3, half // 3, odd=True, discussions=3, releases=2
            ),
            RepositorySpec("boostorg", "beast", half // 2, half - half // 2, releases=1),
        ]

    def add(self, spec: RepositorySpec) -> Repo:
        """One more repository."""
        if spec.is_empty:
            git = self.git.empty(spec.owner, spec.name)
        else:
            git = self.git.create(
                spec.owner, spec.name, commits=spec.commits, files=spec.files, layout=spec.layout,
                submodules=spec.submodules, odd=spec.odd,
            )  # fmt: skip
        git.is_private, git.is_blocked = spec.private, spec.blocked
        return planting.plant(self.hub, spec, git)

    def give(self, token: Token) -> Token:
        """A credential is good from now on, for the API and for git."""
        self.git.readers.add(token.value)
        if token.can_write:
            self.git.writers.add(token.value)
        return self.tokens.add(token)

    def take(self, token: Token) -> None:
        """A credential is revoked."""
        self.tokens.revoke(token.value)
        self.git.readers.discard(token.value)
        self.git.writers.discard(token.value)

    def personal_token(self, purpose: str, account: dict[str, Any], *, can_write: bool = False) -> Token:
        """One more token of an account; those of one account share its limits."""
        rng = self.world.rng("github token", self.name, purpose)
        return self.give(Token(token_value(rng), account, can_write=can_write))

    def environment(self, base_url: str) -> dict[str, str]:
        return {
            "GITHUB_API_BASE_URL": base_url + rest.ROOT,
            "GITHUB_GRAPHQL_URL": base_url + GRAPHQL,
            "GITHUB_GIT_BASE_URL": base_url,
            "GITHUB_TOKENS_SCRAPING": self.reader.value,
            "GITHUB_TOKEN_WRITE": self.writer.value,
            # The twin's clock may run a thousand times as fast as ours.
            "GITHUB_POINTS_PER_MINUTE": str(int(2000 * self.clock.multiple)),
            # Everything is swept in every run, so that a run brings all of the truth.
            "GITHUB_SWEEP_DAYS": "0",
            "GITHUB_SWEEP_REQUESTS": "1000",
        }

    def app_environment(self) -> dict[str, str]:
        """The settings with which the App reads instead of a token."""
        return {
            "GITHUB_TOKENS_SCRAPING": "",
            "GITHUB_APP_ID": self.app.client_id,
            "GITHUB_APP_INSTALLATION_ID": str(self.app.installation),
            "GITHUB_APP_PRIVATE_KEY": self.app.private_key,
        }

    def answer(self, request: TwinRequest) -> TwinResponse:
        if self.lock.waiting > AT_A_TIME and request.path.startswith("/api/"):
            return secondary(HTTPStatus.FORBIDDEN, self.clock.real_seconds(MINUTE))
        try:
            if request.path == GRAPHQL:
                return answers.graphql(self, request)
            if request.path.startswith(rest.ROOT):
                return rest.answer(self, request)
        except Refusal as refusal:
            return refusal.response
        return self.git.respond(request)

    def limited(self, kind: Fault, retry_after: int | None) -> TwinResponse:
        return secondary(403 if kind is Fault.SECONDARY_LIMIT else 429, retry_after)

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        return truth.truth(self.hub, self.reader.account)

    def change(self) -> None:
        before = self.rounds - 1
        start = self.world.until + changes.ROUND * self.rounds
        changes.Change(self.hub, self.rounds, start, seen=self._arriving_from(before)).happen()
        if self.rounds == RENAMING:
            self._rename_one()

    def arrivals(self) -> Iterator[Callable[[], None]]:
        return changes.arrivals(self.hub, self.rounds, self._arriving_from(self.rounds))

    def _arriving_from(self, number: int) -> datetime:
        """When the arrivals of a round begin, in the world's time."""
        if not number:
            return self.world.until - planting.CALM / 2
        return self.world.until + changes.ROUND * number + 3 * changes.ROUND / 4

    def _rename_one(self) -> None:
        """A repository takes another name; whoever asks for the old one is led there."""

    def rename(self, repo: Repo, name: str) -> None:
        """For the API and for git."""
        owner = repo.owner["login"]
        self.git.rename(owner, repo.name, owner, name)
        self.hub.rename(repo, name)

    def spoilable(self, request: TwinRequest, data: Any) -> list[dict[str, Any]]:
        return list(_dated(data.get("data"))) if request.path == GRAPHQL else []


def _dated(value: Any) -> Iterator[dict[str, Any]]:
    """Whatever was written by someone at a time."""
    if isinstance(value, list):
        for each in value:
            yield from _dated(each)
    elif isinstance(value, dict):
        if {"body", "createdAt", "id"} <= value.keys():
            yield value
        for each in value.values():
            yield from _dated(each)


class BoostorgTwin(GithubTwin):
    """boostorg/boost, whose .gitmodules names the libraries, and the libraries."""

    name: ClassVar[str] = "github-boostorg"

    def environment(self, base_url: str) -> dict[str, str]:
        return super().environment(base_url) | {
            "BOOST_GITHUB_OWNER": "boostorg",
            "BOOST_LIBRARY_TRACKER_REPO_OWNER": self.target.owner["login"],
            "BOOST_LIBRARY_TRACKER_REPO_NAME": self.target.name,
            "BOOST_LIBRARY_TRACKER_REPO_BRANCH": "main",
        }

    def _rename_one(self) -> None:
        """A library; the superproject goes on naming it as before."""
        library = [repo for repo in self.hub.repos if repo.issues][-1]
        self.rename(library, f"{library.name}-ng")

    def specs(self) -> list[RepositorySpec]:
        count = min(MOST_LIBRARIES, 2 + self.size // LIBRARY_SIZE)
        names = [_library(self.world, n) for n in range(count)]
        share = self.size // (count + 1)
        issues = share * 11 // 20
        superproject = RepositorySpec(
            "boostorg", "boost", issues, share - issues, layout="superproject",
            submodules=[*names, "nothing-yet"],
        )  # fmt: skip
        libraries = [
            RepositorySpec(
                "boostorg", name, issues, share - issues, odd=place == 0, releases=2 if place < ALIVE else 0,
                discussions=4 if place == 0 else 0,
            )
            for place, name in enumerate(names)
        ]  # fmt: skip
        return [superproject, *libraries, RepositorySpec("boostorg", "nothing-yet", commits=0)]


MOST_LIBRARIES = 188
LIBRARY_SIZE = 60
ALIVE = 2


def _library(world: World, number: int) -> str:
    turn, place = divmod(number, len(world.libraries))
    return f"{world.libraries[place]}{turn + 1 if turn else ''}"


class LlvmTwin(GithubTwin):
    """llvm/llvm-project alone."""

    name: ClassVar[str] = "github-llvm"
    id_shift: ClassVar[int] = 1

    def environment(self, base_url: str) -> dict[str, str]:
        return super().environment(base_url) | {
            "CLANG_GITHUB_OWNER": "llvm",
            "CLANG_GITHUB_REPO": "llvm-project",
            "CLANG_GITHUB_PATHS": "",
            "CLANG_GITHUB_CONTEXT_REPO_OWNER": self.target.owner["login"],
            "CLANG_GITHUB_CONTEXT_REPO_NAME": self.target.name,
            "CLANG_GITHUB_CONTEXT_REPO_BRANCH": "main",
        }

    def specs(self) -> list[RepositorySpec]:
        issues = self.size * 11 // 20
        return [
            RepositorySpec(
                "llvm", "llvm-project", issues, self.size - issues, layout="llvm", odd=True, releases=2
            )
        ]
