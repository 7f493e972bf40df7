"""Items of a kind: taken, restored, buried and tried again, each so that a bad one stops only itself."""

import json
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import archive, quarantine
from core.errors import InvalidInput
from core.json_text import NotStorable
from core.kinds import Kind
from core.models import ArchiveVersion, QuarantinedItem, Run
from core.pages import Page, page
from core.quarantine import View
from core.store import Upserted, upsert
from core.tests.feed_tracker.models import Entry

Record = tuple[str, str]


def parse(payload: Mapping[str, Any]) -> Record:
    if not isinstance(payload["title"], str):
        raise InvalidInput("title: not a text")
    return str(payload["id"]), payload["title"]


def save(feed: str, records: Sequence[Record]) -> Upserted:
    rows = [Entry(feed=feed, entry_id=name, title=title) for name, title in records]
    return upsert(Entry, rows, key=("feed", "entry_id"))


ENTRY: Kind[str, Record] = Kind(
    "entry",
    "entries",
    "entry_id",
    parse,
    save,
    rows=lambda feed: Entry.objects.filter(feed=feed),
    leaf=lambda payload: {name: value for name, value in payload.items() if name != "views"},
)


@pytest.fixture
def run(db: None) -> Run:  # noqa: ARG001 - writes its row
    return Run.objects.create(token=uuid.uuid4(), collector="c", host="h", pid=1)


# Longer than what an index can hold, and than a name in quarantine.
ENDLESS = Random(1).randbytes(9000).hex()  # noqa: S311 - the same each time


def refuse(_: object) -> Record:
    raise InvalidInput("no")


def item(number: object, title: object = "t", **more: object) -> dict[str, object]:
    return {"id": number, "title": title, **more}


def stored() -> dict[str, str]:
    return dict(Entry.objects.live().order_by("entry_id").values_list("entry_id", "title"))


def kept() -> dict[str, bytes]:
    return {each.external_id: each.body for each in archive.replay("c", "s", "entry", limit=100)}


def aside() -> dict[str, bytes]:
    names = list(QuarantinedItem.objects.values_list("external_id", flat=True))
    return quarantine.payloads("c", "s", "entry", names)


def test_taking_parses_keeps_saves_and_counts_and_sets_a_bad_item_aside(run: Run) -> None:
    with page(run, "s") as opened:
        taken = opened.take(ENTRY, "f", [item(1, views=7), item(2, 5), item(3)])
    assert (dict(taken.records), taken.refused) == ({"1": ("1", "t"), "3": ("3", "t")}, {"2"})
    assert stored() == {"1": "t", "3": "t"}
    assert kept() == {"1": b'{"id": 1, "title": "t"}', "3": b'{"id": 3, "title": "t"}'}
    assert aside() == {"2": b'{"id": 2, "title": 5}'}
    assert opened.counts == {"archived": 2, "entries_created": 2, "quarantined": 1}
    with page(run, "s") as again:
        again.take(ENTRY, "f", [item(1, views=8), item(3)])
    assert again.counts == {}
    with page(run, "s") as later:
        later.take(ENTRY, "f", [item(2)])
    assert (later.counts, aside()) == ({"archived": 1, "entries_created": 1}, {})


def test_an_item_that_the_database_refuses_is_set_aside_as_the_source_gave_it(run: Run) -> None:
    view = View("c")
    with page(run, "s", view=view) as opened:
        taken = opened.take(ENTRY, "f", [item(ENDLESS), item(2)])
    ((name, body),) = aside().items()
    assert (set(taken.records), taken.refused, stored()) == ({"2"}, {name}, {"2": "t"})
    assert json.loads(body) == item(ENDLESS)
    with page(run, "s", view=view) as again:
        again.restore(ENTRY, "f", archive.replay("c", "s", "entry", limit=100))
    assert (view.listed("s", "entry"), stored()) == ({name}, {"2": "t"})


@pytest.mark.parametrize(
    "payload",
    [item(None), {"title": "t"}, [], "text", None, item(""), item("n" * 10_000)],
    ids=lambda payload: str(payload)[:12],
)
def test_an_item_without_an_id_is_set_aside_under_a_hash_of_its_own(run: Run, payload: Any) -> None:
    strict = replace(ENTRY, parse=refuse)
    for _ in range(2):
        with page(run, "s") as opened:
            opened.take(strict, "f", [payload, {"title": "another"}])
    (name, body), _ = sorted(aside().items(), key=lambda each: b"another" in each[1])
    assert len(aside()) == 2
    assert len(name) == 64
    assert json.loads(body) == payload


def test_what_the_archive_has_is_restored_and_what_is_gone_stays_gone(run: Run) -> None:
    with page(run, "s") as opened:
        opened.take(ENTRY, "f", [item(1), item(2), item(3)])
    with page(run, "s") as opened:
        opened.bury(ENTRY, "f", ["2"])
    Entry.objects.all().delete()

    def replayed() -> Page:
        with page(run, "s") as opened:
            opened.restore(ENTRY, "f", archive.replay("c", "s", "entry", limit=100))
        return opened

    assert replayed().counts == {"entries_created": 3, "entries_removed": 1}
    assert stored() == {"1": "t", "3": "t"}
    assert replayed().counts == {}


def test_a_newer_version_that_is_set_aside_stays_there_when_an_older_one_is_restored(run: Run) -> None:
    with page(run, "s") as opened:
        opened.take(ENTRY, "f", [item(1)])
    with page(run, "s") as opened:
        opened.take(ENTRY, "f", [item(1, 5)])
    with page(run, "s") as opened:
        opened.restore(ENTRY, "f", archive.replay("c", "s", "entry", limit=100))
    assert set(aside()) == {"1"}


def test_what_was_set_aside_last_is_what_a_retry_takes_also_after_a_replay(run: Run) -> None:
    with page(run, "s") as opened:
        opened.take(ENTRY, "f", [item(1, "first")])
    for title in (5, 6):
        with page(run, "s") as opened:
            opened.take(ENTRY, "f", [item(1, title)])
    strict = replace(ENTRY, parse=refuse)
    with page(run, "s") as opened:
        opened.restore(strict, "f", archive.replay("c", "s", "entry", limit=100))
    assert aside() == {"1": b'{"id": 1, "title": 6}'}

    def tolerate(payload: Mapping[str, Any]) -> Record:
        return str(payload["id"]), str(payload["title"])

    with page(run, "s") as opened:
        opened.retake(replace(ENTRY, parse=tolerate), "f", aside())
    assert (stored(), aside()) == ({"1": "6"}, {})


def test_what_is_shown_and_then_gone_in_one_page_can_be_restored(run: Run) -> None:
    with page(run, "s") as opened:
        opened.take(ENTRY, "f", [item(1)])
        opened.bury(ENTRY, "f", ["1"])
    assert opened.counts == {"archived": 2, "entries_created": 1, "entries_removed": 1}
    Entry.objects.all().delete()
    with page(run, "s") as opened:
        opened.restore(ENTRY, "f", archive.replay("c", "s", "entry", limit=100))
    assert (Entry.objects.count(), stored()) == (1, {})


def test_what_a_look_missed_is_buried_and_comes_back_when_it_is_shown(run: Run) -> None:
    with page(run, "s") as opened:
        opened.take(ENTRY, "f", [item(1), item(2)])
    with page(run, "s") as opened:
        assert opened.absent(ENTRY, "f", {"2"}, present={"1"}) == ["2"]
    assert opened.counts == {"archived": 1, "entries_removed": 1}
    assert (stored(), ArchiveVersion.objects.filter(content_hash=None).count()) == ({"1": "t"}, 1)
    with page(run, "s") as opened:
        opened.absent(ENTRY, "f", {"2"}, present={"1"})
    assert opened.counts == {}
    with page(run, "s") as opened:
        opened.take(ENTRY, "f", [item(2)])
    assert (stored(), opened.counts) == ({"1": "t", "2": "t"}, {"archived": 1, "entries_updated": 1})


def test_a_way_to_bury_of_its_own_gets_the_ids(run: Run) -> None:
    told: list[tuple[str, Sequence[str]]] = []

    def bury(owner: str, ids: Sequence[str]) -> int:
        told.append((owner, ids))
        return 1

    with page(run, "s") as opened:
        opened.bury(replace(ENTRY, bury=bury), "f", ["2"])
    assert (told, opened.counts["entries_removed"]) == ([("f", ["2"])], 1)


def test_where_nothing_is_set_aside_no_statement_is_spent_on_it(run: Run) -> None:
    view = View("c")
    spent: list[int] = []
    for numbers in (range(1), range(10, 200)):
        with page(run, "s", view=view) as opened, CaptureQueriesContext(connection) as queries:
            opened.take(ENTRY, "f", [item(number) for number in numbers])
            opened.finish()
        spent.append(len(queries))
    # The first has asked for the view, which is read once a run.
    assert spent[1] == spent[0] - 1


@pytest.mark.parametrize("fail", [True, False])
def test_the_view_follows_pages_that_are_committed_and_no_others(run: Run, *, fail: bool) -> None:
    view = View("c")
    with suppress(ZeroDivisionError), page(run, "s", view=view) as opened:
        opened.take(ENTRY, "f", [item(2, 5)])
        assert 1 / (not fail)
    assert view.listed("s", "entry") == View("c").listed("s", "entry") == (set[str]() if fail else {"2"})


def test_what_cannot_be_archived_is_refused_and_its_evidence_has_no_secret() -> None:
    payload = {**item(1), "odd": NotStorable("too deep"), "views": "xoxb-secret"}
    with pytest.raises(InvalidInput, match="its parser failed"):
        ENTRY.understand(payload)
    assert json.loads(ENTRY.evidence(payload)) == {**item(1), "odd": "<too deep>"}


def test_equal_items_have_equal_bytes_also_with_a_lone_surrogate() -> None:
    bodies = {ENTRY.body_of({"b": 1, "a": "\ud800"}), ENTRY.body_of({"a": "\ud800", "b": 1, "views": 2})}
    assert [json.loads(body) for body in bodies] == [{"a": "\ud800", "b": 1}]


def test_a_leaf_that_does_not_tell_its_id_gets_it_again_from_its_name() -> None:
    def with_id(name: str, leaf: dict[str, Any]) -> dict[str, Any]:
        return {**leaf, "id": name}

    assert replace(ENTRY, named=with_id).reread("7", b'{"title": "t"}') == ("7", "t")
