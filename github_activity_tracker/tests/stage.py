"""A command on a served twin, with a workspace of its own."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management import call_command

from core.models import Run
from core.twins import Served, TwinRequest, TwinResponse
from github_activity_tracker.twin import GithubTwin, RepositorySpec

BOOST, CLANG = "run_boost_github_activity_tracker", "run_clang_github_tracker"
BOOSTORG = (
    RepositorySpec("boostorg", "boost", 2, 1, layout="superproject", submodules=["asio", "beast", "json"],
                   commits=16),
    RepositorySpec("boostorg", "asio", 5, 4, comments=1, inline_comments=1, discussions=2, releases=1,
                   commits=16),
    RepositorySpec("boostorg", "beast", 3, 2, comments=1, inline_comments=0, commits=16),
    RepositorySpec("boostorg", "json", 2, 2, comments=1, inline_comments=0, commits=16),
)  # fmt: skip


class Stage:
    """A served twin, and a command on it with a workspace of its own."""

    def __init__(self, twin: GithubTwin, served: Served, command: str, workspace: Path) -> None:
        self.twin = twin
        self.served = served
        self.command = command
        self.workspace = workspace
        self.told = ""

    def run(self, *arguments: str) -> int:
        """The exit code; what was printed is in `told`."""
        out = io.StringIO()
        try:
            call_command(self.command, *arguments, stdout=out)
        except SystemExit as stopped:
            return int(stopped.code or 0)
        finally:
            self.told = out.getvalue()
        return 0

    def repo(self, name: str) -> Any:
        return next(repo for repo in self.twin.hub.repos if repo.name == name)

    def push(self, name: str, deed: Callable[[Any], object] = lambda git: git.push(2)) -> None:
        """Something happens to a repository's branches, which GitHub tells when it is asked."""
        repo = self.repo(name)
        deed(repo.git)
        repo.node["pushedAt"] = repo.git.pushed_at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def mirror(self, name: str) -> Path:
        return self.workspace / "git" / self.repo(name).owner["login"] / f"{name}.git"

    def requests(self) -> int:
        return sum(self.served.requests.values())

    def published(self) -> dict[str, bytes]:
        return self.twin.git.content(self.twin.target.owner["login"], self.twin.target.name)


def last_run() -> Run:
    return Run.objects.latest("pk")


def errors() -> str:
    return json.dumps(last_run().errors)


def refuse(stage: Stage, refused: Callable[[TwinRequest], TwinResponse | None]) -> None:
    answer = stage.twin.answer
    stage.twin.answer = lambda request: refused(request) or answer(request)
