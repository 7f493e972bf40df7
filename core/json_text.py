"""JSON from outside, parsed within bounds of size, number of values, depth and digits.

Memory and time are linear in the text and bounded, whoever wrote it. A text beyond the bounds is refused
as a whole; a single value that nothing here can hold is replaced by a `NotStorable`, so that it costs only
the item that it is part of.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from core.errors import InvalidInput

__all__ = [
    "MOST_BYTES",
    "JsonReader",
    "NotStorable",
    "bounded_json",
    "canonical_json",
    "json_bytes",
    "parse_json",
]

MOST_BYTES = 24 * 1024 * 1024  # in memory, one character can make the text take four times as much
MOST_VALUES = 500_000  # each takes up to some 170 bytes of memory, whatever it takes in the text
MOST_DEPTH = 100
MOST_DIGITS = 100
MOST_OF_A_VALUE = 8 * 1024 * 1024  # characters of one value of a file that is read in pieces
CHUNK = 256 * 1024  # characters
_BETWEEN = re.compile(r"[\s,]*+")
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# One that does not end takes the rest: looking for its end from each quote in it would take for ever.
_PLAIN = re.compile(rf'(?:{_STRING}?|[^"\[\]{{}}]++)++', re.DOTALL)
_TOKEN = re.compile(rf"{_STRING}?|[\[\]{{}},]", re.DOTALL)
_BRACKET = re.compile(rf'(?:{_STRING}|[^"\[\]{{}}]++)*+([\[\]{{}}])', re.DOTALL)
_WHOLE_STRING = re.compile(_STRING, re.DOTALL)
_SCALAR = re.compile(r'[^\s,:"\[\]{}]++')
_CUT = "NaN"  # what stands in the text for what is cut out of it: a word that the decoder asks us about


class NotStorable:
    """Stands for a value of JSON that is not stored: too deep, with too many digits, no number at all.

    No JSON can be made of it and no parser takes it for anything, so the item that it is in is refused.
    """

    def __init__(self, why: str, text: str = "") -> None:
        self.why = why
        self.text = text

    def __repr__(self) -> str:
        return f"<{self.why}>"

    def __str__(self) -> str:
        return self.text or repr(self)


def parse_json(body: bytes | str) -> Any:
    """The value of a JSON text. Raises InvalidInput for what is no JSON, or more than the bounds allow."""
    try:
        return _DECODER.decode(bounded_json(body))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"not JSON: {error}") from None


def bounded_json(body: bytes | str) -> str:
    """Return the text itself, for a parser that has no bounds; what is nested too deep is cut out of it.

    Raises InvalidInput when it is more than the bounds allow.
    """
    if len(body) > MOST_BYTES:
        raise InvalidInput(f"JSON of {len(body):,} bytes, more than {MOST_BYTES:,}")
    if isinstance(body, bytes):
        _require_few(sum(map(body.count, (b",", b"[", b"{"))), lambda: _decoded(body))
        return _flat(_decoded(body))
    _require_few(sum(map(body.count, ",[{")), lambda: body)
    return _flat(body)


def canonical_json(value: object, default: Callable[[object], object] | None = None) -> bytes:
    """Give a payload as JSON in UTF-8, for the archive; equal payloads have equal bytes.

    `default` makes something else of what JSON has not. Raises TypeError, ValueError or RecursionError.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=default)
    return text.encode("utf-8", "backslashreplace")  # what it writes for a lone surrogate is JSON, too


def json_bytes(value: object) -> bytes:
    """Give a payload as canonical JSON for the quarantine, whatever is in it."""
    try:
        return canonical_json(value, default=str)
    except (ValueError, TypeError, RecursionError) as error:
        return canonical_json(f"a payload that cannot be written: {error}")


class JsonReader:
    """A JSON text that is read in pieces and taken value by value: it may be bigger than the memory.

    Where a value ends is found by its brackets alone, so one that is no JSON inside, or beyond the bounds,
    comes as a NotStorable and those behind it are not lost. Raises InvalidInput naming the text where it
    is not even that. No library does that: ijson is faster, and ends at the first value that is no JSON.
    """

    def __init__(self, read: Callable[[int], str], name: str) -> None:
        """`read` gives the next characters, about as many as asked for; "" at the end."""
        self.name = name
        self._read = read
        self._text = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """Return the next character that is neither space nor comma; "" at the end."""
        while True:
            match = _BETWEEN.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self, expected: str) -> None:
        """Go on behind a character that must come next."""
        if (following := self.peek()) != expected:
            raise InvalidInput(f"{self.name} is not JSON: {following!a} in place of {expected!a}")
        self._at += 1

    def take(self) -> Any:
        """Return the value that begins here."""
        begins = self.peek()
        if not begins:
            raise InvalidInput(f"{self.name} ends before its last value")
        end = self._end_of_nested() if begins in ("[", "{") else self._end_of(begins)
        text, self._at = self._text[self._at : end], end
        try:
            return parse_json(text)
        except InvalidInput as error:
            return NotStorable(error.message, text)

    def items(self) -> Iterator[Any]:
        """Take the values of the list that begins here."""
        self.skip("[")
        while self.peek() != "]":
            yield self.take()
        self.skip("]")

    def members(self) -> Iterator[str]:
        """Give the names in the object that begins here; the caller takes the value of each in between."""
        self.skip("{")
        while self.peek() != "}":
            name = self.take()
            self.skip(":")
            yield str(name)
        self.skip("}")

    def _end_of(self, begins: str) -> int:
        pattern = _WHOLE_STRING if begins == '"' else _SCALAR
        while True:
            match = pattern.match(self._text, self._at)
            # A number may go on in the next piece.
            if match and (begins == '"' or match.end() < len(self._text) or self._ended):
                return match.end()
            if not self._more() and not match:
                raise InvalidInput(f"{self.name} is not JSON: {begins!a} in place of a value")

    def _end_of_nested(self) -> int:
        depth, scanned = 0, 0
        while True:
            match = _BRACKET.match(self._text, self._at + scanned)
            if match is None:
                if not self._more():
                    raise InvalidInput(f"{self.name} ends before its last value")
                continue
            scanned = match.end() - self._at
            depth += 1 if match[1] in "[{" else -1
            if not depth:
                return match.end()

    def _more(self) -> bool:
        """Read on; as much again as is held, so that a big value is not scanned again and again."""
        rest = self._text[self._at :]
        if len(rest) > MOST_OF_A_VALUE:
            raise InvalidInput(f"{self.name} has a value of more than {MOST_OF_A_VALUE:,} characters")
        piece = "" if self._ended else self._read(max(CHUNK, len(rest)))
        self._ended = not piece
        self._text, self._at = rest + piece, 0
        return not self._ended


def _decoded(body: bytes) -> str:
    try:
        return body.decode(json.detect_encoding(body), "surrogatepass").removeprefix("\ufeff")
    except ValueError as error:
        raise InvalidInput(f"not JSON: {error}") from None


def _require_few(most: int, text: Callable[[], str]) -> None:
    """Raise InvalidInput when there are too many values; `most` counts marks inside of strings, too."""
    if most <= MOST_VALUES:
        return
    marks = 0
    for number, token in enumerate(_TOKEN.finditer(text())):
        marks += token[0] in ("[", "{", ",")
        # Each value has at most two strings, its name and itself, and one bracket that closes.
        if marks > MOST_VALUES or number > 4 * MOST_VALUES:
            raise InvalidInput(f"JSON of more than {MOST_VALUES:,} values")


def _flat(text: str) -> str:
    """Return the text without what is nested too deep in it."""
    if text.count("[") + text.count("{") <= MOST_DEPTH:
        return text
    brackets = _PLAIN.sub("", text)
    for _ in range(MOST_DEPTH):  # each round takes the innermost away
        if not brackets:
            return text
        brackets = brackets.replace("[]", "").replace("{}", "")
    return "".join(_shallow(text)) if brackets else text


def _shallow(text: str) -> Iterator[str]:
    depth, kept = 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in ("[", "{"):
            depth += 1
            if depth == MOST_DEPTH + 1:
                yield text[kept : token.start()] + _CUT
        elif token[0] in ("]", "}"):
            depth -= 1
            if depth == MOST_DEPTH:
                kept = token.end()
    if depth <= MOST_DEPTH:
        yield text[kept:]


def _whole(digits: str) -> int | NotStorable:
    return int(digits) if len(digits) <= MOST_DIGITS else NotStorable(f"a number of {len(digits):,} digits")


def _number(digits: str) -> float | NotStorable:
    number = float(digits) if len(digits) <= MOST_DIGITS else math.inf
    return number if math.isfinite(number) else NotStorable("a number beyond all bounds")


def _constant(_: str) -> NotStorable:
    return NotStorable(f"nested more than {MOST_DEPTH} deep, or not a number")


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_number, parse_constant=_constant)
