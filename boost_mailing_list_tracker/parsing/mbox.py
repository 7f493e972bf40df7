"""An mbox stream, cut into messages with flat memory.

https://www.rfc-editor.org/rfc/rfc4155 names the format; nobody escapes alike, so a "From " line only
separates when it ends like asctime(3), stands behind a blank line and has a header line under it.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from boost_mailing_list_tracker.protocol_impl import RawMail
from core.errors import InvalidInput

# A verdict on a separator needs at most this much: the line itself and the begin of the next one.
_WINDOW = 2048
# What is kept of a message above the limit.
_HEADERS_KEPT = 256 * 1024
_INFLATED_CHUNK = 256 * 1024
_GZIP_MAGIC = b"\x1f\x8b"

_DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIME = rb"\d{1,2}:\d\d(?::\d\d)?"
_DATE = (
    # asctime(3), some with a zone before the year, or the date of a mail header.
    _DAY
    + rb"(?: +"
    + _MONTH
    + rb" +\d{1,2} +"
    + _TIME
    + rb"(?: +[A-Za-z+-][A-Za-z0-9:+-]{0,9}){0,2} +\d{4}\b"
    rb"|,? +\d{1,2} +" + _MONTH + rb" +\d{4} +" + _TIME + rb"\b)[^\n]{0,80}\n"
)
_SEPARATOR = re.compile(rb"From (?=[^\n]{0,998}\n)[^\n]*?" + _DATE + rb"(?:[!-9;-~]+[ \t]*:|>?From )")
# Pipermail leaves the blank line out where it scrubbed an attachment. Then the From field must name the
# sender of the separator, each with its "@" hidden or not.
_PIPERMAIL_SEPARATOR = re.compile(
    rb"From ([^\n@ ]{1,100})(?: at |@)([^\n ]{1,100}) +" + _DATE + rb"From: [^\n]{0,200}?\1(?: at |@)\2"
)
_FIRST_LINE = re.compile(rb"From [^\n]{0,998}(?:\n|\Z)")
_BLANK_LINE = re.compile(rb"\n\r?\n")


def iter_mbox(chunks: Iterable[bytes], *, max_message_bytes: int) -> Iterator[RawMail]:
    """Yield the messages of an mbox, in order; every byte of the stream belongs to one of them.

    What stands before the first separator is a message of its own, with an empty `unixfrom`, unless it
    is blank. A message of more than `max_message_bytes` comes with its headers and size only. Errors of
    `chunks` pass through, and the message that they cut is not yielded.
    """
    splitter = _Splitter(max_message_bytes)
    for chunk in chunks:
        yield from splitter.feed(chunk)
    yield from splitter.close()


class _Splitter:
    """The state between two chunks: one message, or its headers and its last bytes when it is too big."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._scanned: int = 0
        self._any = False
        self._kept: bytearray | None = None
        self._dropped = 0

    def feed(self, chunk: bytes) -> Iterator[RawMail]:
        at_begin = not self._buffer and not self._any
        self._buffer += chunk.lstrip(b"\r\n") if at_begin else chunk
        yield from self._cut(final=False)
        if len(self._buffer) > max(self._limit, _HEADERS_KEPT) + 2 * _WINDOW:
            self._shrink()

    def close(self) -> Iterator[RawMail]:
        yield from self._cut(final=True)
        if self._buffer:
            yield self._take(len(self._buffer))

    def _cut(self, *, final: bool) -> Iterator[RawMail]:
        buffer = self._buffer
        while (found := buffer.find(b"\nFrom ", self._scanned)) >= 0:
            at = found + 1
            if not final and len(buffer) - at < _WINDOW:
                self._scanned = found
                return
            self._scanned = at
            pattern = _SEPARATOR if _follows_blank_line(buffer, at) else _PIPERMAIL_SEPARATOR
            if pattern.match(buffer, at):
                yield self._take(at)
        # The next search must see a "\nFrom " that is cut by the end of this chunk.
        self._scanned = max(self._scanned, len(buffer) - len(b"\nFrom ") + 1)

    def _take(self, end: int) -> RawMail:
        """Remove the message before `end` from the buffer."""
        source = self._buffer if self._kept is None else self._kept
        first = _FIRST_LINE.match(source)
        unixfrom, start = (first[0].rstrip(b"\r\n"), first.end()) if first else (b"", 0)
        size = self._dropped + end - start
        if size > self._limit:
            raw = _headers_of(
                bytes(source[start : min(start + _HEADERS_KEPT, len(source) if self._kept else end)])
            )
        else:
            raw = bytes(memoryview(source)[start : _without_separator_line(source, start, end)])
            size = len(raw)
        del self._buffer[:end]
        self._scanned, self._kept, self._dropped = 0, None, 0
        self._any = True
        return RawMail(unixfrom.decode("utf-8", "replace"), raw, size)

    def _shrink(self) -> None:
        """Forget the middle of a message above the limit, keeping what the next verdict looks at."""
        if self._kept is None:
            self._kept = self._buffer[: _HEADERS_KEPT + _WINDOW // 2]
        surplus = min(self._scanned, len(self._buffer)) - len(b"\n\r")
        del self._buffer[:surplus]
        self._dropped += surplus
        self._scanned -= surplus


def _follows_blank_line(buffer: bytearray, at: int) -> bool:
    return buffer.endswith((b"\n\n", b"\n\r\n"), max(at - 3, 0), at)


def _without_separator_line(buffer: bytearray, start: int, end: int) -> int:
    """Return the end of a message without the blank line that mbox puts behind it."""
    if buffer.endswith(b"\n\r\n", start, end):
        return end - 2
    return end - 1 if buffer.endswith(b"\n\n", start, end) else end


def _headers_of(message: bytes) -> bytes:
    blank = _BLANK_LINE.search(message)
    return message[: blank.end()] if blank else message


# Mails shrink to a third, the most repetitive ones to a fiftieth; a bomb to a thousandth.
_MAX_RATIO = 300
_RATIO_FROM = 64 * 1024 * 1024  # bytes


def gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content of a gzip stream of any number of members, or the stream itself when it is not gzip.

    Raises `InvalidInput` when it is damaged or cut short, after all that could be read.
    """
    source = iter(chunks)
    head = b""
    while len(head) < len(_GZIP_MAGIC) and (chunk := next(source, None)) is not None:
        head += chunk
    whole = chain([head] if head else [], source)
    yield from _inflate(whole) if head.startswith(_GZIP_MAGIC) else whole


def _inflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    taken = given = 0
    for chunk in chunks:
        data = chunk
        taken += len(chunk)
        while data:
            if member.eof:
                # Zero padding behind a member is allowed, as gzip(1) does.
                if not (data := data.lstrip(b"\0")):
                    break
                member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                inflated = member.decompress(data, _INFLATED_CHUNK)
            except zlib.error as error:
                raise InvalidInput(f"the gzip stream is damaged: {error}", item="gzip") from error
            given += len(inflated)
            if given > _RATIO_FROM and given > _MAX_RATIO * taken:
                raise InvalidInput(f"it unpacks to more than {_MAX_RATIO} times its size", item="gzip")
            yield inflated
            data = member.unused_data if member.eof else member.unconsumed_tail
    if not member.eof:
        raise InvalidInput("the gzip stream ends in the middle of a member", item="gzip")
