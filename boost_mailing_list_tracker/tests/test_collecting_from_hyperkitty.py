"""The collector against HyperKitty itself, filled through its own importer."""

import contextlib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from boost_mailing_list_tracker.models import Attachment, Message
from boost_mailing_list_tracker.tests.conftest import Collect, unmangled
from boost_mailing_list_tracker.tests.hyperkitty import HyperKitty
from core.models import CoverageGap

pytestmark = [pytest.mark.hyperkitty, pytest.mark.any_database]
LIST, OTHER = "boost@lists.example.org", "boost-users@lists.example.org"
MAILS = 120
LISTING = (
    "mailing_list__name",
    "message_id_hash",
    "message_id",
    "thread_id",
    "subject",
    "author_name",
    "author_address",
    "body",
)


def test_everything_that_hyperkitty_holds_is_stored_and_stays_in_step(
    hyperkitty: HyperKitty, tmp_path: Path, collect: Collect, settings_from: Callable[[dict[str, str]], None]
) -> None:
    for fqdn in (LIST, OTHER):
        hyperkitty.load(fqdn, [_mbox(tmp_path / fqdn, fqdn, range(MAILS))])
    with hyperkitty.serve() as url:
        settings_from(
            {"MAILING_LIST_BASE_URL": url, "MAILING_LISTS": f"{LIST},{OTHER}", "MAILING_LIST_PAGE_SIZE": "50"}
        )

        backfill = collect()

        assert backfill.outcome.complete
        assert _stored() == _held(hyperkitty)
        assert set(Message.objects.values_list("body_source", flat=True)) == {"export"}
        assert Attachment.objects.count() == 2 * MAILS // 10
        again = collect()
        assert again.meter.snapshot().requests == 2
        assert again.outcome.counts == {}

        assert collect(full=True).outcome.counts == {}
        edited, _ = _thread_of(OTHER)
        with contextlib.closing(hyperkitty.connect()) as database, database:
            database.execute(
                "UPDATE hyperkitty_email SET content = '[redacted]' WHERE message_id_hash = ?", (edited,)
            )
        assert collect(full=True).outcome.counts == {
            "bodies_updated": 2,
            "archived": 2,
        }  # of both lists
        assert set(Message.objects.filter(message_id_hash=edited).values_list("body")) == {("[redacted]",)}

        starter, reply = _thread_of(LIST)
        hyperkitty.delete(LIST, starter)
        hyperkitty.load(LIST, [_mbox(tmp_path / "more", LIST, range(MAILS, MAILS + 7))])
        daily = collect()

    assert daily.outcome.complete
    assert Message.objects.get(message_id_hash=starter, mailing_list__name=LIST).removed_at is not None
    assert Message.objects.get(message_id_hash=reply, mailing_list__name=LIST).parent_hash is None
    assert _stored(removed_at__isnull=True) == _held(hyperkitty)
    assert not CoverageGap.objects.exists()


def test_a_hyperkitty_without_export_is_read_through_its_api(
    hyperkitty: HyperKitty, tmp_path: Path, collect: Collect, settings_from: Callable[[dict[str, str]], None]
) -> None:
    hyperkitty.load(LIST, [_mbox(tmp_path / "mbox", LIST, range(12))])
    with hyperkitty.serve(export=False) as url:
        settings_from({"MAILING_LIST_BASE_URL": url, "MAILING_LISTS": f"{LIST},nobody@lists.example.org"})

        collector = collect()

    (failure,) = collector.outcome.failures
    assert (failure.scope, failure.category) == ("nobody@lists.example.org", "not_found")
    assert _stored() == _held(hyperkitty)
    assert set(Message.objects.values_list("body_source", "archived_at")) == {("api", None)}


def _mbox(path: Path, fqdn: str, numbers: range) -> Path:
    """Mails in threads of three, a tenth with an attachment, two to a second, some with odd headers."""
    host = fqdn.partition("@")[2]
    with path.open("wb") as file:
        for number in numbers:
            mail = EmailMessage()
            mail["From"] = f"Jörg {number % 5} <joerg{number % 5}@example.org>"
            mail["Subject"] = f"[boost] Frage {number - number % 3} naïve?"
            mail["Message-ID"] = f"<{number}.{'long-' * (number % 7) * 5}@{host}>"
            mail["Date"] = f"Mon, {1 + number % 28:02} Mar 2024 10:00:{number // 2 % 60:02} +0100"
            if number % 3:
                mail["In-Reply-To"] = f"<{number - 1}.{'long-' * ((number - 1) % 7) * 5}@{host}>"
            mail.set_content(f"> Frage {number}\n\nFrom here to there, äöü.\n\n-- \nJörg\n")
            if number % 10 == 0:
                mail.add_attachment(bytes(range(256)), maintype="image", subtype="png", filename="bild.png")
            file.write(f"From a@b Mon Mar {1 + number % 28:2} 09:00:{number // 2 % 60:02} 2024\n".encode())
            file.write(mail.as_bytes().replace(b"\nFrom ", b"\n>From ") + b"\n\n")
    return path


def _stored(**which: Any) -> list[tuple[str, ...]]:
    messages = Message.objects.filter(**which).values_list(*LISTING)
    return sorted((*row[:-1], unmangled(row[-1])) for row in messages)


def _held(hyperkitty: HyperKitty) -> list[tuple[str, ...]]:
    with contextlib.closing(hyperkitty.connect()) as database:
        found = database.execute(
            "SELECT l.name, e.message_id_hash, e.message_id, t.thread_id, e.subject, e.sender_name,"
            " e.sender_id, e.content"
            " FROM hyperkitty_email e JOIN hyperkitty_mailinglist l ON l.id = e.mailinglist_id"
            " JOIN hyperkitty_thread t ON t.id = e.thread_id"
        )
        return sorted((*row[:-1], unmangled(row[-1])) for row in found)


def _thread_of(fqdn: str) -> tuple[str, str]:
    """The hashes of a thread's starter and of an answer to it."""
    answers = Message.objects.filter(mailing_list__name=fqdn, parent_hash=F("thread_id"))
    answer = answers.earliest("date", "message_id_hash")
    return answer.thread_id, answer.message_id_hash
