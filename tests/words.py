"""The smallest derived collector: how many words each author of mails has written."""

import sys
from collections.abc import Sequence
from itertools import islice
from typing import Any, ClassVar

from django.db.models import Model

from boost_mailing_list_tracker.models import Message
from core.changes import Change, mark
from core.collectors import AbstractCollector, BaseCollectorCommand, CollectorOptions
from core.models import SweptItem
from core.protocols import State, TrackerResult
from core.registry import Declared, Tracker
from core.store import upsert
from tests.derived import Derived, Rows
from tests.subjects import SOURCES, Subject

RUN = """
import django
django.setup()
from tests.words import Command
Command().run_from_argv(["manage.py", "run_words"])
"""
SCOPE, STREAM = "mails", "changes"
BATCH = 5  # authors


class WordsCollector(AbstractCollector):
    name = "words"

    def validate_config(self) -> None:
        """There is nothing to set."""

    def collect(self) -> TrackerResult:
        self.attempt(SCOPE, self.count_words, SCOPE)
        return self.result()

    def count_words(self, scope: str) -> None:
        since = self.checkpoint(scope, STREAM).checkpoint_token
        now = State(str(mark()))
        changed = Message.objects.filter(changed_in__gte=int(since or 0))
        authors = changed.order_by("author_address").values_list("author_address", flat=True).distinct()
        left = authors.iterator()
        while batch := list(islice(left, BATCH)):
            with self.page(scope) as page:
                page.saved("authors", "author", save_words(batch), key="external_id")
        if self.outcome.counts or since is None:
            with self.page(scope) as page:
                page.checkpoint(STREAM, now)


def save_words(addresses: Sequence[str]) -> Any:
    words = dict.fromkeys(addresses, 0)
    for address, body in Message.objects.filter(author_address__in=addresses).values_list(
        "author_address", "body"
    ):
        words[address] += len((body or "").split())
    rows = [
        SweptItem(collector="words", scope=SCOPE, external_id=address, part=str(number))
        for address, number in words.items()
    ]
    return upsert(SweptItem, rows, key=("collector", "scope", "external_id"))


class Command(BaseCollectorCommand):
    without: ClassVar[frozenset[str]] = frozenset({"--dry-run", "--since", "--until", "--from-archive"})

    def get_collector(self, **options: Any) -> WordsCollector:
        return WordsCollector(CollectorOptions(**self.common_options(options)))


class Words(Derived):
    """Words of core itself, not of an app: its table is one of core's, its command is here."""

    @property
    def program(self) -> list[str]:
        return [sys.executable, "-c", RUN]

    @property
    def command_class(self) -> type[BaseCollectorCommand]:
        return Command

    @property
    def sources(self) -> Sequence[Subject]:
        return [each for each in SOURCES if each.command == "run_boost_mailing_list_tracker"]

    def tables(self) -> list[type[Model]]:
        return [SweptItem]

    def change_one_row(self) -> Rows:
        mail = Message.objects.filter(body__isnull=False).earliest("message_id_hash")
        Message.objects.filter(pk=mail.pk).update(body=f"{mail.body} indeed", changed_in=Change())
        return {(SweptItem._meta.label, ("words", SCOPE, mail.author_address))}


_declared = Declared("run_words", f"{__name__}.WordsCollector", kind="derived")
WORDS = Words(Tracker("words", collectors=(_declared,)), _declared)
