"""The collector over any set of repositories; the apps above say which, and where they are published."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from core.collectors import AbstractCollector, PlannedRequests, Scope, retry
from core.errors import CommandFailed, ConfigurationError, InvalidInput, NotFound
from core.exports import Destination, publish_export
from core.operations.github_ops import GitHub, Use
from core.operations.github_ops.git import MirrorDamaged
from core.protocols import Result
from github_activity_tracker.conf import GithubActivitySettings
from github_activity_tracker.models import Repository
from github_activity_tracker.protocol_impl import GithubResult
from github_activity_tracker.sync import mirrors
from github_activity_tracker.sync.accounts import link_accounts
from github_activity_tracker.sync.commits import Ingestion
from github_activity_tracker.sync.exporting import IssueExport
from github_activity_tracker.sync.kinds import ACCOUNT, ACCOUNTS, CHILDREN, REPOSITORIES, THREADS
from github_activity_tracker.sync.mirrors import NotMirrored
from github_activity_tracker.sync.offline import replay_repositories, replay_repository
from github_activity_tracker.sync.options import GithubOptions
from github_activity_tracker.sync.planning import plan_repository
from github_activity_tracker.sync.probing import Missing, ask, probe
from github_activity_tracker.sync.releases import read_releases, releases_are_due
from github_activity_tracker.sync.rereading import reread_quarantined
from github_activity_tracker.sync.session import RepositoryScope, Source
from github_activity_tracker.sync.sweeping import Sweep
from github_activity_tracker.sync.unknown import forget_names, names_due, noted_names
from github_activity_tracker.sync.walking import Walk

FullName = tuple[str, str]
EVERYTHING = "all repositories"
MESSAGE = "Update issues and pull requests"
EXPORT, PUBLICATION, SWEEP = "markdown export", "markdown publication", "sweep"


class GithubCollector(AbstractCollector):
    """Repositories of GitHub: commits, issues, pull requests and all that people say on them."""

    result_class = GithubResult
    # Folders whose file changes are kept; empty: all.
    folders: tuple[str, ...] = ()

    def __init__(self, options: GithubOptions | None = None) -> None:
        super().__init__(options)
        self.asked = options or GithubOptions()
        self.settings = GithubActivitySettings.current()
        self._repositories: list[str] = []

    # What an app says

    @property
    @abstractmethod
    def owner(self) -> str:
        """The owner of repositories that are named without one."""

    @abstractmethod
    def names(self) -> Sequence[FullName]:
        """Return (owner, name) of the repositories that are known without looking anywhere."""

    def further_names(self) -> Sequence[FullName]:
        """Return those that the mirrors of the first ones name, which are up to date by then.

        Raises NotFound when they are not mirrored.
        """
        return ()

    @abstractmethod
    def prefix_of(self, repository: Repository) -> str | None:
        """Return the folder of a repository's Markdown; None when it is not this collector's."""

    @abstractmethod
    def destination(self) -> Destination | None:
        """Return where Markdown is published; None: nowhere."""

    # What a run does

    def validate_config(self) -> None:
        if self.options.from_archive:
            self.options.refuse_offline("--from-archive")
        for name in self.asked.repos:
            _full_name(name, self.owner)
        if not (self.options.from_archive or self.asked.skip_github_sync):
            GitHub.require(Use.SCRAPING)
            if not (self.asked.skip_markdown_export or self.asked.skip_remote_push) and self.destination():
                GitHub.require(Use.PUSH)

    def collect(self) -> Result:
        if self.options.from_archive:
            self._replay()
            if not self.asked.skip_markdown_export:
                self._render_all()
        elif self.asked.repos:
            self._collect_all()
        else:
            # One run at a time; those of single repositories wait for each other repository by repository.
            self.attempt(EVERYTHING, self._collect_all)
        return self.result(repositories=tuple(self._repositories))

    def _collect_all(self) -> None:
        if not self.asked.skip_github_sync:
            with self._source() as source:
                self._synchronise(source)
        if not self.asked.skip_markdown_export and self._render_all():
            self._publish_all()

    def plan(self) -> list[PlannedRequests]:
        with self._source() as source:
            further: Sequence[FullName] = ()
            unknown: list[PlannedRequests] = []
            try:
                further = self._further_names()
            except NotFound:
                what = "then the repositories that it names, known when it is mirrored"
                unknown.append(PlannedRequests("/".join(self.names()[0]), what, 0))
            answers = ask(source, [*self._first_names(), *further])
            return [*(line for each in answers for line in plan_repository(source, each)), *unknown]

    def _source(self) -> Source:
        return Source(self, self.asked, self.settings, self.folders)

    def _synchronise(self, source: Source) -> None:
        accounts = Scope(self, ACCOUNTS)
        if accounts.listed(ACCOUNT.name):
            self.attempt(ACCOUNTS, retry, accounts, None, [ACCOUNT])
        first = self._bring(probe(source, self._first_names()), by_name=False)
        scopes = [*first, *self._bring_named(source, self._named_by(first))]
        # What a run was told to leave out is not missing.
        if scopes and not (self.options.since or self.options.until or self.options.limit):
            self.attempt(SWEEP, Sweep(source, scopes).run)

    def _named_by(self, scopes: Sequence[RepositoryScope]) -> Sequence[FullName]:
        """Return what the mirrors of the first repositories name; one that cannot be read is made again."""
        try:
            return self._further_names()
        except NotMirrored:
            if self.outcome.complete:
                raise
            return ()  # why there is no mirror was told
        except (MirrorDamaged, CommandFailed, ConfigurationError):
            for scope in scopes:
                mirrors.distrust(scope)
                self._bring_commits(scope)
        return self._further_names()

    def _bring_named(self, source: Source, names: Sequence[FullName]) -> list[RepositoryScope]:
        """Bring what mirrors name, of which GitHub may not know all."""
        asked = names_due(source.states, names)
        answers = probe(source, asked)
        scopes = self._bring(answers, by_name=True)
        if self.asked.from_repo is None and not self.asked.repos:
            missing = {answer.full_name for answer in answers if isinstance(answer, Missing)}
            unknown = {"/".join(name) for name in names if name not in asked} | missing
            if known := noted_names(self.name).keys() - unknown:
                with self.page(REPOSITORIES) as page:
                    forget_names(page, known)
        return scopes

    def _bring(self, answers: Sequence[RepositoryScope | Missing], *, by_name: bool) -> list[RepositoryScope]:
        """Bring what is new of these repositories; what fails stops only itself."""
        scopes: list[RepositoryScope] = []
        for answer in answers:
            if isinstance(answer, Missing):
                self.attempt(answer.full_name, answer.note, by_name=by_name)
            else:
                scopes.append(answer)
                self._bring_one(answer)
        return scopes

    def _bring_one(self, scope: RepositoryScope) -> None:
        self._repositories.append(str(scope))
        if self.options.retry_quarantined and scope.name in self.quarantine.scopes():
            self.quarantine.release(scope.name)
        if mirrors.is_due(scope):
            self.attempt(f"{scope} commits", self._bring_commits, scope)
            scope.source.unlinked.add(scope.row.github_id)
        if scope.row.github_id in scope.source.unlinked:
            self.attempt(f"{scope} accounts", link_accounts, scope)
        for walk in (Walk(scope, kind) for kind in THREADS):
            if walk.is_due():
                self.attempt(f"{scope} {walk.kind.noun}", walk.run)
        if releases_are_due(scope):
            self.attempt(f"{scope} releases", read_releases, scope)
        doubted = self.absences.is_doubtful(scope.name, *(kind.name for kind in CHILDREN))
        if doubted or scope.name in self.quarantine.scopes():
            self.attempt(f"{scope} quarantine", reread_quarantined, scope)

    def _bring_commits(self, scope: RepositoryScope) -> None:
        try:
            Ingestion(scope, mirrors.fetched(scope)).run()
        except MirrorDamaged:  # it is marked, so that it is cloned again now
            Ingestion(scope, mirrors.fetched(scope)).run()

    def _replay(self) -> None:
        replay_repositories(self)
        known = {name for row in Repository.objects.all() for name in known_names(row)}
        for name in self._first_names() if self.asked.repos else ():
            if "/".join(name).casefold() not in known:
                raise NotFound(f"nothing is archived of {'/'.join(name)}", remedy="check its name")
        with self._source() as source:
            for row in Repository.objects.order_by("owner", "name"):
                if self.prefix_of(row) is not None and self._is_asked(row):
                    self.attempt(row.full_name, replay_repository, source.repository(row, {}))

    def _render_all(self) -> bool:
        prefixes = {
            row.github_id: prefix
            for row in Repository.objects.live().prefetch_related("names")
            if (prefix := self.prefix_of(row)) is not None
        }
        return self.attempt(EXPORT, self._render, prefixes)

    def _publish_all(self) -> None:
        destination = self.destination()
        if destination is not None and not self.asked.skip_remote_push:
            self.attempt(PUBLICATION, self._publish, destination)

    def _render(self, prefixes: Mapping[int, str]) -> None:
        exported = IssueExport(self, prefixes).run()
        for what, number in (("files_rendered", exported.rendered), ("files_removed", exported.removed)):
            if number:
                self.outcome.counts[what] += number

    def _publish(self, destination: Destination) -> None:
        if publish_export(self, destination, MESSAGE):
            self.outcome.counts["publications"] += 1

    def _first_names(self) -> Sequence[FullName]:
        """Return the first names; with --repo those that are asked for, wherever they are named."""
        if self.asked.repos:
            return list(dict.fromkeys(_full_name(name, self.owner) for name in self.asked.repos))
        return self.names()

    def _further_names(self) -> Sequence[FullName]:
        """Return the further names, not those in front of --from-repo."""
        if self.asked.repos:
            return ()
        first = self.names()
        names = [name for name in self.further_names() if name not in first]
        if self.asked.from_repo is None:
            return names
        start = _full_name(self.asked.from_repo, self.owner)
        if start in first:
            return names
        if start not in names:
            known = ["/".join(name) for name in names]
            close = get_close_matches("/".join(start), known, n=3) or ["none is close"]
            raise InvalidInput(
                f"--from-repo: {'/'.join(start)} is not among the {len(known)} repositories",
                remedy=f"close ones: {', '.join(close)}",
            )
        return names[names.index(start) :]

    def _is_asked(self, row: Repository) -> bool:
        asked = {"/".join(name).casefold() for name in self._first_names()}
        return not self.asked.repos or not asked.isdisjoint(known_names(row))


def known_names(row: Repository) -> set[str]:
    """Return `owner/name` of today and before, casefolded: GitHub's names do not tell cases apart."""
    return {row.full_name.casefold(), *(each.full_name.casefold() for each in row.names.all())}  # type: ignore[attr-defined] - Django adds it


def _full_name(name: str, owner: str) -> FullName:
    """Return owner and name of `asio` or `boostorg/asio`. Raises InvalidInput for anything else."""
    before, slash, after = name.strip().partition("/")
    parts = (before, after) if slash else (owner, before)
    if not all(parts) or any(set(part) & set("/?# \\") or part in {".", ".."} for part in parts):
        raise InvalidInput(f"{name!r} is not a repository", remedy="write name or owner/name")
    return parts
