"""Asking many repositories at once what they are and what of theirs changed last."""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from core.errors import CollectorError, NotFound, PermissionDenied, SourceError
from core.payloads import UNTYPED
from github_activity_tracker.models import Repository
from github_activity_tracker.parsing import leaves_of, newest_of, parse
from github_activity_tracker.protocol_impl import Leaf, Newest, RepositoryRecord
from github_activity_tracker.services import save_repositories, save_unavailable
from github_activity_tracker.sync.session import RepositorySession, Source
from github_activity_tracker.sync.unknown import SCOPE, note_unknown

logger = logging.getLogger(__name__)

FullName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Missing:
    """A repository that could not be asked, and why."""

    source: Source
    full_name: str
    error: CollectorError

    @property
    def is_about_it(self) -> bool:
        """Whether it is the repository that is not to be had, and not GitHub."""
        return isinstance(self.error, NotFound | PermissionDenied)

    def note(self, *, by_name: bool) -> None:
        """Note why it cannot be had, with the repository or, where that is not known, `by_name`.

        Raises what is new, and what is noted nowhere.
        """
        if self.is_about_it:
            owner, _, name = self.full_name.partition("/")
            with self.source.collector.page(SCOPE) as page:
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
    record: RepositoryRecord
    leaf: Leaf
    newest: dict[str, Newest]


def ask(source: Source, names: Sequence[FullName]) -> Iterator[Found | Missing]:
    """What GitHub says of each repository, in the order asked."""
    for probed in source.client.repositories(names):
        full_name = f"{probed.owner}/{probed.name}"
        if probed.node is None:
            error = probed.problem or SourceError("GitHub gives neither it nor a reason", item=full_name)
            yield Missing(source, full_name, error)
            continue
        try:
            (leaf,) = leaves_of(probed.node, 0)
            record = cast("RepositoryRecord", parse(leaf.kind, leaf.payload))
            yield Found(record, leaf, newest_of(probed.node))
        except (CollectorError, *UNTYPED) as error:
            yield Missing(source, full_name, SourceError(f"GitHub's answer about it makes no sense: {error}"))


def probe(source: Source, names: Sequence[FullName]) -> list[RepositorySession | Missing]:
    """Ask, and save what was answered. A repository under its former name is found under its new one."""
    answers = _once(ask(source, names))
    found = [answer for answer in answers if isinstance(answer, Found)]
    if found:
        with source.collector.page(SCOPE) as page:
            page.archive("repository", {each.leaf.external_id: each.leaf.body() for each in found})
            counts = {
                each.record.github_id: {kind: newest.total for kind, newest in each.newest.items()}
                for each in found
            }
            saved = save_repositories(
                [each.record for each in found], counts, day=dt.datetime.now(dt.UTC).date()
            )
            page.saved("repositories", "repository", saved, key="github_id")
    rows = Repository.objects.in_bulk([each.record.github_id for each in found])
    return [
        answer
        if isinstance(answer, Missing)
        else RepositorySession(source, rows[answer.record.github_id], answer.newest)
        for answer in answers
    ]


def _once(answers: Iterable[Found | Missing]) -> list[Found | Missing]:
    """Two names may be one repository, an earlier name and today's."""
    found: dict[int | str, Found | Missing] = {}
    for answer in answers:
        key = answer.record.github_id if isinstance(answer, Found) else answer.full_name
        found.setdefault(key, answer)
    return list(found.values())
