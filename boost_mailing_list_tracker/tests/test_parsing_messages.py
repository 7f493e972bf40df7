from datetime import UTC, datetime
from pathlib import Path

import pytest

from boost_mailing_list_tracker.parsing.identity import message_id_hash
from boost_mailing_list_tracker.parsing.mbox import iter_mbox
from boost_mailing_list_tracker.parsing.messages import parse_message
from boost_mailing_list_tracker.protocol_impl import MailMessage, RawMail

EXAMPLES = Path(__file__).parent / "examples"


def parse(raw: bytes, unixfrom: str = "") -> MailMessage:
    return parse_message(RawMail(unixfrom, raw, len(raw)), origin="mbox")


def example(name: str) -> MailMessage:
    return parse((EXAMPLES / name).read_bytes())


def test_the_hash_is_the_one_of_mailmans_documentation() -> None:
    assert message_id_hash("<first>") == "4CMWUN6BHVCMHMDAOSJZ2Q72G5M32MWB"
    assert message_id_hash("87myycy5eh.fsf@uwakimon.sk.tsukuba.ac.jp") == "JJIGKPKB6CVDX6B2CUG4IHAJRIQIOUTP"


def test_raw_eight_bit_headers_and_bodies_are_read_and_noted() -> None:
    mail = example("eight_bit_header.eml")

    assert (mail.author_name, mail.subject, mail.body) == ("Jörg", "Grüße", "body ä")
    assert any("Subject" in defect for defect in mail.defects)


def test_an_unknown_charset_costs_a_defect_and_no_character() -> None:
    mail = example("unknown_charset.eml")

    assert mail.body == "naïve"
    assert mail.defects == ("body: unknown charset 'x-klingon', read as utf-8",)


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("ansi_x3.4-1968", b"abc", "abc"),
        ("utf8mb4", "é".encode(), "é"),
        ("iso-8859-8-i", "שלום".encode("iso8859-8"), "שלום"),
        ("ks_c_5601-1987", "한글".encode("cp949"), "한글"),
        ("unicode-1-1-utf-7", b"+AOk-", "é"),
        (
            "iso-8859-1",
            b"\x93quoted\x94 \x81",
            "\u201cquoted\u201d \x81".replace("\u201c", "\x93").replace("\u201d", "\x94"),
        ),
        ("iso-8859-1", b"\x93quoted\x94", "\u201cquoted\u201d"),
        ("us-ascii", "é".encode(), "é"),
        ("utf-8", b"Gr\xfc\xdfe", "Grüße"),
        ("utf-8", "Grüße \u2026".encode()[:-1], "Grüße \ufffd"),
        ("base64", b"YQ==", "YQ=="),
        ("a\0b", b"x", "x"),
        ("gb2312", "中文".encode("gb18030"), "中文"),
    ],
)
def test_charsets_by_any_name(charset: str, raw: bytes, text: str) -> None:
    header = f'Content-Type: text/plain; charset="{charset}"\n\n'.encode()

    assert parse(b"Message-ID: <a@b>\n" + header + raw).body == text


def test_broken_encoded_words_keep_what_can_be_read() -> None:
    mail = example("broken_encoded_words.eml")

    assert mail.subject == "cafééé =?utf-8?b?!!!?="
    assert "Subject: broken encoded word" in mail.defects


def test_odd_lines_among_the_headers_lose_none_of_them() -> None:
    mail = example("header_defects.eml")

    assert (mail.author_name, mail.author_address) == ("Ann, Bob", "ann@example.org")
    assert (mail.subject, mail.message_id) == ("kept", "spaced@example.org")
    assert mail.sent_at is None
    assert mail.body == "MIME-Version\nbody begins here"


def test_flowed_text_is_joined_as_rfc_3676_says() -> None:
    assert example("flowed_delsp.eml").body == (
        "A longline, cut inwords.\n> quotedtext\n>> deeper\nFrom the margin\n-- \nAnn"
    )


def test_plain_text_is_preferred_and_html_alone_is_converted() -> None:
    assert example("alternative.eml").body == "plain"
    assert example("html_only.eml").body == "café link <https://boost.org/x>\n\n> quoted"


def test_attachments_keep_their_bytes_and_names_and_leave_the_text() -> None:
    mail = example("nested_attachments.eml")

    assert [(part.name, part.content_type) for part in mail.attachments] == [
        ("signature.asc", "application/pgp-signature"),
        ("", "message/rfc822"),
        ("ä.patch", "text/x-patch"),
        ("winmail.dat", "application/ms-tnef"),
        ("notes.txt", "text/plain"),
    ]
    assert [part.position for part in mail.attachments] == [0, 1, 2, 3, 4]
    assert mail.attachments[2].content == b"--- a\n+++ b\n"
    assert (mail.attachments[1].content or b"").endswith(b"--outer2--")
    assert mail.body.startswith("Signed text\n____")
    assert [segment.kind for segment in mail.segments] == ["text", "signature"]


def test_a_mail_without_message_id_gets_the_same_id_every_time() -> None:
    raw = (EXAMPLES / "no_message_id.eml").read_bytes()
    one, two = parse(raw, "From a Mon Jan  2 03:04:05 2023"), parse(raw.replace(b"\n", b"\r\n") + b"\r\n")

    assert one.message_id == two.message_id
    assert one.message_id.endswith("@no-message-id.invalid")
    assert "no Message-ID, one made of the content" in one.defects


def test_a_footer_behind_base64_is_kept() -> None:
    mail = example("base64_with_footer.eml")

    assert mail.body.startswith("äbc\n")
    assert "Unsubscribe" in mail.body
    assert "text behind base64" in mail.defects


def test_truncated_multiparts_keep_what_arrived() -> None:
    cut = example("unclosed_multipart.eml")

    assert cut.body == "the text"
    assert (cut.attachments[0].name, cut.attachments[0].content) == ("a.pdf", b"%PDF-1.4\n%PD")
    assert "a multipart that is not closed" in cut.defects
    assert example("missing_boundary.eml").body == "still readable"


@pytest.mark.parametrize(("sent", "kept"), [(1, 1), (999, 999), (1000, 1000), (1200, 1000)])
def test_parts_beyond_reason_are_kept_as_one(sent: int, kept: int) -> None:
    part = b"--b\nContent-Type: image/png\n\n12345\n"
    head = b"Message-ID: <a@b>\nContent-Type: multipart/mixed; boundary=b\n\n"
    mail = parse(head + part * sent + b"--b--\nleft out")

    assert len(mail.attachments) == kept
    assert mail.attachments[-1].size >= 5 + (sent - kept) * len(part)
    assert mail.defects[-1] == "text behind the last part, left out"
    assert ("more than 1000 parts, the rest kept as one" in mail.defects) == (sent > kept)


def test_text_that_postgresql_refuses_is_cleaned() -> None:
    mail = example("nul_and_surrogates.eml")

    assert "\0" not in mail.body + mail.subject
    (mail.body + mail.subject).encode("utf-8")


@pytest.mark.parametrize(
    ("header", "message_id"),
    [
        ("<a@b>", "a@b"),
        ("<a@b> (added by postmaster)", "a@b"),
        ("a@b", "a@b"),
        ("< a\n b@c >", "ab@c"),
        ("<é@b>", "@b"),
        (f"<{'x' * 300}@b>", "x" * 254),
        ("<a@b, c@d>", "a@b"),
        ("<[x]@y>", "[x]@y"),
    ],
)
def test_original_message_ids_are_read_as_hyperkittys_importer_does(header: str, message_id: str) -> None:
    assert parse(f"Message-ID: {header}\n\nx".encode()).message_id == message_id


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 02 Jan 2023 03:04:05 +0100", "2023-01-02T03:04:05+01:00"),
        ("Mon, 02 Jan 2023 03:04:05 -0000", "2023-01-02T03:04:05+00:00"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00+00:00"),
        ("Tue, 19 Jan 2038 03:14:08 +0000", "2038-01-19T03:14:08+00:00"),
        ("2023-01-02 03:04:05", "2023-01-02T03:04:05+00:00"),
        ("Mon, 02 Jan 2023 03:04:05 +9900", "2023-01-02T03:04:05+00:00"),
        ("Mon, 99 Foo 2023", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("1" * 5000, None),
    ],
)
def test_dates_keep_their_offset_or_are_none(date: str, expected: str | None) -> None:
    sent_at = parse(f"Message-ID: <a@b>\nDate: {date}\n\n".encode()).sent_at

    assert (sent_at.isoformat() if sent_at else None) == expected


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("ann at example.org (Ann B.)", "Ann B.", "ann@example.org"),
        ("bob at example.org (bob@example.org)", "bob@example.org", "bob@example.org"),
        ('"Doe, John" <j@d.org>', "Doe, John", "j@d.org"),
        ("Doe, John <j@d.org>", "Doe, John", "j@d.org"),
        ("=?utf-8?q?D=C3=B6e=2C_J?= <j@d.org>", "Döe, J", "j@d.org"),
        ("j@d.org", "j@d.org", "j@d.org"),
        ("j@d.org (J. (Jr.) Doe)", "J. (Jr.) Doe", "j@d.org"),
        ("", "", ""),
    ],
)
def test_authors(sender: str, name: str, address: str) -> None:
    mail = parse(f"Message-ID: <a@b>\nFrom: {sender}\n\n".encode())

    assert (mail.author_name, mail.author_address) == (name, address)


def test_a_thread_is_told_by_in_reply_to_and_references() -> None:
    with (EXAMPLES / "pipermail.mbox").open("rb") as file:
        mails = [parse_message(raw, origin="mbox") for raw in iter_mbox(file, max_message_bytes=1 << 20)]

    assert mails[0].in_reply_to == "a@b"
    assert mails[0].references == ("x@y", "a@b")
    assert mails[0].archived_at == datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert mails[2].body == "From mangled"


def test_an_oversized_mail_still_has_its_headers() -> None:
    mail = parse_message(RawMail("", b"Message-ID: <a@b>\nSubject: big\n\n", 10**8), origin="mbox")

    assert (mail.message_id, mail.subject, mail.body) == ("a@b", "big", "")
    assert "100000000 bytes" in mail.defects[0]


@pytest.mark.parametrize(
    ("mangled", "expected"),
    [
        ("text\n>From me\ntext", "text\nFrom me\ntext"),
        (">one\n>From me\n>two", ">one\n>From me\n>two"),
        ("> one\n>From me\nanswer", "> one\nFrom me\nanswer"),
        (">one\n>From me\n", ">one\n>From me"),
    ],
)
def test_mangled_from_lines_are_told_from_quotes_by_their_neighbours(mangled: str, expected: str) -> None:
    assert parse(f"Message-ID: <a@b>\n\n{mangled}".encode()).body == expected
