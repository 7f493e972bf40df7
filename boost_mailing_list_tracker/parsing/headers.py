"""The header section of a mail: fields, encoded words, addresses, dates, Message-IDs.

Python's `email` package ends a header section at the first odd line and raises on some values; here a
bad header costs itself only. RFC 5322 and 2047 describe the good ones.
"""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz, unquote

from boost_mailing_list_tracker.parsing.charsets import clean, decode_text

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_BLANK = re.compile(rb"[ \t]*\r?(?:\n|\Z)")
_FROM_LINE = re.compile(rb">?From [^\n]*(?:\n|\Z)")
# A line that is no field, with a field under it that matters: a header wrapped without indentation.
_STRAY_LINE = re.compile(
    rb"[^\n]+\n(?=(?:From|To|Cc|Subject|Date|Message-ID|In-Reply-To|References|MIME-Version|Content-Type"
    rb"|Content-Transfer-Encoding):)",
    re.IGNORECASE,
)
_ENCODED_WORD = re.compile(
    r"=\?([^?\s*]{1,80})(?:\*[^?\s]{0,80})?\?([bBqQ])\?((?:(?!=\?[^=]).)*?)\?=", re.DOTALL
)
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_IN_BRACKETS = re.compile(r"<([^<>]+)>")
_ANGLE_ADDRESS = re.compile(r"^(.*?)<\s*([^<>]*?)\s*>?\s*(?:\(.*\))?\s*[,;]?\s*$", re.DOTALL)
_COMMENT_ADDRESS = re.compile(r"^\s*(\S+(?: at \S+)?)\s*\((.*)\)\s*$", re.DOTALL)
_MAX_ADDRESS = 1000
# No mail that anyone reads has longer or more; the rest is left out.
_MAX_VALUE = 64 * 1024
_MAX_FIELDS = 10_000
_MAX_DATE = 200
_MAX_OFFSET = timedelta(hours=24)


class Headers:
    """The fields of one header section, values as raw bytes."""

    def __init__(self, fields: dict[bytes, list[bytes]]) -> None:
        self._fields = fields

    def get(self, name: str) -> bytes | None:
        """The first non-empty field of that name, unfolded; the first one when all are empty."""
        values = [unfold(value[:_MAX_VALUE]) for value in self._fields.get(name.lower().encode(), ())]
        return next((value for value in values if value), values[0] if values else None)

    def text(self, name: str, defects: list[str]) -> str | None:
        value = self.get(name)
        return None if value is None else decode_header(value, name, defects)


def split_headers(source: bytes, start: int, end: int, defects: list[str]) -> tuple[Headers, int]:
    """The header section at the begin of the message or part `source[start:end]`, and where its body is."""
    fields: dict[bytes, list[bytes]] = {}
    at, count = start, 0
    while at < end:
        if field := _FIELD.match(source, at, end):
            count += 1
            if count <= _MAX_FIELDS:
                fields.setdefault(field[1].lower(), []).append(field[2])
            at = field.end()
        elif blank := _BLANK.match(source, at, end):
            return Headers(fields), blank.end()
        elif odd := _FROM_LINE.match(source, at, end):
            at = odd.end()
        elif stray := _STRAY_LINE.match(source, at, end):
            defects.append("a stray line among the headers")
            at = stray.end()
        else:
            defects.append("no blank line between headers and body")
            break
    return Headers(fields), at


def unfold(value: bytes) -> bytes:
    return value.replace(b"\r", b"").replace(b"\n", b"").strip()


def decode_header(value: bytes, name: str, defects: list[str]) -> str:
    """An unfolded header value as text: encoded words decoded, raw 8-bit text guessed."""
    text, problem = decode_text(value, None)
    if problem:
        defects.append(f"{name}: {problem}")
    if "=?" in text:
        text = "".join(_decode_words(text, name, defects))
    return _CONTROLS.sub(" ", clean(text)).strip()


def _decode_words(text: str, name: str, defects: list[str]) -> Iterator[str]:
    """Pieces of a header. Neighbouring words of one charset share bytes: senders cut inside characters."""
    at, charset, data = 0, "", b""
    for word in _ENCODED_WORD.finditer(text):
        try:
            decoded = _decode_word(word[2], word[3])
        except ValueError:
            # It stays in the text between the others.
            defects.append(f"{name}: broken encoded word")
            continue
        between = text[at : word.start()]
        if data and (between.strip() or word[1].lower() != charset):
            yield _decoded_word(data, charset, name, defects)
            data = b""
        if between.strip() or at == 0:
            yield between
        at, charset, data = word.end(), word[1].lower(), data + decoded
    if data:
        yield _decoded_word(data, charset, name, defects)
    yield text[at:]


def _decoded_word(data: bytes, charset: str, name: str, defects: list[str]) -> str:
    text, problem = decode_text(data, charset)
    if problem:
        defects.append(f"{name}: {problem}")
    return text


def _decode_word(encoding: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return _HEX.sub(lambda found: bytes.fromhex(found[1].decode()), raw.replace(b"_", b" "))
    raw = re.sub(rb"[\s=]+", b"", raw)
    return base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)


def parse_address(value: bytes, name: str, defects: list[str]) -> tuple[str, str]:
    """(display name, address) of an address field; the address stands for a missing name.

    Encoded words are decoded after the parts are told apart, since names may decode to commas. The
    "user at example.com (Name)" of pipermail archives is turned back.
    """
    text = " ".join(value.decode("utf-8", "surrogateescape").split())[:_MAX_ADDRESS]
    if (found := _ANGLE_ADDRESS.match(text)) and found[2]:
        display, address = found[1], found[2]
    elif found := _COMMENT_ADDRESS.match(text):
        address, display = found[1], found[2]
    else:
        display, address = "", text
    if "@" not in address:
        address = address.replace(" at ", "@", 1)
    address = _decoded_piece(address, name, defects).strip("\"'<> ")
    display = _decoded_piece(unquote(display.strip()), name, defects).strip("\"' ")
    return display or address, address


def _decoded_piece(value: str, name: str, defects: list[str]) -> str:
    return decode_header(value.encode("utf-8", "surrogateescape"), name, defects)


def parse_date(text: str, defects: list[str]) -> datetime | None:
    """A Date field as an aware datetime with its own UTC offset, None when it cannot be read.

    Dates of 1970, 2038 or in the future are kept: only the caller knows what they must not move. An
    offset that cannot exist is read as UTC, as HyperKitty does; no zone at all as well.
    """
    try:
        parsed = parsedate_tz(text) if len(text) <= _MAX_DATE else None
        if parsed is None:
            moment = datetime.fromisoformat(text.strip() if len(text) <= _MAX_DATE else "")
        else:
            offset = timedelta(seconds=parsed[9] or 0)
            if abs(offset) >= _MAX_OFFSET:
                defects.append("Date: impossible UTC offset, read as UTC")
                offset = timedelta()
            moment = datetime(*parsed[:5], min(parsed[5], 59), tzinfo=timezone(offset))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        defects.append("Date: cannot be read")
        return None
    return moment


def parse_ids(text: str) -> tuple[str, ...]:
    """The Message-IDs of a References or In-Reply-To field, without brackets."""
    found = _IN_BRACKETS.findall(text) or [word for word in text.split() if "@" in word]
    return tuple(dict.fromkeys(re.sub(r"\s", "", mid) for mid in found))
