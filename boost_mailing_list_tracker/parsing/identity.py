"""Identity of mails: Message-IDs, their hashes, and an export's bytes without their noise."""

import re
from base64 import b32encode
from contextlib import suppress
from email.errors import HeaderParseError
from email.policy import default
from email.utils import unquote
from hashlib import sha1, sha256

from boost_mailing_list_tracker.protocol_impl import RawMail

# HyperKitty's column holds 255 characters, and it cuts to one less.
MAX_ID = 254
_PARSED_ID = 2000  # characters
_PARSED_DEPTH = 30  # comments in comments
_BOUNDARY = re.compile(
    rb'^(content-type:[^\n]*(?:\n[ \t][^\n]*)*?boundary=")([^"\r\n]+)"', re.IGNORECASE | re.MULTILINE
)
_PLAIN_ID = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]*\w", re.ASCII)
_HEADERS_END = re.compile(rb"\n\r?\n")


def message_id_hash(message_id: str) -> str:
    """Return HyperKitty's key of a mail: base32 of SHA-1 of the Message-ID, without angle brackets.

    https://wiki.list.org/DEV/Stable%20URLs
    """
    digest = sha1(unquote(message_id).encode("utf-8", "replace"), usedforsecurity=False).digest()
    return b32encode(digest).decode("ascii")


def export_message_id(message_id: str) -> str:
    """Return what HyperKitty's mbox export makes of a Message-ID, which joins an export with the listing."""
    return re.sub(r"[\s<>()]", "", message_id)


def imported_message_id(header: str) -> str:
    """Return the Message-ID under which HyperKitty stores a mail with this header; empty when it has none.

    Whitespace and non-ASCII characters go, so does everything behind the closing bracket; what then
    still is no plain id is read by Python's header parser, which may end it early; the result is cut
    to 254 characters. That parser recurses and takes long, so an id beyond reason is not given to it.
    """
    mid = re.sub(r"\s", "", header)
    if mid.startswith("<"):
        mid = mid.partition(">")[0].removeprefix("<")
    mid = mid.removesuffix(">").encode("ascii", "ignore").decode("ascii")
    if mid and not _PLAIN_ID.fullmatch(mid) and len(mid) <= _PARSED_ID and mid.count("(") <= _PARSED_DEPTH:
        # It raises on some ids, and HyperKitty's importer skips those mails: here they are kept.
        with suppress(HeaderParseError, LookupError, ValueError, TypeError, AttributeError):
            mid = unquote(re.sub(r"\s", "", str(default.header_factory("Message-ID", f"<{mid}>")))) or mid
    return mid[:MAX_ID]


def synthetic_message_id(raw: bytes) -> str:
    """Make a Message-ID for a mail without one, the same whenever the same mail comes again."""
    digest = sha256(raw.replace(b"\r\n", b"\n").strip()).hexdigest()
    return f"{digest[:40]}@no-message-id.invalid"


def canonical_export_bytes(mail: RawMail) -> bytes:
    """Return a message of an export as a one-message mbox, the same bytes for every export of it.

    The generator draws a MIME boundary at random; it is replaced where it delimits and nowhere else.
    """
    end = _HEADERS_END.search(mail.raw)
    headers, content = (mail.raw[: end.end()], mail.raw[end.end() :]) if end else (mail.raw, b"")
    content = content.rstrip(b"\r\n")
    if found := _BOUNDARY.search(headers):
        delimiter = re.compile(rb"^--" + re.escape(found[2]) + rb"(?=(?:--)?\r?$)", re.MULTILINE)
        # Made of the content: nobody can have written it there.
        boundary = b"=-" + sha256(delimiter.sub(b"", content)).hexdigest()[:40].encode()
        headers = headers[: found.start(2)] + boundary + headers[found.end(2) :]
        content = delimiter.sub(b"--" + boundary, content)
    separator = mail.unixfrom.encode("utf-8") + b"\n" if mail.unixfrom else b""
    return separator + headers + content + b"\n"


def is_whole(mail: RawMail) -> bool:
    """Tell whether a mail of an export came to its end, its closing delimiter: all are multipart/mixed.

    Of a mail that is no multipart only its headers can tell; a mail above the limit has only those.
    """
    end = _HEADERS_END.search(mail.raw)
    if mail.oversized or end is None:
        return mail.oversized
    found = _BOUNDARY.search(mail.raw[: end.end()])
    return found is None or mail.raw.rstrip().endswith(b"\n--" + found[2] + b"--")
