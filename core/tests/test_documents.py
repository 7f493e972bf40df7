"""The documents of a table are brought to the search index by one process at a time."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
from django.db import connection

from core import registry
from core.documents import sync_documents
from core.errors import AlreadyRunning
from core.locks import Locks, lock_key
from core.registry import Document, DocumentSource, Tracker

pytestmark = pytest.mark.django_db(transaction=True)


class Papers:
    version = "1"

    def documents(self, *, since: int | None = None) -> Iterator[Document]:
        yield Document("P1", f"since {since}", title="P1", visibility="public")


class Talks(Papers):
    """The documents of another app."""


class Sink:
    """Notes who comes, and does what stands in `meanwhile` before the first is done."""

    came: ClassVar[list[str]] = []
    meanwhile: ClassVar[list[Callable[[], object]]] = []

    def sync(self, source: DocumentSource, *, send: bool = True) -> Mapping[str, int]:
        self.came.append(f"{type(source).__name__} begins")
        while self.meanwhile:
            self.meanwhile.pop()()
        self.came.append(f"{type(source).__name__} ends")
        return {"documents": len(list(source.documents())), "sent": int(send)}


@pytest.fixture(autouse=True)
def _index() -> Iterator[None]:
    with registry.preserved():
        for source in (Papers, Talks):
            registry.register(Tracker(source.__name__.lower(), documents=f"{__name__}.{source.__name__}"))
        registry.register_document_sink(f"{__name__}.Sink")
        Sink.came.clear()
        Sink.meanwhile.clear()
        yield


def is_waited_for(name: str) -> bool:
    key = lock_key(name) & (2**64 - 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND classid = %s AND objid = %s)",
            [key >> 32, key & (2**32 - 1)],
        )
        return cursor.fetchone() == (True,)


def test_each_app_is_sent_and_told() -> None:
    assert dict(sync_documents(["papers", "talks", "none"], "a run")) == {
        "papers": {"documents": 1, "sent": 1},
        "talks": {"documents": 1, "sent": 1},
    }


def test_who_comes_second_waits_and_sends_then_too() -> None:
    with ThreadPoolExecutor() as pool:
        second: list[Any] = []

        def begin_second() -> None:
            second.append(pool.submit(lambda: dict(sync_documents(["papers"], "the second"))))
            while not is_waited_for("documents of papers") and not second[0].done():
                threading.Event().wait(0.01)

        Sink.meanwhile.append(begin_second)
        first = dict(sync_documents(["papers"], "the first"))
        assert second[0].result() == first == {"papers": {"documents": 1, "sent": 1}}
    assert Sink.came == ["Papers begins", "Papers ends"] * 2


def test_what_another_sends_for_too_long_is_left_to_it_and_said_after_the_rest() -> None:
    with Locks("another run") as locks:
        locks.acquire("documents of papers")
        with pytest.raises(AlreadyRunning, match=r"documents of papers are being sent by another run"):
            dict(sync_documents(["papers", "talks"], "a run", patience=0.1))
    assert Sink.came == ["Talks begins", "Talks ends"]
    assert dict(sync_documents(["papers"], "a run", send=False)) == {"papers": {"documents": 1, "sent": 0}}
