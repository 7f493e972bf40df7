"""Finding what no update tells: deletions, transfers, resolved threads, reactions, edits of old comments.

Outlines (ids, times, no texts) of everything are compared with what is stored, in the order of creation and
many repositories a request. What differs is read again. A run spends few requests on it; the checkpoint of
each repository and kind says how far its sweep has come, and when it was last through.
"""

import datetime as dt
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Value

from core import sweeps
from core.errors import InvalidInput, SourceError
from core.items import understood
from core.protocols import State
from core.visits import is_due
from github_activity_tracker.client import Outline, OutlineReply
from github_activity_tracker.models import Discussion, Issue, Release
from github_activity_tracker.parsing.outlines import parse_outline
from github_activity_tracker.protocol_impl.records import OutlineRecord
from github_activity_tracker.sync.kinds import DISCUSSION, LISTED, RELEASE, ItemKind
from github_activity_tracker.sync.outlines import changed_among, stored_between
from github_activity_tracker.sync.rereading import reread
from github_activity_tracker.sync.session import RepositoryScope, Source

OUTLINES_A_REQUEST = 8
PAGES_BETWEEN_CHECKPOINTS = 50
# Requests more, on a day when the source's numbers tell that something was deleted or transferred.
MOST_FOR_DIFFERENCES = 25


@dataclass(slots=True)
class Stretch:
    """One kind of items of one repository that is due. `after`: what was created until then is swept."""

    scope: RepositoryScope
    kind: ItemKind
    stored: int
    cursor: str | None = None
    after: dt.datetime | None = None
    # The items of that very second that were listed.
    at_edge: set[str] = field(default_factory=set[str])
    pages: int = 0

    @property
    def stream(self) -> str:
        return f"sweep {self.kind.noun}"

    @property
    def state(self) -> State:
        """The checkpoint that the sweep had reached when the run began."""
        return self.scope.state(self.stream)

    @property
    def total(self) -> int:
        return self.scope.newest[self.kind.noun].total

    def __str__(self) -> str:
        return f"{self.scope} {self.kind.noun.replace('_', ' ')}"


@dataclass(slots=True)
class Sweep:
    """The sweep of one run over its repositories."""

    source: Source
    scopes: Sequence[RepositoryScope]

    def run(self) -> None:
        """Sweep what is due: where the numbers differ first, then what was not swept for longest.

        With --full, all of it.
        """
        due = self._due()
        waiting = deque(stretch for stretch, _ in due)
        left = None
        if not self.source.options.full:
            left = self.source.settings.github_sweep_requests
            left += MOST_FOR_DIFFERENCES if any(differs for _, differs in due) else 0
        refused: list[str] = []
        while waiting and left != 0:
            some = [waiting.popleft() for _ in range(min(OUTLINES_A_REQUEST, len(waiting)))]
            left = None if left is None else left - 1
            for stretch, page in zip(some, self.source.client.outlines(_asked(some)), strict=True):
                if page.problem is not None:
                    refused.append(f"{stretch}: {page.problem}")
                    if page.cursor_refused:
                        self._begin_again(stretch)
                    continue
                self._compare(stretch, page)
                if page.more:
                    waiting.appendleft(stretch)
        for stretch in waiting:
            self._save_progress(stretch)
        if refused:
            raise SourceError(f"GitHub does not list {'; '.join(refused)}", remedy="run it again later")

    def _due(self) -> list[tuple[Stretch, bool]]:
        """Return what to sweep, the most urgent first, and whether its number is another than ours."""
        stored = _stored_numbers([scope.row.github_id for scope in self.scopes])
        due: list[tuple[bool, str, Stretch]] = []
        for scope in self.scopes:
            for kind in LISTED:
                stretch = Stretch(scope, kind, stored[scope.row.github_id, kind.name])
                extras = stretch.state.extras
                stretch.cursor = extras.get("cursor")
                stretch.after = dt.datetime.fromisoformat(extras["after"]) if extras.get("after") else None
                differs = self._differs(stretch)
                if differs or (stretch.total and self._is_old(stretch)):
                    due.append((not differs, stretch.state.checkpoint_token or "", stretch))
        return [(stretch, not equal) for equal, _, stretch in sorted(due, key=lambda each: each[:2])]

    def _differs(self, stretch: Stretch) -> bool:
        """Whether the source's number is another than ours, in a way that no sweep has looked into yet."""
        ours = stretch.stored + len(stretch.scope.listed(stretch.kind.name))
        return stretch.total != ours and stretch.state.extras.get("gap") != [stretch.total, stretch.stored]

    def _is_old(self, stretch: Stretch) -> bool:
        if stretch.kind.noun in stretch.scope.read_whole:
            return False
        if stretch.cursor is not None or self.source.options.full:
            return True
        days, swept = self.source.settings.github_sweep_days, stretch.state.checkpoint_token
        return is_due(swept, days=days, now=dt.datetime.now(dt.UTC))

    def _compare(self, stretch: Stretch, page: OutlineReply) -> None:
        kind, repository = stretch.kind, stretch.scope.row.github_id
        told, changed = _parsed(page)
        until = max((outline.created_at for outline in told), default=stretch.after)
        changed |= changed_among(kind, repository, told) | set(page.strange)
        last = until if page.more else None
        listed = {node.get("id") for node in page.nodes} | set(page.strange)
        missing = stored_between(kind, repository, stretch.after, last) - listed - stretch.at_edge
        reread(stretch.scope, kind, changed | missing)
        at_edge = {each.node_id for each in told if each.created_at == until}
        stretch.at_edge = at_edge | (stretch.at_edge if until == stretch.after else set())
        stretch.pages += 1
        stretch.cursor, stretch.after = (page.cursor, until) if page.more else (None, None)
        if not page.more:
            self._finish(stretch)
        elif stretch.pages % PAGES_BETWEEN_CHECKPOINTS == 0:
            self._save_progress(stretch)

    def _save_progress(self, stretch: Stretch) -> None:
        """Save where the next run goes on; nothing for a stretch that this one did not come to."""
        if stretch.pages:
            after = stretch.after.isoformat() if stretch.after else None
            extras = {"cursor": stretch.cursor, "after": after}
            marker = f"{stretch}: swept until those of {after}"
            with stretch.scope.page() as page:
                page.checkpoint(stretch.stream, State(stretch.state.checkpoint_token, marker, extras))

    def _begin_again(self, stretch: Stretch) -> None:
        """Save no cursor for the next sweep, as GitHub no longer takes this one."""
        before = stretch.state
        with stretch.scope.page() as page:
            page.checkpoint(stretch.stream, State(before.checkpoint_token, before.human_readable_marker))

    def _finish(self, stretch: Stretch) -> None:
        """Save that all was looked at; what is missing although it was is a gap, for the operator."""
        scope, kind = stretch.scope, stretch.kind
        numbers = _stored_numbers([scope.row.github_id])
        counted = {
            each.noun: (scope.newest[each.noun].total, numbers[scope.row.github_id, each.name])
            for each in LISTED
        }
        total, stored = counted[kind.noun]
        with scope.page() as page:
            mark = _complete(stretch.scope, kind, {} if stored == total else {"gap": [total, stored]})
            page.checkpoint(stretch.stream, mark)
            gaps = {noun: numbers for noun, numbers in counted.items() if numbers[0] > numbers[1]}
            sweeps.report_gaps(scope.collector.name, scope.name, gaps)
            if stored == total:  # so what had shown no id is among the others now
                page.resolve(kind.name, [name for name in scope.listed(kind.name) if "?" in name])


def mark_swept(scope: RepositoryScope, kind: ItemKind) -> None:
    """Save that all of a kind was just read, so that its next sweep is due after the usual time."""
    scope.read_whole.add(kind.noun)
    with scope.page() as page:
        page.checkpoint(f"sweep {kind.noun}", _complete(scope, kind, {}))


def _complete(scope: RepositoryScope, kind: ItemKind, extras: Mapping[str, object]) -> State:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return State(today, f"{scope} {kind.noun.replace('_', ' ')}: complete on {today}", extras)


def _asked(stretches: Iterable[Stretch]) -> list[Outline]:
    return [
        Outline(each.scope.row.owner, each.scope.row.name, each.kind.name, each.cursor) for each in stretches
    ]


def _parsed(page: OutlineReply) -> tuple[list[OutlineRecord], set[str]]:
    """Return the outlines, and the ids of items whose outline makes no sense: reading them will tell why."""
    told: list[OutlineRecord] = []
    strange: set[str] = set()
    for node in page.nodes:
        try:
            told.append(understood(parse_outline, node))
        except InvalidInput:
            strange.add(node["id"])
    return told, strange


def _stored_numbers(repositories: Iterable[int]) -> Counter[tuple[int, str]]:
    """Return how many items are stored and not removed, by repository and kind."""
    ids = list(repositories)
    kinds = [
        Issue.objects.all(),
        Discussion.objects.annotate(kind=Value(DISCUSSION.name)),
        Release.objects.annotate(kind=Value(RELEASE.name)),
    ]
    found: Counter[tuple[int, str]] = Counter()
    for rows in kinds:
        counted = rows.live().filter(repository__in=ids).order_by().values_list("repository_id", "kind")
        for repository, kind, number in counted.annotate(number=Count("pk")):
            found[repository, kind] = number
    return found
