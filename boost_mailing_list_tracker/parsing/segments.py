"""A body cut into what its author wrote, what is quoted, and signatures and footers.

Conventions, not a format: ">" marks, "On ... wrote:" lines, Outlook's originals under a reply, "-- "
signatures (RFC 3676, 4.3) and what list software appends. In doubt a line is text.
"""

from collections.abc import Iterator
from itertools import islice

from boost_mailing_list_tracker.parsing.conventions import (
    attribution_begin,
    footer_end,
    is_mobile_signature,
    looks_like_code,
    original_headers_end,
    quote_depth,
)
from boost_mailing_list_tracker.parsing.flowed import MAX_LINED
from boost_mailing_list_tracker.protocol_impl import Segment, SegmentKind

_Label = tuple[SegmentKind, int]
_TEXT: _Label = ("text", 0)
_QUOTE: _Label = ("quote", 0)
_SIGNATURE: _Label = ("signature", 0)
# How far a template argument list can stand above the ">" that closes it.
_TEMPLATE_LINES = 12
# A "--" that lost its space is a signature only when little follows.
_MAX_UNSPACED_SIGNATURE = 12
# An original under a reply is marked or it is not; its first lines tell.
_ORIGINAL_LOOKAHEAD = 10


def split_segments(body: str) -> tuple[Segment, ...]:
    """Cut a body into segments that cover it exactly; neighbours differ in kind or depth.

    What lies beyond MAX_LINED characters is text: lines take twenty times their size in memory.
    """
    end = len(body)
    if end > MAX_LINED:
        end = body.rfind("\n", 0, MAX_LINED) + 1 or MAX_LINED
    lines = body[:end].split("\n")
    segments = list(_merge(lines, _labels(lines), end))
    if end < len(body):
        rest = segments.pop().start if (segments[-1].kind, segments[-1].depth) == _TEXT else end
        segments.append(Segment("text", rest, len(body)))
    return tuple(segments)


def _merge(lines: list[str], labels: list[_Label], length: int) -> Iterator[Segment]:
    start = end = 0
    current = labels[0]
    for line, label in zip(lines, labels, strict=True):
        if label != current and start < end < length:
            yield Segment(current[0], start, end, current[1])
            start = end
            current = label
        end += len(line) + 1
    if start < length:
        yield Segment(current[0], start, length, current[1])


def _labels(lines: list[str]) -> list[_Label]:
    labels: list[_Label | None] = [None] * len(lines)
    for number, line in enumerate(lines):
        if (depth := quote_depth(line)) and not _closes_template(lines, number):
            labels[number] = ("quote", depth)
    _label_attributions(lines, labels)
    _label_originals(lines, labels)
    _label_footers(lines, labels)
    _label_signatures(lines, labels)
    return _fill(lines, labels)


def _closes_template(lines: list[str], number: int) -> bool:
    """Tell whether the ">" of a line stands alone and closes a "<" above it."""
    if not looks_like_code(lines[number]):
        return False
    around = lines[max(number - 1, 0) : number] + lines[number + 1 : number + 2]
    if any(quote_depth(line) and not looks_like_code(line) for line in around):
        return False
    above = lines[max(number - _TEMPLATE_LINES, 0) : number]
    return any(line.rstrip().endswith("<") or line.count("<") > line.count(">") for line in above)


def _label_attributions(lines: list[str], labels: list[_Label | None]) -> None:
    for number in range(1, len(lines)):
        if not labels[number] or labels[number - 1]:
            continue
        last = number - 1
        while last > 0 and not lines[last].strip() and number - last <= 2:  # noqa: PLR2004 - blank lines between
            last -= 1
        if not labels[last] and (begin := attribution_begin(lines, last)) is not None:
            labels[begin:number] = [_QUOTE] * (number - begin)


def _label_originals(lines: list[str], labels: list[_Label | None]) -> None:
    """Label the block of headers, and all under it unless the original carries marks of its own."""
    for number in range(len(lines)):
        if labels[number] or (end := original_headers_end(lines, number)) is None:
            continue
        filled = (at for at in range(end, len(lines)) if lines[at].strip())
        marked = any(labels[at] for at in islice(filled, _ORIGINAL_LOOKAHEAD))
        stop = end if marked else len(lines)
        for at in range(number, stop):
            labels[at] = labels[at] or _QUOTE
        if not marked:
            return


def _label_footers(lines: list[str], labels: list[_Label | None]) -> None:
    for number in range(len(lines)):
        label = labels[number]
        if (label is None or label == _QUOTE) and (end := footer_end(lines, number)) is not None:
            labels[number:end] = [_SIGNATURE] * (end - number)


def _label_signatures(lines: list[str], labels: list[_Label | None]) -> None:
    """Label what stands from a delimiter to the next quote, footer or the end."""
    number = 0
    while number < len(lines):
        line = lines[number]
        end = number + 1
        if labels[number] is None and line.rstrip("\t ") == "--":
            while end < len(lines) and labels[end] is None:
                end += 1
            if line == "-- " or end - number <= _MAX_UNSPACED_SIGNATURE:
                labels[number:end] = [_SIGNATURE] * (end - number)
        elif labels[number] is None and is_mobile_signature(line):
            labels[number] = _SIGNATURE
        number = end


def _fill(lines: list[str], labels: list[_Label | None]) -> list[_Label]:
    """Label blank lines like what stands above them, and the rest as text."""
    filled: list[_Label] = []
    before = _TEXT
    for line, label in zip(lines, labels, strict=True):
        before = label or (_TEXT if line.strip() else before)
        filled.append(before)
    return filled
