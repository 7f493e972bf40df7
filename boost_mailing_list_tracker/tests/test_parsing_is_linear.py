"""A mail ten times as long takes about ten times as long to read, whatever it is made of."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from boost_mailing_list_tracker.parsing import (
    canonical_export_bytes,
    entry_of_original,
    is_whole,
    iter_mbox,
    library_tags,
    normalize_subject,
    parse_listing_item,
    parse_message,
)
from boost_mailing_list_tracker.parsing.bodies import unmangle
from boost_mailing_list_tracker.parsing.flowed import join_flowed
from boost_mailing_list_tracker.parsing.segments import split_segments
from boost_mailing_list_tracker.protocol_impl import RawMail
from core.errors import InvalidInput
from core.tests.thorough import cases

SMALL, BIG = 10_000, 100_000
QUADRATIC = 40  # a linear one is near 10, a quadratic one near 100

# What is repeated, between what stands before and behind it.
BODIES = [
    ("---- Yahoo! Groups Sponsor\n", "-", ""),
    ("---- Yahoo! Groups Sponsor\n", "-~", ">x"),
    ("---- Yahoo! Groups Sponsor ", "-", "x"),
    ("---- Yahoo! Groups Sponsor\n" + "-" * 10 + ">", " ", "x"),
    ("", "---- Yahoo! Groups Sponsor\n", ""),
    ("", "-", "x"),
    ("", "_", " x"),
    ("", "-----\n", ""),
    ("", "--", "\nx"),
    ("", "_" * 20 + "\n", ""),
    ("", "-- \n", ""),
    ("", "> ", "x"),
    ("", ">", "x"),
    ("", "> \n", ""),
    ("", "AB> ", "x"),
    ("> ", " ", "x"),
    ("> x\n>", " ", "x\n> y"),
    ("", "a<\n>\n", ""),
    ("", "<" * 80 + "\n> class\n", ""),
    ("x<\n>", ">", "x"),
    ("", "a\n> b\n", ""),
    ("On 1 ", "a ", "wrote:\n> b"),
    ("", "On 1\n\n", "wrote:\n> b"),
    ("", "a, ", "wrote:\n> b"),
    ("", '"a', " wrote:\n> b"),
    ("", "From: a\n", ""),
    ("", "\nFrom: a\nTo: b\n", ""),
    ("", " From: x\n ---\n", ""),
    ("From: ", " ", "\nTo: x\nCc: y"),
    ("From: a\n", " ", "\nTo: x"),
    ("", "-----Original Message-----\n", ""),
    ("", "-----Original Message-----\n\n\n", ""),
    ("-----Original Message", "-", "x"),
    ("-----Forwarded by ", "-", "x"),
    (" ", " ", "-----Original Message"),
    ("Get Outlook for ", "x", "\x01y" * 40),
    ("Sent from my ", "x ", ""),
    ("Von meinem ", "x", " gesendet. x"),
    ("", "mailing lis", ""),
    ("_" * 20 + "\n", "unsubscrib", ""),
    ("Info: http://", "x", " Wik"),
    ("", "Info: http://x ", ""),
    ("", ">From x\n", ""),
    ("", "> From x\n>From y\n", ""),
    ("", "a \n", ""),
    ("", "> a \n", ""),
    ("", "\n", "x"),
]
HEADERS = [
    ("From: ", "<", ""),
    ("From: ", "<(", ""),
    ("From: <", "(", ""),
    ("From: a <", "a ", "("),
    ("From: a at ", "b ", "(x"),
    ("From: ", '"a" ', ""),
    ("Subject: ", "=?utf-8?q?a?= ", ""),
    ("Subject: ", "=?utf-8?b?YQ?=", ""),
    ("Subject: ", "=?x?q?", ""),
    ("Subject: ", "=?", ""),
    ("Subject: =?x?q?", "a?", ""),
    ("Subject: ", "=?=?q?", ""),
    ("Subject: re", " ", "x"),
    ("Subject: \x00", "\x01", "x"),
    ("Date: ", "Mon, ", ""),
    ("Date: ", "(", ""),
    ("References: ", "<a", ""),
    ("References: <", "a ", ""),
    ("References: ", "a@b ", ""),
    ("In-Reply-To: ", "<>", ""),
    ("Message-ID: <", "(", ""),
    ("Message-ID: <", "(a", ")@x>"),
    ("Message-ID: <", "\\", ">"),
    ("Message-ID: <[", "[", "]>"),
    ('Message-ID: <"', "a ", '">'),
    ("Message-ID: <", "a.", "@"),
    ("Content-Type: text/plain; ", "a=b; ", ""),
    ("Content-Type: text/plain; ", "a*0*=b; ", ""),
    ("Content-Type: ", "a/", ""),
    ('Content-Type: multipart/mixed; boundary="', "b", ""),
    ("Content-Type: multipart/mixed;", '\n boundary="b', ""),
    ("Content-Type: multipart/mixed;", "\n x=1;", ""),
    ("", "Content-Type: multipart/mixed;\n", ""),
    ("", "a", ""),
    ("", "a ", ":"),
    ("a: ", "\n b", ""),
    ("", "a:\n", ""),
    ("", "x\nFrom: y\n", ""),
    ("", ">From x\n", ""),
    ("Content-Transfer-Encoding: ", "base64;", ""),
]
CONTENTS = [
    ("Content-Type: multipart/mixed; boundary=b\n\n", "--b\n", ""),
    ("Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\nx\n", "--b--\n"),
    ("Content-Type: multipart/mixed; boundary=b\n\n", "--b", ""),
    (
        "Content-Type: multipart/mixed; boundary=b\n\n",
        "--b\nContent-Type: multipart/mixed; boundary=b\n\n",
        "",
    ),
    ("Content-Type: multipart/mixed; boundary=b\n\n", "=-canonical-boundary-1", "\n--b--\n"),
    ("Content-Transfer-Encoding: base64\n\n", "AAAA", "!"),
    ("Content-Transfer-Encoding: base64\n\n", "AAAA\n", "!"),
    ("Content-Transfer-Encoding: base64\n\nAAAA", " ", "!"),
    ("Content-Transfer-Encoding: base64\n\n", "\n", "!"),
    ("Content-Transfer-Encoding: quoted-printable\n\n", "=", ""),
    ("Content-Transfer-Encoding: quoted-printable\n\n", "=\n", ""),
    ("Content-Type: text/plain; charset=utf-8\n\n", "\xff", ""),
    ("Content-Type: text/plain; format=flowed; delsp=yes\n\n", "> a \n", ""),
]
SUBJECTS = [
    ("re", " ", "x"),
    ("re[1", " ", "x"),
    ("re[", "1", "x"),
    ("re [", " ", "x"),
    ("", " ", "x"),
    ("", "re: ", ""),
    ("", "[a]", ""),
    ("", "[a] ", "x"),
    ("", "[", ""),
    ("[", " ", ""),
    ("", "[boost", "]"),
    ("", "[a,b|c]", ""),
]
ENTRIES = [("", "/", "x"), ("", " (a) ", ""), ("https://", "a", "/"), ("", "1", "")]
MBOXES = [
    ("From a Mon", " ", "x"),
    ("", "From \n", ""),
    ("", "\nFrom a@b Mon Mar 1 ", "\n"),
    ("", "\n\nFrom a@b Mon Mar  4 10:00:00 2024\n", ""),
    ("", "\n\nFrom a@b Mon Mar  4 10:00:00 2024\nFrom: x\n", ""),
    ("\nFrom ", "Mon ", "\nFrom: a"),
    ("\nFrom a at b", " ", "Mon Mar  4 10:00:00 2024\nFrom: x"),
    ("\n\nFrom ", "Mon Mar 4 10:00:00 x ", "\n"),
]


def hostile(parts: tuple[str, str, str], size: int) -> str:
    before, repeated, behind = parts
    return before + repeated * (size // len(repeated)) + behind


def mail(text: str) -> RawMail:
    raw = text.encode("latin-1")
    return RawMail("From a@b Mon Mar  4 10:00:00 2024", raw, 0, len(raw))


def read_mail(text: str) -> None:
    raw = mail(text)
    is_whole(raw)
    canonical_export_bytes(raw)
    parse_message(raw, origin="export")
    entry_of_original(parse_message(raw, origin="mbox"), "boost@lists.boost.org")


def read_body(text: str) -> None:
    split_segments(text)
    unmangle(text)
    join_flowed(text, delsp=True)


def read_subject(text: str) -> None:
    normalize_subject(text, "boost@lists.boost.org")
    library_tags(text, "boost@lists.boost.org")


def read_mbox(text: str) -> None:
    for _ in iter_mbox([text.encode()], max_message_bytes=10**6):
        pass


def read_entry(text: str) -> None:
    fields = ("date", "thread", "parent", "message_id_hash", "sender_name", "subject")
    for field in fields:
        item: dict[str, Any] = {
            "message_id": text,
            "message_id_hash": "A" * 32,
            "thread": "https://x/" + "A" * 32,
            "parent": None,
            "sender": {"address": text},
            "sender_name": text,
            "subject": text,
            "date": "2024-01-01T00:00:00Z",
        }
        try:
            parse_listing_item(item | {field: text}, "boost@lists.boost.org")
        except InvalidInput:
            continue


CASES = [
    *cases((read_body, parts) for parts in BODIES),
    *cases((read_mail, parts) for parts in (*HEADERS, *CONTENTS)),
    *cases((read_subject, parts) for parts in SUBJECTS),
    *cases((read_mbox, parts) for parts in MBOXES),
    *cases((read_entry, parts) for parts in ENTRIES),
]


def shown(case: object) -> str:
    return getattr(case, "__name__", None) or ascii(case)[:60]


@pytest.mark.parametrize(("read", "parts"), CASES, ids=shown)
def test_reading_takes_time_in_proportion_to_the_length(
    read: Callable[[str], None], parts: tuple[str, str, str]
) -> None:
    small, big = hostile(parts, SMALL), hostile(parts, BIG)

    # Once is enough to show that it can: what else the machine does only makes it slower.
    assert any(_seconds(read, big, 1) < QUADRATIC * _seconds(read, small, 3) for _ in range(3))


def _seconds(read: Callable[[str], None], text: str, calls: int) -> float:
    """What a call takes of the processor, in seconds; other processes do not count."""
    begin = time.thread_time()
    for _ in range(calls):
        read(text)
    return (time.thread_time() - begin) / calls
