"""No input makes the mail parser raise, take long or hand on text that PostgreSQL refuses."""

import email.policy
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from boost_mailing_list_tracker.parsing import iter_mbox, parse_message
from boost_mailing_list_tracker.protocol_impl import MailMessage
from core.tests.thorough import examples

EXAMPLES = sorted((Path(__file__).parent / "examples").iterdir())
FRAGMENTS = [
    b"From a@b Mon Jan  2 03:04:05 2023\n",
    b"From: ",
    b"Subject: ",
    b"Date: ",
    b"Message-ID: ",
    b"References: ",
    b"Content-Type: ",
    b"Content-Disposition: attachment",
    b"Content-Transfer-Encoding: ",
    b"multipart/mixed",
    b"multipart/alternative",
    b"message/rfc822",
    b"text/html",
    b"text/plain",
    b"; boundary=b",
    b'; boundary="',
    b"\n--b\n",
    b"\n--b--\n",
    b"; charset=",
    b"utf-7",
    b"utf-16",
    b"idna",
    b"x-nope",
    b"base64",
    b"quoted-printable",
    b"x-uuencode",
    b"; format=flowed",
    b"; delsp=yes",
    b"=?utf-8?b?",
    b"=?utf-16?q?=D8=00?=",
    b"?=",
    b"=?",
    b"<",
    b">",
    b"@",
    b'"',
    b"(",
    b"[",
    b"\n",
    b"\n\n",
    b"\r\n",
    b"\r",
    b" ",
    b"\t",
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"name*0*=utf-7''%2B2AA-",
    b";",
    b"name*99999999999999999999=",
    b"<p>",
    b"<table><tr><td>",
    b"&#xd800;",
    b"> quote\n",
    b"-- \n",
    b">From x\n",
    b"9" * 30,
]
MAILS = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=8)), max_size=60).map(b"".join)


def parse_all(data: bytes) -> list[MailMessage]:
    raws = list(iter_mbox([data], max_message_bytes=1 << 26))
    return [parse_message(raw, origin=origin) for raw in raws for origin in ("mbox", "export")]


def check(mail: MailMessage) -> None:
    texts = [
        mail.message_id,
        mail.subject,
        mail.author_name,
        mail.author_address,
        mail.body,
        *mail.references,
    ]
    texts += [mail.date_header or "", mail.in_reply_to or "", *mail.defects]
    texts += [text for part in mail.attachments for text in (part.name, part.content_type)]
    for text in texts:
        assert "\0" not in text
        text.encode("utf-8")
    assert mail.message_id
    assert "".join(mail.body[segment.start : segment.end] for segment in mail.segments) == mail.body
    for moment in (mail.sent_at, mail.archived_at):
        assert moment is None or moment.utcoffset() is not None


@settings(max_examples=examples(300), deadline=None)
@given(MAILS)
@example(b"Message-ID: \0")
@example(b"Content-Type: text/plain; charset*=utf-7''x\n\nx")
@example(b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n--b--\n")
def test_any_bytes_become_mails(data: bytes) -> None:
    mails = parse_all(data)

    assert bool(mails) == bool(data.strip(b"\r\n"))
    for mail in mails:
        check(mail)


@settings(max_examples=examples(150), deadline=None)
@given(st.sampled_from(EXAMPLES), st.data())
def test_damaged_copies_of_odd_mails_are_read(path: Path, data: st.DataObject) -> None:
    raw = path.read_bytes()
    at = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(at, min(len(raw), at + 20)))

    for mail in parse_all(raw[:at] + data.draw(st.binary(max_size=6)) + raw[end:]):
        check(mail)


HOSTILE = {
    "deep multiparts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)
    ),
    "many parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
    "one long delimiter line": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b" * 300_000,
    "half encoded words": b"Subject: " + b"=?utf-8?q?x " * 20_000 + b"\n\n",
    "many encoded words": b"Subject: " + b"=?utf-8?q?x?=" * 20_000 + b"\n\n",
    "spaces in an address": b"From: a <" + b" " * 200_000 + b"x\n\n",
    "replies": b"Subject: " + b"Re: " * 100_000 + b"\n\n",
    "tags": b"Subject: " + b"[a] " * 100_000 + b"\n\n",
    "rules": b"\n" + (b"-" * 290 + b"\n") * 3000 + b"_" * 500_000,
    "originals": b"\n" + b"-----Original Message-----\n> x\n" * 20_000,
    "headers in the body": b"\n" + b"\nFrom: a\n" * 30_000,
    "attributions": b"\n" + b"On 1 a wrote: b\n" * 30_000 + b"> x",
    "open templates": b"\n" + b"a <\n> struct x\n" * 20_000,
    "deep quotes": b"\n" + b">" * 300_000,
    "deep html": b"Content-Type: text/html\n\n" + b"<div>" * 100_000 + b"x",
    "half tags": b"Content-Type: text/html\n\n" + b"<a" * 200_000,
    "quoted html": b"Content-Type: text/html\n\n" + b"<blockquote>" * 1500 + b"<p>x" * 20_000,
    "carriage returns": b"\n" + b"\r" * 500_000,
    "parameters": b"Content-Type: text/plain" + b'; a="' * 50_000 + b"\n\n",
    "flowed": b"Content-Type: text/plain; format=flowed\n\n" + b"x \n" * 200_000,
    "stray lines": b"x\nFrom: a\n" * 50_000,
    "base64 lines": b"Content-Transfer-Encoding: base64\n\n" + b"YWJj\n" * 200_000 + b"_",
    "from lines": b"\nFrom " * 100_000,
    "references": b"References: " + b"<a@b> " * 50_000 + b"\n\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mails_cost_time_in_proportion(name: str) -> None:
    begin = time.process_time()
    mails = parse_all(HOSTILE[name])

    # Anything quadratic takes minutes here; a slow machine does not take ten seconds.
    assert time.process_time() - begin < 10
    for mail in mails:
        check(mail)


@settings(max_examples=examples(100), deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=300),
    st.lists(st.tuples(st.binary(max_size=200), st.sampled_from(["a.bin", "ä.pdf", "x" * 90])), max_size=3),
    st.sampled_from(["7bit", "quoted-printable", "base64"]),
)
def test_what_the_standard_library_writes_is_read_back(
    text: str, attachments: list[tuple[bytes, str]], encoding: str
) -> None:
    message = EmailMessage(policy=email.policy.SMTP)
    message["Message-ID"] = "<a@example.org>"
    message.set_content(f"- {text}\n", cte=encoding if encoding != "7bit" or text.isascii() else None)
    for content, name in attachments:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)

    mail = parse_all(message.as_bytes())[0]

    assert mail.body == f"- {text}"
    assert [(part.content, part.name) for part in mail.attachments] == attachments
    assert mail.defects == ()
