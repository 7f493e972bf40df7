"""A client on a served twin, and the way from its pages into the tables."""

import uuid
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.conf import AppSettings
from core.metering import Meter
from core.models import Run
from core.operations.github_ops import GitHub, GraphqlAnswer, GraphqlClient
from core.pages import page
from core.twins import Served, serve
from github_activity_tracker.client import (
    GithubActivityClient,
    ItemReply,
    Items,
    Outline,
    OutlineReply,
)
from github_activity_tracker.models import Repository
from github_activity_tracker.parsing.outlines import parse_outline
from github_activity_tracker.parsing.repositories import parse_repository
from github_activity_tracker.services.repositories import Sighting, save_repositories
from github_activity_tracker.sync.kinds import LISTED, THREADS, ItemKind
from github_activity_tracker.sync.outlines import changed_among, stored_between
from github_activity_tracker.sync.saving import bury, take_nodes
from github_activity_tracker.twin import GithubTwin

Counts = Counter[str]
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

    def collect(self, owner: str, name: str) -> list[Counts]:
        """Everything of a repository into the tables; what each page has counted."""
        (probed,) = self.client.repositories([(owner, name)])
        assert probed.node is not None, probed.problem
        record = parse_repository(probed.node)
        save_repositories(Sighting(TODAY, {}), [record])
        return [
            self.save(record.github_id, kind, page)
            for kind in LISTED
            for page in self.client.items(kind.name, record.owner, record.name)
        ]

    def save(self, repository: int, kind: ItemKind, listed: ItemReply | Items) -> Counts:
        """A reply into the tables, as one page."""
        self.problems += [problem.message for problem in listed.problems]
        run = a_run()
        with CaptureQueriesContext(connection) as queries, page(run, str(repository)) as opened:
            take_nodes(opened, kind, repository, listed.nodes, complete=listed.complete)
        self.statements.append(len(queries))
        return opened.counts

    def sweep(self, owner: str, name: str) -> list[str]:
        """Compare all that is stored of a repository with GitHub, read again what differs.

        Returns the ids of that.
        """
        repository = Repository.objects.get(names__full_name=f"{owner}/{name}").github_id
        wrong: list[str] = []
        for kind in THREADS:
            listed = OutlineReply(Outline(owner, name, kind.name), [], None, more=True, total=0)
            after = None
            while listed.more:
                (listed,) = self.client.outlines([Outline(owner, name, kind.name, listed.cursor)])
                assert listed.problem is None
                told = [parse_outline(node) for node in listed.nodes]
                until = told[-1].created_at if listed.more else None
                absent = stored_between(kind, repository, after, until) - {each.node_id for each in told}
                after = until
                again = sorted(changed_among(kind, repository, told) | absent)
                for items in self.client.nodes(kind.name, again):
                    self.save(repository, kind, items)
                    with page(a_run(), str(repository)) as opened:
                        bury(opened, kind, repository, items.gone)
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


def a_run() -> Run:
    """A run that pages can be saved in."""
    return Run.objects.get_or_create(
        collector="c", host="h", pid=1, status=Run.Status.RUNNING, defaults={"token": uuid.uuid4()}
    )[0]
