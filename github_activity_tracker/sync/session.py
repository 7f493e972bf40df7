"""GitHub as one run uses it, and one repository in it."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from core import checkpoints
from core.collectors import AbstractCollector, Scope
from core.operations.github_ops import GitHub
from core.protocols import State
from github_activity_tracker.client import GithubActivityClient
from github_activity_tracker.conf import GithubActivitySettings
from github_activity_tracker.models import CommitIdentity, Repository
from github_activity_tracker.protocol_impl.records import Newest
from github_activity_tracker.sync.options import GithubOptions


class Source:
    """GitHub in one run, opened when it is first needed; a context manager."""

    def __init__(
        self,
        collector: AbstractCollector,
        options: GithubOptions,
        settings: GithubActivitySettings,
        folders: tuple[str, ...] = (),
    ) -> None:
        """Keep file changes in `folders` only; empty: in all."""
        self.collector = collector
        self.options = options
        self.settings = settings
        self.folders = folders
        self._opened = ExitStack()
        # (scope, stream) -> how far it had been read when the run began, read once for all repositories;
        # nothing with --full.
        self.states = {} if options.full else checkpoints.load_all(collector.name)
        # Repositories with addresses whose account was not asked for yet.
        unseen = CommitIdentity.objects.filter(looked_up=False).order_by()
        self.unlinked = set(unseen.values_list("repository", flat=True).distinct())

    @cached_property
    def github(self) -> GitHub:
        """The API, with its tokens. Raises ConfigurationError when none is set."""
        collector = self.collector
        github = GitHub(
            meter=collector.meter,
            stop=collector.stop_requested,
            deadline=collector.deadline,
            run=str(collector.run_id),
        )
        return self._opened.enter_context(github)

    @cached_property
    def client(self) -> GithubActivityClient:
        return GithubActivityClient(self.github.graphql, page_size=self.settings.github_page_size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def repository(self, row: Repository, newest: Mapping[str, Newest]) -> "RepositoryScope":
        """Return the scope of a repository; `newest`: what it says of its items now, by noun."""
        return RepositoryScope(
            self.collector, str(row.github_id), row.full_name, source=self, row=row, newest=newest
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryScope(Scope):
    """One repository in one run, filed under its id."""

    source: Source
    row: Repository
    newest: Mapping[str, Newest]
    # Nouns of which everything was read in this run, so that there is nothing to sweep for.
    read_whole: set[str] = field(default_factory=set[str])

    @property
    def is_bounded(self) -> bool:
        """Whether the run is over a part of the time, which proves nothing about what came last."""
        return self.source.options.since is not None or self.source.options.until is not None

    def state(self, stream: str) -> State:
        """Return how far a stream had been read when the run began; with --full as if it never was."""
        return self.source.states.get((self.name, stream), State())
