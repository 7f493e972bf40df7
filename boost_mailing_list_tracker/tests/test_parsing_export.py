from datetime import UTC, datetime, timedelta
from email.generator import BytesGenerator
from email.message import EmailMessage
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boost_mailing_list_tracker.parsing.identity import canonical_export_bytes, export_message_id
from boost_mailing_list_tracker.parsing.mbox import iter_mbox
from boost_mailing_list_tracker.parsing.messages import parse_message
from boost_mailing_list_tracker.protocol_impl import MailMessage


def exported(
    content: str, *, message_id: str = "a@example.org", attachments: dict[str, bytes] | None = None
) -> bytes:
    """A message as an mbox export of HyperKitty frames it: multipart, "From " mangled, two line ends."""
    message = EmailMessage()
    message.set_unixfrom("From ann@example.org Mon Jan  2 03:04:05 2023")
    message["From"] = "Änn <ann@example.org>"
    message["To"] = "boost@lists.boost.org"
    message["Subject"] = (
        "[boost] [asio] söme subject that is long enough to be folded by the generator, surely"
    )
    message["Date"] = "Mon, 02 Jan 2023 03:04:05 +0100"
    message["Message-ID"] = f"<{export_message_id(message_id)}>"
    message["In-Reply-To"] = "<" + "parent" * 20 + "@example.org>"
    message.set_content(content, subtype="plain")
    message.make_mixed()
    for name, data in (attachments or {}).items():
        message.add_attachment(data, maintype="text", subtype="html", filename=name)
    out = BytesIO()
    BytesGenerator(out, mangle_from_=True).flatten(message, unixfrom=True)
    return out.getvalue() + b"\n\n"


def parse_export(data: bytes) -> MailMessage:
    (raw,) = iter_mbox([data], max_message_bytes=1 << 24)
    return parse_message(raw, origin="export")


def test_an_export_gives_back_what_hyperkitty_holds() -> None:
    text = "Hello\n\nFrom here on\n> quote\n-- \nÄnn\n" + "long " * 400
    mail = parse_export(exported(text, attachments={"attachment.html": b"<p>x</p>"}))

    assert mail.body == text
    assert (mail.author_name, mail.author_address) == ("Änn", "ann@example.org")
    assert mail.subject.startswith("[boost] [asio] söme subject that is long enough")
    assert mail.in_reply_to == "parent" * 20 + "@example.org"
    assert mail.archived_at == datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert mail.sent_at is not None
    assert mail.sent_at.utcoffset() == timedelta(hours=1)
    assert [(part.name, part.content) for part in mail.attachments] == [("attachment.html", b"<p>x</p>")]
    assert mail.defects == ()


def test_an_html_mail_whose_text_hyperkitty_moved_away_is_converted() -> None:
    assert (
        parse_export(exported("\n", attachments={"attachment.html": b"<p>only <b>html</b></p>"})).body
        == "only html"
    )


@pytest.mark.parametrize("message_id", ["a b@x", "x" * 200 + "@example.org", "a=?utf-8?q?x?=@y", "<a>(b)@c"])
def test_the_id_of_an_export_joins_with_the_listings(message_id: str) -> None:
    assert parse_export(exported("x", message_id=message_id)).message_id == export_message_id(message_id)


def test_two_exports_of_a_mail_are_the_same_bytes_and_read_the_same() -> None:
    text = "--===============123==\nno delimiter\n"
    exports = [exported(text, attachments={"a.html": b"x"}) for _ in range(2)]
    assert exports[0] != exports[1]

    one, two = (
        canonical_export_bytes(next(iter_mbox([data], max_message_bytes=1 << 20))) for data in exports
    )

    assert one == two
    assert parse_export(one) == parse_export(exports[0])
    assert canonical_export_bytes(next(iter_mbox([one], max_message_bytes=1 << 20))) == one


@given(st.text(), st.binary())
def test_any_text_survives_an_export(text: str, attachment: bytes) -> None:
    text = text.encode("utf-8", "replace").decode().replace("\0", "").replace("\r", "").replace(">From ", "")
    mail = parse_export(exported(text, attachments={"a.bin": attachment}))

    assert mail.attachments[0].content == attachment
    if text.strip():
        assert mail.body == text.rstrip("\n")
