"""Asking many repositories at once what they are and what of theirs changed last."""

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.errors import CollectorError, NotFound, PermissionDenied, SourceError
from core.items import understood
from github_activity_tracker.client.replies import Node
from github_activity_tracker.models import Repository
from github_activity_tracker.parsing.repositories import newest_of, parse_repository
from github_activity_tracker.protocol_impl.records import Newest, RepositoryRecord
from github_activity_tracker.services.repositories import Sighting, save_unavailable
from github_activity_tracker.sync.kinds import REPOSITORIES, REPOSITORY
from github_activity_tracker.sync.session import RepositoryScope, Source
from github_activity_tracker.sync.unknown import note_unknown

logger = logging.getLogger(__name__)

FullName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Missing:
    """A repository that could not be asked, and why."""

    source: Source
    full_name: str
    error: CollectorError

    def note(self, *, by_name: bool) -> None:
        """Note why it cannot be had, with the repository or, where that is not known, `by_name`.

        Raises what is new, and what is noted nowhere: that GitHub, and not the repository, is not to be had.
        """
        if isinstance(self.error, NotFound | PermissionDenied):
            owner, _, name = self.full_name.partition("/")
            with self.source.collector.page(REPOSITORIES) as page:
                is_stored = Repository.objects.filter(owner__iexact=owner, name__iexact=name).exists()
                noted = save_unavailable(owner, name, self.error.message)
                page.count("repositories_unavailable", noted)
                if by_name and not is_stored:
                    noted = note_unknown(page, self.full_name, self.error.message)
            if not noted and (is_stored or by_name):
                logger.warning("%s is still unavailable: %s", self.full_name, self.error)
                return
        raise self.error


@dataclass(frozen=True, slots=True)
class Found:
    """A repository as GitHub shows it; `newest`: what of its items changed last, by their noun."""

    record: RepositoryRecord
    node: Node
    newest: dict[str, Newest]


def ask(source: Source, names: Sequence[FullName]) -> Iterator[Found | Missing]:
    """Yield what GitHub says of each repository, in the order asked."""
    for probed in source.client.repositories(names):
        full_name = f"{probed.owner}/{probed.name}"
        if probed.node is None:
            error = probed.problem or SourceError("GitHub gives neither it nor a reason", item=full_name)
            yield Missing(source, full_name, error)
            continue
        try:
            yield Found(
                *understood(lambda node: (parse_repository(node), node, newest_of(node)), probed.node)
            )
        except CollectorError as error:
            yield Missing(source, full_name, SourceError(f"GitHub's answer about it makes no sense: {error}"))


def probe(source: Source, names: Sequence[FullName]) -> list[RepositoryScope | Missing]:
    """Ask, and save what was answered. A repository under its former name is found under its new one."""
    answers: dict[int | str, Found | Missing] = {}
    for answer in ask(source, names) if names else ():
        # Two names may be one repository, an earlier name and today's.
        key = answer.record.github_id if isinstance(answer, Found) else answer.full_name
        answers.setdefault(key, answer)
    found = [answer for answer in answers.values() if isinstance(answer, Found)]
    if found:
        counts = {
            each.record.github_id: {noun: newest.total for noun, newest in each.newest.items()}
            for each in found
        }
        with source.collector.page(REPOSITORIES) as page:
            today = Sighting(dt.datetime.now(dt.UTC).date(), counts)
            page.take(REPOSITORY, today, [each.node for each in found])
    rows = Repository.objects.in_bulk([each.record.github_id for each in found])
    scopes: list[RepositoryScope | Missing] = []
    for answer in answers.values():
        if isinstance(answer, Missing):
            scopes.append(answer)
        elif answer.record.github_id in rows:  # else the database has refused it, and it is in quarantine
            scopes.append(source.repository(rows[answer.record.github_id], answer.newest))
    return scopes
