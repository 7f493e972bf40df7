"""The smallest tracker there is: papers by year, from a source that a test plays on loopback."""

import json
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

from core.collectors import AbstractCollector, BaseCollectorCommand, CollectorOptions, PlannedRequests
from core.errors import ConfigurationError, InvalidInput
from core.http import HttpClient
from core.models import SweptItem
from core.pages import Page
from core.protocols import State, TrackerResult
from core.store import upsert
from core.tests.loopback import Request, Source, serving


class PaperCollector(AbstractCollector):
    """`/years` lists the years; `/<year>/<page>` answers {"papers": [{"number", "title"}], "more": bool}."""

    name = "papers"

    def __init__(self, options: CollectorOptions | None = None) -> None:
        super().__init__(options)
        self.url = os.environ.get("PAPERS_URL", "")
        self.source = HttpClient(
            self.url or "http://localhost",
            meter=self.meter,
            stop=self.stop_requested,
            deadline=self.deadline,
            attempts=1,
        )

    def validate_config(self) -> None:
        if not self.url:
            raise ConfigurationError("PAPERS_URL is not set", remedy="it is the address of the papers")

    def collect(self) -> TrackerResult:
        for year in self.source.get("years").json():
            self.attempt(year, self.collect_year, year)
        return self.result()

    def collect_year(self, year: str) -> None:
        number, more = int(self.checkpoint(year, "papers").checkpoint_token or 0), True
        while more:
            answer = self.source.get(f"{year}/{number}").json()
            number, more = number + 1, answer["more"]
            with self.page(year) as page:
                save_papers(page, year, answer["papers"])
                page.checkpoint("papers", State(str(number if more else number - 1)))

    def plan(self) -> list[PlannedRequests]:
        return [PlannedRequests(year, "read its papers", 1) for year in self.source.get("years").json()]


def save_papers(page: Page, year: str, papers: list[Mapping[str, Any]]) -> None:
    rows: list[SweptItem] = []
    for paper in papers:
        if paper["number"]:
            rows.append(
                SweptItem(collector="papers", scope=year, external_id=paper["number"], part=paper["title"])
            )
        else:
            page.quarantine("paper", paper["title"], b"", InvalidInput("it has no number"))
    saved = upsert(SweptItem, rows, key=("collector", "scope", "external_id"))
    page.saved("papers", "paper", saved, key="external_id")


class Command(BaseCollectorCommand):
    def get_collector(self, **options: Any) -> PaperCollector:
        return PaperCollector(CollectorOptions(**self.common_options(options)))


@contextmanager
def published(
    answers: Mapping[str, Any],
    before: Mapping[str, Callable[[], object]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Generator[Source]:
    """The source: path -> its JSON, or the status it fails with, with these headers. `before`: path -> what
    happens first.
    """

    def answer(asked: Request) -> None:
        if before and asked.path in before:
            before[asked.path]()
        found = answers[asked.path]
        if isinstance(found, int):
            asked.reply(found, headers=dict(headers or {}))
        else:
            asked.reply(body=json.dumps(found).encode())

    with serving(answer) as source:
        yield source
