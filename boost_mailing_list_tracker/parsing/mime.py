"""The MIME structure of a mail, as parts with decoded content.

Works on bytes, in time and memory linear in the mail. Python's `email` package explains the field
parameters (RFC 2045, 2231); its line-wise parser is not used: it needs several times the memory and
recurses as deep as a sender likes.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache

from boost_mailing_list_tracker.parsing.charsets import clean
from boost_mailing_list_tracker.parsing.headers import Headers, decode_header, split_headers

_MAX_DEPTH = 30
_MAX_PARTS = 1000
_MAX_FIELD = 2000
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_BASE64_LINES = re.compile(rb"(?>[A-Za-z0-9+/]+={0,2}[ \t]*(?:\r?\n|\Z)|[ \t]*\r?\n)*+")
_IDENTITY = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"})


@dataclass(frozen=True, slots=True)
class Description:
    """The Content-Type and Content-Disposition of a part."""

    content_type: str
    charset: str | None
    boundary: str
    flowed: bool
    delsp: bool
    attached: bool
    filename: str


@dataclass(slots=True)
class Part:
    """A part, its body being `source[start:end]` so that nesting copies nothing; the mail has depth 0."""

    headers: Headers
    description: Description
    source: bytes
    start: int
    end: int
    depth: int

    @property
    def body(self) -> bytes:
        return self.source[self.start : self.end]


def read_mail(raw: bytes, defects: list[str]) -> Part:
    return _read_part(raw, 0, len(raw), defects, depth=0, default_type="text/plain")


def _read_part(
    source: bytes, start: int, end: int, defects: list[str], *, depth: int, default_type: str
) -> Part:
    headers, body_start = split_headers(source, start, end, defects)
    description = _describe(
        (headers.text("Content-Type", defects) or "")[:_MAX_FIELD],
        (headers.text("Content-Disposition", defects) or "")[:_MAX_FIELD],
        default_type,
    )
    return Part(headers, description, source, body_start, end, depth)


def children(part: Part, defects: list[str]) -> list[Part]:
    """Return the parts of a multipart; none when its boundary is not there or it is nested beyond reason."""
    if part.depth >= _MAX_DEPTH:
        defects.append(f"parts nested more than {_MAX_DEPTH} deep, kept as one")
        return []
    default = "message/rfc822" if part.description.content_type == "multipart/digest" else "text/plain"
    return [
        _read_part(part.source, start, end, defects, depth=part.depth + 1, default_type=default)
        for start, end in _split(part, defects)
    ]


def _split(part: Part, defects: list[str]) -> Iterator[tuple[int, int]]:
    """Yield where the parts of a multipart begin and end."""
    boundary = part.description.boundary
    start, count = -1, 0
    for at, behind, is_last in _delimiters(part, b"--" + boundary.encode("utf-8")) if boundary else ():
        if count >= _MAX_PARTS - 1 and not is_last:
            if count == _MAX_PARTS - 1:
                defects.append(f"more than {_MAX_PARTS} parts, the rest kept as one")
                count += 1
            continue
        if start >= 0:
            yield start, _line_end_before(part.source, at, start)
            count += 1
        if is_last:
            if part.source[behind : part.end].strip():
                defects.append("text behind the last part, left out")
            return
        start = behind
    if start < 0:
        defects.append("a multipart without its boundary")
        return
    defects.append("a multipart that is not closed")
    yield start, part.end


def _delimiters(part: Part, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield begin and end of the delimiter lines, and whether it is the closing one."""
    source, end = part.source, part.end
    at = source.find(mark, part.start, end)
    while at >= 0:
        behind = at + 1
        if at == part.start or source[at - 1] == ord("\n"):
            eol = source.find(b"\n", at, end)
            behind = end if eol < 0 else eol + 1
            rest = source[at + len(mark) : behind].rstrip()
            if rest in (b"", b"--"):
                yield at, behind, rest == b"--"
        at = source.find(mark, behind, end)


def _line_end_before(source: bytes, at: int, start: int) -> int:
    """Return where a part ends: the line end before a delimiter is the delimiter's (RFC 2046, 5.1.1)."""
    if source.endswith(b"\r\n", start, at):
        return at - 2
    return at - 1 if source.endswith(b"\n", start, at) else at


@lru_cache(maxsize=1024)
def _describe(content_type: str, disposition: str, default_type: str) -> Description:
    message = Message()
    message["Content-Type"] = content_type or default_type
    message["Content-Disposition"] = disposition
    try:
        filename = message.get_filename("")
        charset = message.get_param("charset")
        flowed = str(message.get_param("format", "")).lower() == "flowed"
        delsp = str(message.get_param("delsp", "")).lower() == "yes"
        boundary = message.get_boundary("") or ""
    except (ValueError, LookupError, TypeError):
        filename, charset, flowed, delsp, boundary = "", None, False, False, ""
    # "text" alone and the like is text/plain (RFC 2045, 5.2), and what is no type at all may be anything.
    kind = content_type.partition(";")[0].strip().lower() or default_type
    if not _TYPE.fullmatch(kind):
        kind = "text/plain" if kind in ("text", "plain") or not disposition else "application/octet-stream"
    return Description(
        content_type=kind,
        charset=charset[2] if isinstance(charset, tuple) else charset,
        boundary=clean(boundary),
        flowed=flowed,
        delsp=delsp,
        attached=disposition.partition(";")[0].strip().lower() == "attachment",
        filename=decode_header(clean(filename).encode(), "filename", []),
    )


def content(part: Part, defects: list[str]) -> bytes:
    """Return the part's bytes, its transfer encoding undone. Text that stands behind base64 is kept."""
    encoding = transfer_encoding(part)
    if encoding == "base64":
        return _decode_base64(part.body, defects)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(part.body)
    if encoding not in _IDENTITY:
        defects.append(f"unknown transfer encoding {encoding[:40]!a}, left as it is")
    return part.body


def transfer_encoding(part: Part) -> str:
    value = (part.headers.text("content-transfer-encoding", []) or "").lower()
    return value.partition(";")[0].strip(" \t\"'")


def _decode_base64(body: bytes, defects: list[str]) -> bytes:
    found = _BASE64_LINES.match(body)
    end = found.end() if found else 0
    tail = body[end:]
    encoded = body[:end] if tail else body
    try:
        data = binascii.a2b_base64(encoded)
    except binascii.Error:
        defects.append("base64 that is cut short")
        digits = re.sub(rb"[^A-Za-z0-9+/]+", b"", encoded)
        data = binascii.a2b_base64(digits[: len(digits) // 4 * 4])
    if tail:
        defects.append("text behind base64")
    return data + tail
