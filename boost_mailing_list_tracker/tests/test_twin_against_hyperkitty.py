"""The twin is as good as its likeness: the same mails in a real HyperKitty give the same answers."""

import contextlib
import dataclasses
import gzip
import json
import re
import sqlite3
from collections.abc import Generator
from datetime import datetime
from typing import Any

import pytest
import requests

from boost_mailing_list_tracker.tests.hyperkitty import HyperKitty
from boost_mailing_list_tracker.twin import HyperKittyTwin, mails
from boost_mailing_list_tracker.twin.mails import Mail
from boost_mailing_list_tracker.twin.shelf import Shelf
from core.twins import World, serve

pytestmark = pytest.mark.hyperkitty

LIST = "boost-users@lists.boost.org"
API = f"/api/list/{LIST}"
EXPORT = f"/list/{LIST}/export/x.mbox.gz"
ORIGIN = re.compile(r"http://127\.0\.0\.1:\d+")
BOUNDARY = re.compile(rb"={15}\d+==")


def stored(moment: datetime) -> str:
    return moment.isoformat(" ").removesuffix("+00:00")


def insert(database: sqlite3.Connection, table: str, **row: Any) -> int:
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    statement = f"INSERT OR IGNORE INTO hyperkitty_{table} ({columns}) VALUES ({marks})"  # noqa: S608 - our names
    return database.execute(statement, tuple(row.values())).lastrowid or 0


def fill(hyperkitty: HyperKitty, shelf: Shelf) -> None:
    """Put the twin's mails into HyperKitty's tables, past its importer, exactly as the twin has them."""
    with contextlib.closing(hyperkitty.connect()) as database, database:
        database.execute("PRAGMA foreign_keys = OFF")
        list_id = insert(
            database,
            "mailinglist",
            name=shelf.mailbox.fqdn,
            list_id=shelf.mailbox.fqdn.replace("@", "."),
            display_name="Boost-users",
            description=f"The {shelf.mailbox.fqdn} list",
            subject_prefix="[boost-users] ",
            archive_policy=2,
            created_at=stored(shelf.mailbox.archived(0)),
        )
        present = there(shelf)
        threads: dict[str, int] = {}
        for mail in present:
            thread = shelf.thread_id(mail)
            if thread not in threads:
                threads[thread] = insert(
                    database,
                    "thread",
                    mailinglist_id=list_id,
                    thread_id=thread,
                    date_active=stored(mail.date),
                )
        for mail in present:
            fill_mail(database, shelf, mail, list_id, threads[shelf.thread_id(mail)])


def fill_mail(database: sqlite3.Connection, shelf: Shelf, mail: Mail, list_id: int, thread_id: int) -> None:
    parent = shelf.parent(mail)
    insert(database, "sender", address=mail.address)
    insert(
        database,
        "email",
        id=mail.index + 1,
        mailinglist_id=list_id,
        message_id=mail.message_id,
        message_id_hash=mail.message_id_hash,
        sender_id=mail.address,
        sender_name=mail.name,
        subject=mail.subject,
        content=shelf.mailbox.content(mail),
        date=stored(mail.date),
        timezone=mail.offset,
        in_reply_to=mail.in_reply_to,
        parent_id=parent.index + 1 if parent else None,
        thread_id=thread_id,
        archived_date=stored(mail.archived),
        thread_depth=0,
        thread_order=shelf.thread(shelf.thread_id(mail)).index(mail),
    )
    for attachment in shelf.mailbox.attachments(mail):
        insert(
            database,
            "attachment",
            email_id=mail.index + 1,
            size=len(attachment.content),
            **dataclasses.asdict(attachment),
        )


def answer(url: str) -> tuple[int, str, Any]:
    """Status, content type and body, with what differs by chance made equal: host, boundaries, ties."""
    response = requests.get(url, timeout=60)
    kind = response.headers["Content-Type"].partition(";")[0]
    body: Any = None  # of an HTML page only the fact counts
    if kind == "application/gzip":
        body = BOUNDARY.sub(b"BOUNDARY", gzip.decompress(response.content))
    elif kind == "application/json":
        body = json.loads(ORIGIN.sub("http://host", response.text))
    return response.status_code, kind, body


class Pair:
    """A twin and a HyperKitty with the same mails, asked the same things."""

    def __init__(self, twin: str, real: str) -> None:
        self._twin = twin.removesuffix("/api")
        self._real = real.removesuffix("/api")

    def answers(self, path: str) -> tuple[tuple[int, str, Any], tuple[int, str, Any]]:
        return answer(self._twin + path), answer(self._real + path)

    def agree(self, *paths: str, in_order: bool = True) -> None:
        """Both answer the same; in_order=False where a listing is so long that ties fall into it."""
        for path in paths:
            ours, theirs = self.answers(path)
            if not in_order:
                for page in (ours[2], theirs[2]):
                    items = page if isinstance(page, list) else page["results"]
                    items.sort(key=lambda item: item["message_id_hash"])
            assert ours == theirs, path


@contextlib.contextmanager
def served(twin: HyperKittyTwin, hyperkitty: HyperKitty, *, export: bool = True) -> Generator[Pair]:
    with serve([twin]) as urls, hyperkitty.serve(export=export) as real:
        yield Pair(twin.environment(urls[twin.name])["MAILING_LIST_BASE_URL"], real)


def paths_of(shelf: Shelf, mail: Mail) -> tuple[str, str, str]:
    return (
        f"{API}/email/{mail.message_id_hash}/",
        f"{API}/thread/{shelf.thread_id(mail)}/emails/",
        f"{EXPORT}?message={mail.message_id_hash}",
    )


def there(shelf: Shelf) -> list[Mail]:
    return [shelf.mailbox[index] for index in range(shelf.count) if index in shelf]


def test_every_mail_thread_and_export_of_the_twin_is_what_a_real_hyperkitty_makes_of_it(
    hyperkitty: HyperKitty,
) -> None:
    twin = HyperKittyTwin(World(5), size=400)
    shelf = twin.shelves[LIST]
    fill(hyperkitty, shelf)
    assert len(there(shelf)) > mails.BLOCK * 3
    with served(twin, hyperkitty) as pair:
        for mail in there(shelf):
            pair.agree(*paths_of(shelf, mail))
        pair.agree(
            EXPORT,
            f"{EXPORT}?start=1970-01-01&end=1970-01-02",
            f"{EXPORT}?start=2025-11-01&end=2025-12-01",
            f"{EXPORT}?start=2038-01-01",
            f"{EXPORT}?end=2000-01-01",
        )


def test_paging_and_errors_of_the_twin_are_those_of_a_real_hyperkitty(hyperkitty: HyperKitty) -> None:
    twin = HyperKittyTwin(World(6), size=400)
    fill(hyperkitty, twin.shelves[LIST])
    listing = f"{API}/emails/"
    with served(twin, hyperkitty) as pair:
        pair.agree(
            listing, f"{listing}?offset=5", f"{listing}?limit=0", f"{listing}?limit=1000", in_order=False
        )
        pair.agree(
            f"{API}/",
            f"{listing}?limit=7",
            f"{listing}?limit=7&offset=5",
            f"{listing}?limit=20&offset=40&a=%40",
            f"{listing}?limit=9&offset=9999",
            f"{API}/email/NOSUCHHASH/",
            f"{API}/thread/NOSUCHTHREAD/emails/?limit=1",
            f"{EXPORT}?start=yesterday",
            f"{EXPORT}?message=NOSUCHHASH",
            "/api/list/no@example.com/",
            "/api/list/no@example.com/emails/?limit=1",
            "/api/list/no@example.com/email/NOSUCHHASH/",
            "/list/no@example.com/export/x.mbox.gz",
        )


def test_a_disabled_export_is_refused_as_by_the_real_one(hyperkitty: HyperKitty) -> None:
    twin = HyperKittyTwin(World(5), size=20, export=False)
    fill(hyperkitty, twin.shelves[LIST])
    with served(twin, hyperkitty, export=False) as pair:
        pair.agree(f"{EXPORT}?start=2025-01-01", "/list/no@example.com/export/x.mbox.gz")


def test_deleted_and_moved_mails_leave_the_same_threads_behind(hyperkitty: HyperKitty) -> None:
    twin = HyperKittyTwin(World(7), size=400)
    shelf = twin.shelves[LIST]
    fill(hyperkitty, shelf)
    starters = [mail for mail in there(shelf) if not shelf.parent(mail) and len(shelf.children(mail)) > 1]
    starter, moved, target = starters[0], starters[1], starters[-1]
    reply = next(mail for mail in there(shelf) if shelf.parent(mail) == target and shelf.children(mail))
    hyperkitty.delete(LIST, starter.message_id_hash, reply.message_id_hash)
    hyperkitty.reattach(LIST, moved.message_id_hash, target.message_id_hash)
    shelf.remove(starter.index)
    shelf.remove(reply.index)
    shelf.reattach(moved.index, target.index)
    with served(twin, hyperkitty) as pair:
        for mail in [*there(shelf), starter, reply]:
            pair.agree(f"{API}/email/{mail.message_id_hash}/")
        for mail in there(shelf):
            pair.agree(f"{API}/thread/{shelf.thread_id(mail)}/emails/")
