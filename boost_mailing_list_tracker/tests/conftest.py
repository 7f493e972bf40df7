"""Fixtures of the mailing list tracker's tests."""

import hashlib
import re
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from boost_mailing_list_tracker.collectors import BoostMailingListTrackerCollector, MailingListOptions
from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.tests.hyperkitty import HyperKitty, HyperKittyUnavailableError
from boost_mailing_list_tracker.twin import HyperKittyTwin
from core.twins import Served, TwinRequest, TwinResponse, World, serve

BOOST, USERS = "boost@lists.boost.org", "boost-users@lists.boost.org"
OURS = {"id", "mailing_list", "stored_at", "changed_in", "removed_at"}
Collect = Callable[..., BoostMailingListTrackerCollector]
Change = Callable[[TwinRequest, TwinResponse], TwinResponse]


@pytest.fixture
def hyperkitty(tmp_path: Path) -> HyperKitty:
    """An empty HyperKitty; a machine that cannot have one says so in the summary."""
    try:
        return HyperKitty(tmp_path / "hyperkitty")
    except HyperKittyUnavailableError as error:
        pytest.skip(f"HyperKitty cannot be installed here: {error}")


@pytest.fixture
def serve_twin(
    settings_from: Callable[[dict[str, str]], None],
) -> Generator[Callable[[HyperKittyTwin], Served]]:
    """Serves a twin until the test ends, with the settings pointing at it."""
    with ExitStack() as stack:

        def start(twin: HyperKittyTwin) -> Served:
            served = stack.enter_context(serve([twin]))
            settings_from(served.environment())
            return served

        yield start


@pytest.fixture
def twin(serve_twin: Callable[[HyperKittyTwin], Served]) -> HyperKittyTwin:
    """A small archive of three lists, served."""
    twin = HyperKittyTwin(World(), size=120)
    serve_twin(twin)
    return twin


@pytest.fixture
def altered(twin: HyperKittyTwin, monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], None]:
    """Something between the archive and us changes its answers."""
    honest = twin.answer

    def alter(change: Change) -> None:
        monkeypatch.setattr(twin, "answer", lambda request: change(request, honest(request)))

    return alter


@pytest.fixture
def collect(transactional_db: None) -> Collect:  # noqa: ARG001 - the database
    """Runs the collector with these options, in the test's database; returns it when the run has ended."""

    def run(**options: Any) -> BoostMailingListTrackerCollector:
        collector = BoostMailingListTrackerCollector(MailingListOptions(**options))
        collector.run()
        return collector

    return run


def rows(*fields: str, without: Iterable[str] = ("id", "stored_at", "changed_in")) -> list[tuple[Any, ...]]:
    """All messages as tuples of these fields (default: every one that is not a time or an id of ours)."""
    names = fields or [f.attname for f in Message._meta.concrete_fields if f.name not in without]
    return list(Message.objects.order_by("mailing_list__name", "message_id_hash").values_list(*names))


def everything_stored() -> dict[tuple[str, str], tuple[Any, ...]]:
    """(list, hash) -> all that is stored of a message, attachments included, but our own times and ids."""
    names = [field.name for field in Message._meta.concrete_fields if field.name not in OURS]
    return {
        (message.mailing_list.name, message.message_id_hash): (
            *(getattr(message, name) for name in names),
            sorted(message.attachments.values_list("position", "name", "content_type", "size", "sha256")),  # pyright: ignore[reportAttributeAccessIssue] - the reverse of a foreign key
        )
        for message in Message.objects.select_related("mailing_list")
    }


def unmangled(text: str | None) -> str:
    """Whether a line began with "From " or ">From " cannot be told from an export."""
    return re.sub("^>From ", "From ", (text or "").rstrip("\n"), flags=re.MULTILINE)


def assert_contents_equal(twin: HyperKittyTwin) -> None:
    """Bodies and attachments are those that the archive holds; a mail of HTML alone has a body made of it."""
    for (fqdn, item_hash), row in everything_stored().items():
        mailbox = twin.shelves[fqdn].mailbox
        mail = twin.shelves[fqdn].find(item_hash)
        if mail is None:
            continue  # removed since
        attachments = mailbox.attachments(mail)
        assert [(name, kind, size, digest) for _, name, kind, size, digest in row[-1]] == [
            (each.name, each.content_type, len(each.content), hashlib.sha256(each.content).hexdigest())
            for each in attachments
        ]
        body = Message.objects.get(mailing_list__name=fqdn, message_id_hash=item_hash).body
        if mailbox.content(mail).strip():
            assert unmangled(body) == unmangled(mailbox.content(mail))
        else:
            assert bool(body) == bool(attachments)


def assert_equals_truth(twin: HyperKittyTwin) -> None:
    (expected,) = twin.truth().values()
    fields = [name for name in expected[0] if name != "removed"]
    stored = {(*row[:-1], row[-1] is not None) for row in rows(*fields, "removed_at")}
    assert stored == {(*(row[name] for name in fields), row["removed"]) for row in expected}


def row_versions() -> dict[str, set[tuple[object, ...]]]:
    """Table -> place and writing transaction of every row: any write changes it. The run ledger aside."""
    tables = set(connection.introspection.table_names()) - {"core_run"}
    found: dict[str, set[tuple[object, ...]]] = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT ctid::text, xmin::text, xmax::text FROM "{table}"')  # noqa: S608 - our own tables
            found[table] = set(cursor.fetchall())
    return found
