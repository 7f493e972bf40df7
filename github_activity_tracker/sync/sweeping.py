"""Finding what no update tells: deletions, transfers, resolved threads, reactions, edits of old comments.

Outlines (ids, times, no texts) of everything are compared with what is stored, in the order of creation and
many repositories a request. What differs is read again. A run spends few requests on it; the checkpoint of
each repository and kind says how far its sweep has come, and when it was last through.
"""

import datetime as dt
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count

from core import sweeps
from core.errors import InvalidInput, SourceError
from core.items import understood
from core.protocols import State
from core.visits import is_due
from github_activity_tracker.client import ItemKind, Outline, OutlinePage
from github_activity_tracker.models import Discussion, Issue, Release
from github_activity_tracker.parsing import parse_outline
from github_activity_tracker.protocol_impl import OutlineRecord
from github_activity_tracker.sync.outlines import changed_among, stored_between
from github_activity_tracker.sync.rereading import reread
from github_activity_tracker.sync.session import (
    DISCUSSIONS,
    ISSUES,
    PULL_REQUESTS,
    RELEASES,
    THREADED,
    RepositorySession,
    Source,
)

OUTLINES_A_REQUEST = 8
PAGES_BETWEEN_CHECKPOINTS = 50
# Requests more, on a day when the source's numbers tell that something was deleted or transferred.
MOST_FOR_DIFFERENCES = 25
KIND_OF: dict[str, ItemKind] = {
    ISSUES: "issue",
    PULL_REQUESTS: "pull_request",
    DISCUSSIONS: "discussion",
    RELEASES: "release",
}
SWEPT = (*THREADED, RELEASES)


def stream_of(kind: str) -> str:
    return f"sweep {kind}"


@dataclass(slots=True)
class Stretch:
    """One kind of threads of one repository that is due. `after`: what was created until then is swept."""

    session: RepositorySession
    kind: str
    stored: int
    cursor: str | None = None
    after: dt.datetime | None = None
    # The threads of that very second that were listed.
    at_edge: set[str] = field(default_factory=set[str])
    pages: int = 0

    @property
    def name(self) -> str:
        return f"{self.session.full_name} {self.kind.replace('_', ' ')}"

    @property
    def total(self) -> int:
        return self.session.newest[self.kind].total


@dataclass(slots=True)
class Sweep:
    """The sweep of one run over its repositories."""

    source: Source
    sessions: Sequence[RepositorySession]

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
                    refused.append(f"{stretch.name}: {page.problem}")
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
        """What to sweep, the most urgent first, and whether its number is another than ours."""
        stored = _stored_numbers([session.row.github_id for session in self.sessions])
        now = dt.datetime.now(dt.UTC)
        due: list[tuple[tuple[bool, str], Stretch]] = []
        for session in self.sessions:
            for kind in SWEPT:
                state = session.state(stream_of(kind))
                stretch = Stretch(
                    session,
                    kind,
                    stored[session.row.github_id, kind],
                    state.extras.get("cursor"),
                    _time(state.extras.get("after")),
                )
                differs = self._differs(stretch, state)
                if differs or (stretch.total and self._is_old(stretch, state, now)):
                    due.append(((not differs, state.checkpoint_token or ""), stretch))
        return [(stretch, not equal) for (equal, _), stretch in sorted(due, key=lambda each: each[0])]

    def _differs(self, stretch: Stretch, state: State) -> bool:
        """Whether the source's number is another than ours, in a way that no sweep has looked into yet."""
        session = stretch.session
        ours = stretch.stored + self.source.quarantined(session.scope, KIND_OF[stretch.kind])
        return stretch.total != ours and state.extras.get("gap") != [stretch.total, stretch.stored]

    def _is_old(self, stretch: Stretch, state: State, now: dt.datetime) -> bool:
        if stretch.kind in stretch.session.read_whole:
            return False
        if stretch.cursor is not None or self.source.options.full:
            return True
        return is_due(state.checkpoint_token, days=self.source.settings.github_sweep_days, now=now)

    def _compare(self, stretch: Stretch, page: OutlinePage) -> None:
        session, kind = stretch.session, KIND_OF[stretch.kind]
        told, changed = _parsed(page)
        until = max((outline.created_at for outline in told), default=stretch.after)
        changed |= changed_among(kind, told) | set(page.strange)
        last = until if page.more else None
        listed = {node.get("id") for node in page.nodes} | set(page.strange)
        missing = stored_between(session.row, kind, stretch.after, last) - listed - stretch.at_edge
        reread(session, kind, changed | missing)
        at_edge = {each.node_id for each in told if each.created_at == until}
        stretch.at_edge = at_edge | (stretch.at_edge if until == stretch.after else set())
        stretch.pages += 1
        stretch.cursor, stretch.after = (page.cursor, until) if page.more else (None, None)
        if not page.more:
            self._finish(stretch)
        elif stretch.pages % PAGES_BETWEEN_CHECKPOINTS == 0:
            self._save_progress(stretch)

    def _save_progress(self, stretch: Stretch) -> None:
        """Where the next run goes on; nothing for a stretch that this one did not come to."""
        if stretch.pages:
            before = stretch.session.state(stream_of(stretch.kind))
            after = stretch.after.isoformat() if stretch.after else None
            extras = {"cursor": stretch.cursor, "after": after}
            marker = f"{stretch.name}: swept until those of {after}"
            with stretch.session.page() as page:
                page.checkpoint(stream_of(stretch.kind), State(before.checkpoint_token, marker, extras))

    def _begin_again(self, stretch: Stretch) -> None:
        """GitHub no longer takes the cursor: the next sweep has none."""
        before = stretch.session.state(stream_of(stretch.kind))
        with stretch.session.page() as page:
            state = State(before.checkpoint_token, before.human_readable_marker)
            page.checkpoint(stream_of(stretch.kind), state)

    def _finish(self, stretch: Stretch) -> None:
        session = stretch.session
        today = dt.datetime.now(dt.UTC).date().isoformat()
        stored = _stored_numbers([session.row.github_id])[session.row.github_id, stretch.kind]
        extras = {} if stored == stretch.total else {"gap": [stretch.total, stored]}
        with session.page() as page:
            page.checkpoint(
                stream_of(stretch.kind), State(today, f"{stretch.name}: complete on {today}", extras)
            )
            self._report(stretch)

    def _report(self, stretch: Stretch) -> None:
        """What is missing although everything was looked at, for the operator."""
        session = stretch.session
        numbers = _stored_numbers([session.row.github_id])
        gaps = {
            kind: (session.newest[kind].total, numbers[session.row.github_id, kind])
            for kind in SWEPT
            if session.newest[kind].total > numbers[session.row.github_id, kind]
        }
        sweeps.report_gaps(session.collector.name, session.scope, gaps)


def _asked(stretches: Iterable[Stretch]) -> list[Outline]:
    return [
        Outline(each.session.row.owner, each.session.row.name, KIND_OF[each.kind], each.cursor)
        for each in stretches
    ]


def _parsed(page: OutlinePage) -> tuple[list[OutlineRecord], set[str]]:
    """The outlines, and the ids of threads whose outline makes no sense: reading them will tell why."""
    told: list[OutlineRecord] = []
    strange: set[str] = set()
    for node in page.nodes:
        try:
            told.append(understood(parse_outline, node))
        except InvalidInput:
            if isinstance(node.get("id"), str):
                strange.add(node["id"])
    return told, strange


def mark_swept(session: RepositorySession, kind: str) -> None:
    """All of a kind was just read, so its next sweep is due after the usual time."""
    session.read_whole.add(kind)
    today = dt.datetime.now(dt.UTC).date().isoformat()
    with session.page() as page:
        name = f"{session.full_name} {kind.replace('_', ' ')}"
        page.checkpoint(stream_of(kind), State(today, f"{name}: complete on {today}"))


def _stored_numbers(repositories: Iterable[int]) -> Counter[tuple[int, str]]:
    """(repository, kind) -> threads that are stored and not removed."""
    ids = list(repositories)
    found: Counter[tuple[int, str]] = Counter()
    names = {Issue.Kind.ISSUE: ISSUES, Issue.Kind.PULL_REQUEST: PULL_REQUESTS}
    live = Issue.objects.filter(repository__in=ids, removed_at__isnull=True)
    for repository, kind, number in (
        live.values_list("repository_id", "kind").annotate(n=Count("pk")).order_by()
    ):
        found[repository, names[Issue.Kind(kind)]] = number
    for kind, model in ((DISCUSSIONS, Discussion), (RELEASES, Release)):
        rows = model.objects.filter(repository__in=ids, removed_at__isnull=True)
        for repository, number in rows.values_list("repository_id").annotate(n=Count("pk")).order_by():
            found[repository, kind] = number
    return found


def _time(value: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(value) if value else None
