"""A client on a served twin, and the way from its pages into the tables."""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.conf import AppSettings
from core.metering import Meter
from core.operations.github_ops import GitHub, GraphqlAnswer, GraphqlClient
from core.twins import Served, serve
from github_activity_tracker.client import (
    GithubActivityClient,
    ItemKind,
    ItemPage,
    Items,
    Outline,
    OutlinePage,
)
from github_activity_tracker.models import Repository
from github_activity_tracker.parsing import leaves_of, parse, parse_outline, parse_repository
from github_activity_tracker.services import (
    Saved,
    save_items,
    save_repositories,
    tombstone_items,
)
from github_activity_tracker.sync.outlines import changed_among, stored_between
from github_activity_tracker.twin import GithubTwin

THREADS: tuple[ItemKind, ...] = ("issue", "pull_request", "discussion")
TODAY = datetime(2026, 1, 1, tzinfo=UTC).date()


@dataclass(frozen=True)
class Asked:
    """A query that was sent, and what it was expected to cost."""

    query: str
    variables: Mapping[str, Any]
    points: int


class NotingClient(GraphqlClient):
    """Sends through another client, and notes what."""

    def __init__(self, inner: GraphqlClient) -> None:
        self.inner = inner
        self.asked: list[Asked] = []

    def execute(self, query: str, variables: Mapping[str, Any], *, points: int = 1) -> GraphqlAnswer:
        self.asked.append(Asked(query, dict(variables), points))
        return self.inner.execute(query, variables, points=points)


@dataclass
class Reading:
    """A served twin, a client on it, what it sent and what saving cost."""

    twin: GithubTwin
    served: Served
    client: GithubActivityClient
    meter: Meter
    asked: list[Asked]
    statements: list[int] = field(default_factory=list[int])
    problems: list[str] = field(default_factory=list[str])

    def collect(self, owner: str, name: str) -> list[Saved]:
        """Everything of a repository into the tables."""
        (probed,) = self.client.repositories([(owner, name)])
        assert probed.node is not None, probed.problem
        record = parse_repository(probed.node)
        save_repositories([record], {}, TODAY)
        client, today = self.client, (record.owner, record.name)
        return [
            self.save(record.github_id, page)
            for pages in (
                client.issues(*today),
                client.pull_requests(*today),
                client.discussions(*today),
                client.releases(*today),
            )
            for page in pages
        ]

    def save(self, repository_id: int, page: ItemPage | Items) -> Saved:
        """A page into the tables, as one transaction."""
        self.problems += [problem.message for problem in page.problems]
        leaves = [leaf for node in page.nodes for leaf in leaves_of(node, repository_id)]
        records = [parse(leaf.kind, leaf.payload) for leaf in leaves]
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            saved = save_items(repository_id, records, page.complete)
        self.statements.append(len(queries))
        return saved

    def sweep(self, owner: str, name: str) -> list[str]:
        """Compare all that is stored of a repository with GitHub, read again what differs.

        Returns the ids of that.
        """
        row = Repository.objects.get(names__full_name=f"{owner}/{name}")
        wrong: list[str] = []
        for kind in THREADS:
            page, after = OutlinePage(Outline(owner, name, kind), [], None, more=True, total=0), None
            while page.more:
                (page,) = self.client.outlines([Outline(owner, name, kind, page.cursor)])
                assert page.problem is None
                told = [parse_outline(node) for node in page.nodes]
                until = told[-1].created_at if page.more else None
                absent = stored_between(row, kind, after, until) - {outline.node_id for outline in told}
                after = until
                again = sorted(changed_among(kind, told) | absent)
                for items in self.client.nodes(kind, again):
                    self.save(row.github_id, items)
                    tombstone_items(items.gone)
                wrong += again
        return wrong

    def requests(self) -> int:
        return self.meter.snapshot().requests


@contextmanager
def reading(
    twin: GithubTwin, settings_from: Callable[[dict[str, str]], None], *, page_size: int = 50
) -> Generator[Reading]:
    """Serve a twin and read it."""
    with serve([twin]) as served:
        settings_from(served.environment())
        AppSettings.forget()
        meter = Meter()
        with GitHub(meter=meter) as github:
            graphql = NotingClient(github.graphql)
            client = GithubActivityClient(graphql, page_size=page_size)
            yield Reading(twin, served, client, meter, graphql.asked)


def total(saved: Iterable[Saved], verb: str) -> int:
    """How many rows were created or updated, of all kinds."""
    return sum(getattr(outcome.upserted, verb) for each in saved for outcome in each.outcomes)
