import contextlib
import gzip
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boost_mailing_list_tracker.parsing.mbox import gunzip, iter_mbox
from boost_mailing_list_tracker.protocol_impl import RawMail
from core.errors import InvalidInput

EXAMPLES = Path(__file__).parent / "examples"
LIMIT = 1 << 20
FROM = b"From ann@example.org Mon Jan  2 03:04:05 2023\n"


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def split(data: bytes, *, size: int = 1 << 16, limit: int = LIMIT) -> list[RawMail]:
    return list(iter_mbox(pieces(data, size), max_message_bytes=limit))


def test_prose_does_not_separate_and_pipermails_missing_blank_lines_do() -> None:
    mails = split((EXAMPLES / "pipermail.mbox").read_bytes())

    assert [mail.unixfrom.split()[1] for mail in mails] == ["ann", "bob@example.org", "-"]
    assert b"it is prose still" in mails[1].raw


@pytest.mark.parametrize(
    "date",
    [
        b"Mon Jan  2 03:04:05 2023",
        b"Mon Jan 02 03:04 2023",
        b"Mon Jan  2 03:04:05 CET 2023",
        b"Mon Jan 02 03:04:05 +0000 2023",
        b"Mon Jan  2 03:04:05 2023 remote from host",
        b"Mon, 2 Jan 2023 03:04:05 +0000",
    ],
)
def test_the_dates_that_mbox_writers_use_separate(date: bytes) -> None:
    mail = b"From a@b " + date + b"\nSubject: x\n\nbody\n\n"

    assert len(split(mail * 3)) == 3
    assert len(split((mail * 3).replace(b"\n", b"\r\n"))) == 3


def test_the_blank_line_behind_a_message_is_not_part_of_it() -> None:
    mails = split(FROM + b"Subject: a\n\none\n\n" + FROM + b"Subject: b\n\ntwo")

    assert [mail.raw for mail in mails] == [b"Subject: a\n\none\n", b"Subject: b\n\ntwo"]
    assert [mail.size for mail in mails] == [16, 15]


def test_nothing_gives_nothing_and_a_lone_mail_is_one_message() -> None:
    assert split(b"") == split(b"\n\r\n", size=1) == []
    assert [(mail.unixfrom, mail.raw) for mail in split(b"Subject: x\n\ny")] == [("", b"Subject: x\n\ny")]


@pytest.mark.parametrize("size", [1, 700, 1 << 16])
def test_a_message_above_the_limit_keeps_headers_and_size_and_its_neighbours(size: int) -> None:
    headers = b"Subject: big\nMessage-ID: <big@example.org>\n\n"
    big = FROM + headers + b"0123456789\n" * 40_000 + b"\n"
    small = FROM + b"Subject: small\n\nbody\n\n"

    mails = split(small + big + small, size=max(size, 50), limit=100_000)

    assert [mail.oversized for mail in mails] == [False, True, False]
    assert mails[1].raw == headers
    assert mails[1].size == len(big) - len(FROM)


def test_memory_stays_flat_while_a_message_above_the_limit_passes() -> None:
    def endless() -> Iterator[bytes]:
        yield FROM + b"Subject: big\n\n"
        yield from (b"x" * 65_536 + b"\n" for _ in range(1000))

    tracemalloc.start()
    (mail,) = iter_mbox(endless(), max_message_bytes=1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert mail.size == len(b"Subject: big\n\n") + 1000 * 65_537
    assert mail.raw == b"Subject: big\n\n"
    assert peak < 2_000_000


@given(
    st.lists(st.sampled_from([FROM, b"Subject: x\n", b"\n", b"\r\n", b"From me\n", b"text\n", b"\0\xff\n"])),
    st.data(),
)
def test_any_cut_into_chunks_gives_the_same_messages_and_every_byte(
    parts: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(parts)
    whole = split(stream)
    size = data.draw(st.integers(1, 60))

    assert split(stream, size=size) == whole
    for byte in (b"x", b"\xff", b"F", b"0"):
        assert stream.count(byte) == sum(
            mail.unixfrom.encode("latin-1").count(byte) + mail.raw.count(byte) for mail in whole
        )


def test_gzip_of_many_members_and_padding_is_read_whole() -> None:
    data = gzip.compress(b"one") + gzip.compress(b"two" * 1_000_000) + b"\0" * 512

    for size in (1000, len(data)):
        assert b"".join(gunzip(pieces(data, size))) == b"one" + b"two" * 1_000_000
    assert b"".join(gunzip(pieces(gzip.compress(b"one") + gzip.compress(b"two"), 1))) == b"onetwo"


def test_what_is_not_gzip_passes_through() -> None:
    assert b"".join(gunzip([b"", b"F", b"rom"])) == b"From"
    assert list(gunzip([])) == []


def test_a_bomb_is_inflated_piece_by_piece() -> None:
    assert max(len(piece) for piece in gunzip([gzip.compress(bytes(50_000_000))])) <= 1 << 18


@pytest.mark.parametrize("damage", ["cut", "flipped", "garbage behind"])
def test_a_damaged_gzip_gives_the_whole_mails_and_then_an_error(damage: str) -> None:
    mail = FROM + b"Subject: x\n\n" + bytes(range(33, 127)) * 300 + b"\n\n"
    data = gzip.compress(mail * 50)
    data = {
        "cut": data[: len(data) - 40],
        "flipped": data[:-8] + b"\1\1\1\1" + data[-4:],
        "garbage behind": data + b"<html>",
    }[damage]
    found: list[RawMail] = []

    with pytest.raises(InvalidInput, match="gzip"):
        found.extend(iter_mbox(gunzip(pieces(data, 100)), max_message_bytes=LIMIT))

    assert all(raw.raw == found[0].raw for raw in found)


@given(st.binary(), st.sampled_from([b"", b"\x1f\x8b", gzip.compress(b"x")]))
def test_any_bytes_are_inflated_or_refused_with_a_typed_error(data: bytes, begin: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        assert isinstance(b"".join(gunzip(pieces(begin + data, 7))), bytes)
