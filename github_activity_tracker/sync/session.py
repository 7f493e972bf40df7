"""What the steps of a run share: GitHub as the run uses it, and one repository in it."""

from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from core import checkpoints
from core.collectors import AbstractCollector
from core.models import QuarantinedItem
from core.operations.github_ops import GitHub
from core.pages import Page
from core.protocols import State
from github_activity_tracker.client import GithubActivityClient
from github_activity_tracker.conf import GithubActivitySettings
from github_activity_tracker.models import CommitIdentity, Repository
from github_activity_tracker.protocol_impl import Leaf, Newest
from github_activity_tracker.sync.options import GithubOptions

# What is read by updates and swept; the names are those of the probe, the checkpoints and the counts.
ISSUES, PULL_REQUESTS, DISCUSSIONS, RELEASES = "issues", "pull_requests", "discussions", "releases"
THREADED = (ISSUES, PULL_REQUESTS, DISCUSSIONS)


class Source:
    """GitHub in one run, opened when it is first needed; a context manager.

    Checkpoints and quarantine are read once for all repositories.
    """

    def __init__(
        self,
        collector: AbstractCollector,
        options: GithubOptions,
        settings: GithubActivitySettings,
        folders: tuple[str, ...] = (),
    ) -> None:
        """`folders`: those whose file changes are kept; empty: all."""
        self.collector = collector
        self.options = options
        self.settings = settings
        self.folders = folders
        self._opened = ExitStack()
        # (scope, stream) -> how far it had been read when the run began; nothing with --full.
        self.states = {} if options.full else checkpoints.load_all(collector.name)
        # Repositories with addresses whose account was not asked for yet.
        unseen = CommitIdentity.objects.filter(looked_up=False).order_by()
        self.unlinked = set(unseen.values_list("repository", flat=True).distinct())
        rows = QuarantinedItem.objects.filter(collector=collector.name)
        self._quarantined = set(rows.values_list("scope", "kind", "external_id"))

    @cached_property
    def github(self) -> GitHub:
        """Raises ConfigurationError when no token is set."""
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

    def state(self, scope: str, stream: str) -> State:
        """How far a stream had been read when the run began; with --full as if it never was."""
        return self.states.get((scope, stream), State())

    def is_quarantined(self, scope: str, leaf: Leaf) -> bool:
        return (scope, leaf.kind, leaf.external_id) in self._quarantined

    def has_quarantined(self, scope: str) -> bool:
        return any(of_scope == scope for of_scope, _, _ in self._quarantined)

    def quarantined(self, scope: str, kind: str) -> int:
        return sum((s, k) == (scope, kind) for s, k, _ in self._quarantined)


@dataclass(slots=True)
class RepositorySession:
    """One repository in one run. `newest`: what it said at the run's beginning, by kind."""

    source: Source
    row: Repository
    newest: dict[str, Newest]
    # Kinds of which everything was read in this run, so that there is nothing to sweep for.
    read_whole: set[str] = field(default_factory=set[str])

    @property
    def has_quarantined(self) -> bool:
        return self.source.has_quarantined(self.scope)

    @property
    def collector(self) -> AbstractCollector:
        return self.source.collector

    @property
    def options(self) -> GithubOptions:
        return self.source.options

    @property
    def full_name(self) -> str:
        return self.row.full_name

    @property
    def scope(self) -> str:
        """What pages and checkpoints are filed under: no rename changes it."""
        return str(self.row.github_id)

    @property
    def bounded(self) -> bool:
        """Whether the run is over a part of the time, which proves nothing about what came last."""
        return self.options.since is not None or self.options.until is not None

    def state(self, stream: str) -> State:
        return self.source.state(self.scope, stream)

    @contextmanager
    def page(self) -> Generator[Page]:
        with self.collector.page(self.scope) as page:
            yield page

    def resolve(self, page: Page, leaves: Iterable[Leaf]) -> None:
        """These leaves were understood: those of them that were in quarantine leave it."""
        kinds: dict[str, list[str]] = {}
        for leaf in leaves:
            if self.source.is_quarantined(self.scope, leaf):
                kinds.setdefault(leaf.kind, []).append(leaf.external_id)
        for kind, ids in kinds.items():
            page.resolve(kind, ids)
