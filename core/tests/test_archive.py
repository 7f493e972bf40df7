import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings

from core import archive
from core.archive import BLOB_THRESHOLD
from core.errors import ConfigurationError
from core.models import ArchiveVersion

pytestmark = pytest.mark.django_db

BIG = random.Random(1).randbytes(BLOB_THRESHOLD + 1)  # noqa: S311 - only to be large when compressed


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path) -> Iterator[None]:
    with override_settings(WORKSPACE_DIR=tmp_path):
        yield


def record(external_id: str, body: bytes | None, scope: str = "s") -> int:
    return archive.record("c", scope, {"k": {external_id: body}})


def versions(external_id: str) -> list[bytes | None]:
    """The hashes of an item's contents; None: absent."""
    rows = ArchiveVersion.objects.filter(external_id=external_id, scope="s").order_by("pk")
    return [row.content_hash and bytes(row.content_hash) for row in rows]


def hashes(*contents: bytes | None) -> list[bytes | None]:
    return [None if content is None else sha256(content).digest() for content in contents]


def latest(scope: str = "s", limit: int = 100) -> dict[str, tuple[bytes, bool]]:
    """Return what replay brings: id -> last content, and whether the item is absent since."""
    found: dict[str, tuple[bytes, bool]] = {}
    after = ""
    while items := archive.replay("c", scope, "k", after=after, limit=limit):
        assert len(items) <= limit
        found |= {item.external_id: (item.body, item.absent) for item in items}
        after = items[-1].external_id
    return found


def blobs() -> list[Path]:
    return [path for path in Path(settings.WORKSPACE_DIR).rglob("*") if path.is_file()]


def test_only_what_differs_from_the_latest_version_is_a_new_one() -> None:
    assert [record("1", body) for body in (b"A", b"A", b"B", b"A", b"")] == [1, 0, 1, 1, 1]
    assert versions("1") == hashes(b"A", b"B", b"A", b"")
    assert latest() == {"1": (b"", False)}


def test_that_an_item_went_and_came_back_are_versions_too() -> None:
    assert [record("1", body) for body in (b"A", None, None, b"A", None)] == [1, 1, 0, 1, 1]
    assert versions("1") == hashes(b"A", None, b"A", None)
    assert latest() == {"1": (b"A", True)}
    record("1", b"A")
    assert latest() == {"1": (b"A", False)}
    assert record("never there", None) == 1
    assert "never there" not in latest()


def test_the_same_item_in_another_scope_is_another_item() -> None:
    assert record("1", b"A") == record("1", b"A", scope="other") == 1
    record("1", None, scope="other")
    assert (latest(), latest("other")) == ({"1": (b"A", False)}, {"1": (b"A", True)})


def test_a_page_of_items_costs_two_statements() -> None:
    bodies: dict[str, bytes | None] = {str(n): b"%d" % n for n in range(300)}
    with CaptureQueriesContext(connection) as queries:
        assert archive.record("c", "s", {"k": bodies}) == 300
    assert len(queries) == 2


def test_replay_pages_through_everything_in_c_order() -> None:
    names = ["B", "a", "Z", "é", "_", "10", "9", "\U0001f600", "\ufb01", "z"]
    for body in (b"old", b"new"):
        archive.record("c", "s", {"k": {name: body + name.encode() for name in names}})
    found = latest(limit=3)
    assert list(found) == sorted(names, key=str.encode)
    assert found == {name: (b"new" + name.encode(), False) for name in names}


def test_a_page_of_replay_reads_the_index_where_the_last_one_ended() -> None:
    archive.record("c", "s", {"k": {f"{n:04}": b"x" for n in range(2000)}})
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as queries:
        archive.replay("c", "s", "k", after="1000", limit=50)
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + queries[0]["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "archive_item_latest" in plan
    assert "Sort" not in plan


def test_a_big_body_is_a_file_named_by_its_content_and_shared_by_all_that_have_it() -> None:
    archive.record("c", "s", {"k": {"1": BIG, "2": BIG, "3": BIG[:-1]}})
    assert len(blobs()) == 1
    assert latest() == {"1": (BIG, False), "2": (BIG, False), "3": (BIG[:-1], False)}
    assert ArchiveVersion.objects.get(external_id="1").size == len(BIG)


def test_a_file_outlives_the_rollback_of_its_page_and_serves_the_next_try() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012 - what rolls back is the point
        record("1", BIG)
        raise RuntimeError
    assert latest() == {}
    (file,) = blobs()
    written = file.stat().st_mtime_ns
    assert record("1", BIG) == 1
    assert latest() == {"1": (BIG, False)}
    assert file.stat().st_mtime_ns == written


def test_a_missing_file_is_an_error_that_names_the_item_and_fetching_again_brings_it_back() -> None:
    record("the item", BIG)
    (file,) = blobs()
    file.unlink()
    with pytest.raises(ConfigurationError, match=r"the item.*WORKSPACE_DIR"):
        latest()
    assert record("the item", BIG) == 0
    assert latest() == {"the item": (BIG, False)}


def test_an_id_that_no_database_can_hold_is_kept_all_the_same() -> None:
    assert record("a\0b\ud800", b"A") == 1
    assert record("a\0b\ud800", b"A") == 0
    assert latest() == {"ab\\ud800": (b"A", False)}


def test_hashes_are_those_of_the_last_contents_and_absences_those_of_any_source() -> None:
    for body in (b"A", b"B", None):
        record("1", body)
    record("2", b"C")
    record("3", None)
    record("4", None, scope="other")
    archive.record("another source", "s", {"k": {"2": None}})
    assert archive.hashes("c", "s", "k") == {"1": sha256(b"B").hexdigest(), "2": sha256(b"C").hexdigest()}
    assert archive.absences("s", "k") == {"1", "2", "3"}


def test_a_file_is_there_when_a_version_of_any_item_is_this_file(tmp_path: Path) -> None:
    (tmp_path / "export.json").write_bytes(b"x")
    kept = archive.keep_file(tmp_path / "export.json")
    assert not archive.has_file("c", "s", "k", kept)
    archive.record_file("c", "s", "k", "exported", kept)
    assert archive.has_file("c", "s", "k", kept)
    assert not archive.has_file("c", "other", "k", kept)
