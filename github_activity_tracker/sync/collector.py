"""The collector over any set of repositories; the apps above say which, and where they are published."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial

from core import quarantine
from core.collectors import AbstractCollector, PlannedRequests
from core.errors import CommandFailed, ConfigurationError, InvalidInput, NotFound
from core.exports import Destination, publish_export
from core.operations.github_ops import GitHub, Use
from core.operations.github_ops.git import MirrorDamaged
from core.protocols import Result
from github_activity_tracker.conf import GithubActivitySettings
from github_activity_tracker.models import Repository
from github_activity_tracker.protocol_impl import GithubResult
from github_activity_tracker.services import KIND_OF
from github_activity_tracker.sync import mirrors
from github_activity_tracker.sync.accounts import link_accounts
from github_activity_tracker.sync.commits import Ingestion
from github_activity_tracker.sync.exporting import IssueExport
from github_activity_tracker.sync.mirrors import NotMirrored
from github_activity_tracker.sync.offline import replay_repositories, replay_repository
from github_activity_tracker.sync.options import GithubOptions
from github_activity_tracker.sync.planning import plan_repository
from github_activity_tracker.sync.probing import Missing, ask, probe
from github_activity_tracker.sync.releases import read_releases, releases_are_due
from github_activity_tracker.sync.rereading import reread_quarantined
from github_activity_tracker.sync.session import THREADED, RepositorySession, Source
from github_activity_tracker.sync.sweeping import Sweep
from github_activity_tracker.sync.unknown import SCOPE, forget_names, names_due, noted_names
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
        """Whose repositories a name without an owner means."""

    @abstractmethod
    def names(self) -> Sequence[FullName]:
        """(owner, name) of the repositories that are known without looking anywhere."""

    def further_names(self) -> Sequence[FullName]:
        """Those that the mirrors of the first ones name, which are up to date by then.

        Raises NotFound when they are not mirrored.
        """
        return ()

    @abstractmethod
    def prefix_of(self, repository: Repository) -> str | None:
        """The folder of a repository's Markdown; None when it is not this collector's."""

    @abstractmethod
    def destination(self) -> Destination | None:
        """Where Markdown is published; None: nowhere."""

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
            self.scope(EVERYTHING, lambda _: self._collect_all())
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
        sessions = self._bring(source, self._first_names())
        sessions += self._bring_named(source, self._named_by(sessions))
        # What a run was told to leave out is not missing.
        if sessions and not (self.options.since or self.options.until or self.options.limit):
            self.scope(SWEEP, lambda _: Sweep(source, sessions).run())

    def _named_by(self, sessions: Sequence[RepositorySession]) -> Sequence[FullName]:
        """What the mirrors of the first repositories name; one that cannot be read is made again."""
        try:
            return self._further_names()
        except NotMirrored:
            if self.outcome.complete:
                raise
            return ()  # why there is no mirror was told
        except (MirrorDamaged, CommandFailed, ConfigurationError):
            for session in sessions:
                mirrors.distrust(session)
                self._bring_commits(session)
        return self._further_names()

    def _bring_named(self, source: Source, names: Sequence[FullName]) -> list[RepositorySession]:
        """The same for what mirrors name, of which GitHub may not know all."""
        asked = names_due(source.states, names)
        answers = probe(source, asked) if asked else []
        sessions = self._bring_answers(answers, by_name=True)
        if self.asked.from_repo is None and not self.asked.repos:
            missing = {answer.full_name for answer in answers if isinstance(answer, Missing)}
            unknown = {"/".join(name) for name in names if name not in asked} | missing
            if known := noted_names(self.name).keys() - unknown:
                with self.page(SCOPE) as page:
                    forget_names(page, known)
        return sessions

    def _bring(self, source: Source, names: Sequence[FullName]) -> list[RepositorySession]:
        """Bring what is new of these repositories; what fails stops only itself."""
        return self._bring_answers(probe(source, names) if names else [], by_name=False)

    def _bring_answers(
        self, answers: Sequence[RepositorySession | Missing], *, by_name: bool
    ) -> list[RepositorySession]:
        sessions: list[RepositorySession] = []
        for answer in answers:
            if isinstance(answer, Missing):
                self.scope(answer.full_name, _calling(partial(answer.note, by_name=by_name)))
            else:
                sessions.append(answer)
                self._bring_one(answer)
        return sessions

    def _bring_one(self, session: RepositorySession) -> None:
        name = session.full_name
        self._repositories.append(name)
        if self.options.retry_quarantined and session.has_quarantined:
            quarantine.release(self.name, session.scope)
        if mirrors.is_due(session):
            self.scope(f"{name} commits", lambda _: self._bring_commits(session))
            session.source.unlinked.add(session.row.github_id)
        if session.row.github_id in session.source.unlinked:
            self.scope(f"{name} accounts", lambda _: link_accounts(session))
        for walk in (Walk(session, kind) for kind in THREADED):
            if walk.is_due():
                self.scope(f"{name} {walk.kind}", _calling(walk.run))
        if releases_are_due(session):
            self.scope(f"{name} releases", lambda _: read_releases(session))
        if session.has_quarantined or self.absences.is_doubtful(session.scope, *KIND_OF.values()):
            self.scope(f"{name} quarantine", lambda _: reread_quarantined(session))

    def _bring_commits(self, session: RepositorySession) -> None:
        try:
            Ingestion(session, mirrors.fetched(session)).run()
        except MirrorDamaged:  # it is marked, so that it is cloned again now
            Ingestion(session, mirrors.fetched(session)).run()

    def _replay(self) -> None:
        replay_repositories(self)
        known = {name for row in Repository.objects.all() for name in known_names(row)}
        for name in self._first_names() if self.asked.repos else ():
            if "/".join(name).casefold() not in known:
                raise NotFound(f"nothing is archived of {'/'.join(name)}", remedy="check its name")
        with self._source() as source:
            for row in Repository.objects.order_by("owner", "name"):
                if self.prefix_of(row) is not None and self._is_asked(row):
                    session = RepositorySession(source, row, {})
                    self.scope(row.full_name, lambda _, session=session: replay_repository(session))

    def _render_all(self) -> bool:
        prefixes = {
            row.github_id: prefix
            for row in Repository.objects.filter(removed_at__isnull=True).prefetch_related("names")
            if (prefix := self.prefix_of(row)) is not None
        }
        return self.scope(EXPORT, lambda _: self._render(prefixes))

    def _publish_all(self) -> None:
        destination = self.destination()
        if destination is not None and not self.asked.skip_remote_push:
            self.scope(PUBLICATION, lambda _: self._publish(destination))

    def _render(self, prefixes: Mapping[int, str]) -> None:
        exported = IssueExport(self, prefixes).run()
        for what, number in (("files_rendered", exported.rendered), ("files_removed", exported.removed)):
            if number:
                self.outcome.counts[what] += number

    def _publish(self, destination: Destination) -> None:
        if publish_export(self, destination, MESSAGE):
            self.outcome.counts["publications"] += 1

    def _first_names(self) -> Sequence[FullName]:
        """With --repo those that are asked for, wherever they are named."""
        if self.asked.repos:
            return list(dict.fromkeys(_full_name(name, self.owner) for name in self.asked.repos))
        return self.names()

    def _further_names(self) -> Sequence[FullName]:
        """Not those in front of --from-repo."""
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
    """`owner/name` of today and before, casefolded: GitHub's names do not tell cases apart."""
    return {row.full_name.casefold(), *(each.full_name.casefold() for each in row.names.all())}  # type: ignore[attr-defined] - Django adds it


def _full_name(name: str, owner: str) -> FullName:
    """`asio` or `boostorg/asio`. Raises InvalidInput for anything else."""
    before, slash, after = name.strip().partition("/")
    parts = (before, after) if slash else (owner, before)
    if not all(parts) or any(set(part) & set("/?# \\") or part in {".", ".."} for part in parts):
        raise InvalidInput(f"{name!r} is not a repository", remedy="write name or owner/name")
    return parts


def _calling(work: Callable[[], None]) -> Callable[[str], None]:
    return lambda _name: work()
