"""Importing original mails from mbox files, offline."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.parsing.identity import message_id_hash
from boost_mailing_list_tracker.sync import exports
from boost_mailing_list_tracker.tests.conftest import BOOST, Collect, assert_equals_truth, rows
from boost_mailing_list_tracker.twin import HyperKittyTwin
from core import quarantine
from core.errors import InvalidInput
from core.items import understood
from core.models import QuarantinedItem
from core.tests.damaging import damage_one_of_each_kind

FROM = "From a@b Mon Mar  4 10:00:00 2024\n"
ORIGINAL = """From ann@example.org Mon Mar  4 10:00:00 2024
From: Ann <ann@example.org>
Subject: [boost] [asio] A question
Message-ID: <question@example.org>
Date: Mon, 4 Mar 2024 11:00:00 +0100

Why?

From bob@example.org Mon Mar  4 11:00:00 2024
From: Bob <bob@example.org>
Subject: Re: [boost] [asio] A question
Message-ID: <answer@example.org>
References: <elsewhere@example.org> <question@example.org>
Date: Mon, 4 Mar 2024 12:00:00 +0100

Because.

From cat@example.org Mon Mar  4 12:00:00 2024
From: Cat <cat@example.org>
Subject: Re: [boost] [asio] A question
Message-ID: <thanks@example.org>
In-Reply-To: <answer@example.org>
Date: Mon, 4 Mar 2024 13:00:00 +0100

> Because.

Thanks.

"""


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    path = tmp_path / "boost.mbox"
    path.write_text(ORIGINAL)
    return path


def test_original_mails_are_stored_with_references_threads_and_hashes(mbox: Path, collect: Collect) -> None:
    collector = collect(lists=(BOOST,), mbox=(str(mbox),))

    assert collector.meter.snapshot().requests == 0
    stored = {message.message_id: message for message in Message.objects.all()}
    assert {m.message_id_hash for m in stored.values()} == {message_id_hash(mid) for mid in stored}
    assert {message.thread_id for message in stored.values()} == {message_id_hash("question@example.org")}
    assert stored["answer@example.org"].references == ["elsewhere@example.org", "question@example.org"]
    assert stored["thanks@example.org"].parent_hash == message_id_hash("answer@example.org")
    assert {tuple(message.library_tags) for message in stored.values()} == {("asio",)}
    assert {message.body_source for message in stored.values()} == {"mbox"}


def test_importing_twice_or_gzipped_changes_nothing(mbox: Path, tmp_path: Path, collect: Collect) -> None:
    collect(lists=(BOOST,), mbox=(str(mbox),))
    before = rows(without=("id", "mailing_list"))
    packed = tmp_path / "boost.mbox.gz"
    packed.write_bytes(gzip.compress(mbox.read_bytes()))

    again = collect(lists=(BOOST,), mbox=(str(packed), str(mbox)))

    assert again.outcome.counts == {}
    assert rows(without=("id", "mailing_list")) == before


def test_the_archive_rebuilds_imported_mails(mbox: Path, collect: Collect) -> None:
    collect(lists=(BOOST,), mbox=(str(mbox),))
    unstable = ("id", "mailing_list", "stored_at", "changed_in")
    before = rows(without=unstable)
    Message.objects.all().delete()

    collect(lists=(BOOST,), from_archive=True)

    assert rows(without=unstable) == before


def test_an_answer_that_was_imported_before_its_question_joins_the_thread_later(
    tmp_path: Path, collect: Collect
) -> None:
    question, *answers = ORIGINAL.split("From ")[1:]
    first, second = tmp_path / "answers", tmp_path / "question"
    first.write_text("".join(f"From {mail}" for mail in answers))
    second.write_text(f"From {question}")

    collect(lists=(BOOST,), mbox=(str(first),))
    assert not Message.objects.filter(thread_id=message_id_hash("question@example.org")).exists()
    collect(lists=(BOOST,), mbox=(str(second),))

    assert set(Message.objects.values_list("thread_id", flat=True)) == {
        message_id_hash("question@example.org")
    }


def test_a_loop_of_answers_is_stored_and_ends(tmp_path: Path, collect: Collect) -> None:
    path = tmp_path / "loop"
    path.write_text(
        "".join(
            f"{FROM}From: a@b.example\nMessage-ID: <{one}>\nIn-Reply-To: <{other}>\n\nx\n\n"
            for one, other in (("1@x", "2@x"), ("2@x", "3@x"), ("3@x", "1@x"), ("self@x", "self@x"))
        )
    )

    assert collect(lists=(BOOST,), mbox=(str(path),)).outcome.complete

    assert Message.objects.count() == 4


def test_an_original_enriches_a_listed_message_and_stays_when_the_list_is_read_again(
    twin: HyperKittyTwin, tmp_path: Path, collect: Collect
) -> None:
    collect(lists=(BOOST,))
    listed = Message.objects.filter(body_source="export", message_id__regex=r"^[^()<>\s]+$").earliest("date")
    path = tmp_path / "original"
    path.write_text(
        f"{FROM}From: {listed.author_address}\nMessage-ID: <{listed.message_id}>\n"
        f"References: <before@example.org>\n\nThe original.\n\n"
    )

    collect(lists=(BOOST,), mbox=(str(path),))
    collect(lists=(BOOST,), full=True)

    listed.refresh_from_db()
    assert (listed.body_source, listed.references) == ("mbox", ["before@example.org"])
    assert listed.body is not None
    assert listed.body.startswith("The original.")
    assert listed.listed
    assert len(rows()) == len(twin.shelves[BOOST])


def test_mails_without_id_or_date_or_charset_are_stored_once(tmp_path: Path, collect: Collect) -> None:
    path = tmp_path / "odd"
    path.write_bytes(
        b"From a@b Mon Mar  4 10:00:00 2024\nFrom: a@b.example\nSubject: no id\n\nx\n\n"
        b"From a@b Mon Mar  4 10:00:00 2024\nFrom: J\xfcrgen <j@b.example>\nMessage-ID: <8bit@x>\n"
        b"Subject: \xfc\n\nx\n\n"
        b"From a@b Mon Mar  4 10:00:00 2024\nFrom: a@b.example\nMessage-ID: <charset@x>\n"
        b"Content-Type: text/plain; charset=x-martian\n\n\xc3\xa9\x00t\xc3\xa9\n\n"
        b"From a@b Mon Mar  4 10:00:00 2024\nFrom: a@b.example\nMessage-ID: <1970@x>\n"
        b"Date: Thu, 1 Jan 1970 00:00:00 +0000\n\nx\n\n"
        b"From a@b Mon Mar  4 10:00:00 2024\nFrom: a@b.example\nMessage-ID: <2038@x>\n"
        b"Date: Tue, 19 Jan 2038 03:14:08 +0000\n\nx\n\n"
    )

    collect(lists=(BOOST,), mbox=(str(path),))
    again = collect(lists=(BOOST,), mbox=(str(path),))

    assert again.outcome.counts == {}
    stored = {message.subject or message.message_id: message for message in Message.objects.all()}
    assert stored["no id"].defects
    assert stored["ü"].author_name == "Jürgen"
    assert stored["charset@x"].body == "été"
    assert stored["1970@x"].date.year == 1970
    assert stored["2038@x"].date.year == 2038


def test_a_mail_of_50_mb_is_stored_or_set_aside_as_the_settings_say(
    tmp_path: Path, collect: Collect, settings_from: Callable[[dict[str, str]], None]
) -> None:
    path = tmp_path / "big"
    line = b"x" * 75 + b"\n"
    with path.open("wb") as file:
        file.write(b"From a@b Mon Mar  4 10:00:00 2024\nFrom: a@b.example\nMessage-ID: <big@x>\n\n")
        file.writelines(line for _ in range(50 * 1024 * 1024 // len(line)))
        file.write(b"\nFrom a@b Mon Mar  4 10:00:00 2024\nFrom: a@b.example\nMessage-ID: <small@x>\n\nx\n")

    settings_from({"MAILING_LIST_MAX_MESSAGE_MB": "10"})
    collector = collect(lists=(BOOST,), mbox=(str(path),))
    assert collector.outcome.category == "partial"
    assert QuarantinedItem.objects.get().external_id == message_id_hash("big@x")
    assert set(Message.objects.values_list("message_id", flat=True)) == {"small@x"}

    settings_from({"MAILING_LIST_MAX_MESSAGE_MB": "64"})
    assert collect(lists=(BOOST,), mbox=(str(path),)).outcome.complete
    assert len(Message.objects.get(message_id="big@x").body or "") > 50_000_000
    assert not QuarantinedItem.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read"),
        (b"", "holds no mail"),
        (b"<html>not an mbox</html>\n", "no mail"),
        (gzip.compress(ORIGINAL.encode())[:-20], "cut short|truncated|ends"),
    ],
)
def test_a_file_that_is_no_mbox_is_named(
    tmp_path: Path, collect: Collect, content: bytes | None, said: str
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)

    collector = collect(lists=(BOOST,), mbox=(str(path),))

    (failure,) = collector.outcome.failures
    assert failure.category == "validation"
    assert re.search(said, failure.message)


def test_the_twin_is_not_asked_while_importing(twin: HyperKittyTwin, mbox: Path, collect: Collect) -> None:
    collect(lists=(BOOST,))
    collector = collect(lists=(BOOST,), mbox=(str(mbox),))

    assert collector.meter.snapshot().requests == 0
    Message.objects.filter(listed=False).delete()
    collect()
    assert_equals_truth(twin)


def test_two_different_mails_of_one_message_id_keep_the_first_and_set_the_second_aside(
    mbox: Path, tmp_path: Path, collect: Collect
) -> None:
    """HyperKitty's importer keeps the first, too, and says so of the second."""
    second = ORIGINAL.split("From ")[1].replace("Why?", "A forgery.")
    mbox.write_text(f"{ORIGINAL}From {second}From {second}")

    first_run = collect(lists=(BOOST,), mbox=(str(mbox),))

    assert first_run.outcome.category == "partial"
    assert Message.objects.count() == 3
    assert Message.objects.get(message_id="question@example.org").body == "Why?"
    item = QuarantinedItem.objects.get()
    assert "question@example.org" in item.reason
    assert (
        b"A forgery."
        in quarantine.payloads(item.collector, item.scope, item.kind, [item.external_id])[item.external_id]
    )
    again = collect(lists=(BOOST,), mbox=(str(mbox),))
    assert (again.outcome.complete, again.outcome.counts) == (True, {})
    right = tmp_path / "right"
    right.write_text(f"From {second}")
    assert collect(lists=(BOOST,), mbox=(str(right),)).outcome.complete
    assert Message.objects.get(message_id="question@example.org").body == "A forgery."


def test_a_second_mail_of_one_message_id_is_found_pages_later(
    mbox: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE_MESSAGES", 2)
    question = ORIGINAL.split("From ")[1]
    mbox.write_text(f"{ORIGINAL}From {question}From {question.replace('Why?', 'A forgery.')}")

    collector = collect(lists=(BOOST,), mbox=(str(mbox),))

    assert collector.outcome.counts["quarantined"] == 1
    assert Message.objects.get(message_id="question@example.org").body == "Why?"


@pytest.mark.parametrize(
    "message_id",
    [
        "<" + "(" * 1000,
        "<(((((((",
        "<" + "(" * 100_000 + "@x>",
        '<"' + "\\" * 3000,
        "=?utf-8?q?=28?=" * 3000,
        "<[" * 500,
    ],
)
def test_a_mail_with_a_message_id_beyond_reason_stops_no_import(
    mbox: Path, collect: Collect, message_id: str
) -> None:
    mbox.write_text(f"{FROM}From: a@b.example\nMessage-ID: {message_id}\n\nx\n\n{ORIGINAL}")

    assert collect(lists=(BOOST,), mbox=(str(mbox),)).outcome.complete

    assert Message.objects.count() == 4


@pytest.mark.parametrize("error", [RecursionError, OverflowError, ValueError, KeyError, AssertionError])
def test_whatever_a_parser_trips_over_is_a_fault_of_its_item(error: type[Exception]) -> None:
    def parse(_: str) -> None:
        raise error("deep")

    with pytest.raises(InvalidInput, match=error.__name__):
        understood(parse, "a mail")


def test_a_mail_whose_parser_fails_does_not_take_those_beside_it(mbox: Path, collect: Collect) -> None:
    mbox.write_text(ORIGINAL.replace("<answer@example.org>\nRef", f"<{'(' * 1000}\nRef"))
    collect(lists=(BOOST,), mbox=(str(mbox),))
    stored = set(Message.objects.values_list("message_id", flat=True))
    assert {"question@example.org", "thanks@example.org"} <= stored
    assert len(stored) + QuarantinedItem.objects.count() == 3


def test_one_bad_mail_in_the_archive_of_originals_stops_only_itself(mbox: Path, collect: Collect) -> None:
    collect(lists=(BOOST,), mbox=(str(mbox),))
    damaged = damage_one_of_each_kind("boost_mailing_lists")
    Message.objects.all().delete()
    assert collect(lists=(BOOST,), from_archive=True).outcome.category == "partial"
    assert set(QuarantinedItem.objects.values_list("scope", "kind", "external_id")) == damaged
    assert Message.objects.count() == 2
