"""JSON from outside: what is refused as a whole, what is replaced, and what it costs."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import InvalidInput
from core.json_text import MOST_DEPTH, JsonReader, NotStorable, bounded_json, json_bytes, parse_json
from core.tests.odd_json import ODD_VALUES
from core.tests.thorough import cases

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("text", ['{"a": [1, 2.5, "x", null, true]}', '"a, [ {"', "[]", "7", '["\\ud83d"]'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_in_bounds_is_parsed_as_by_the_standard_library(text: str, encoding: str) -> None:
    assert parse_json(text) == json.loads(text)
    assert parse_json(text.encode(encoding)) == json.loads(text)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[1] [2]", "not JSON"),
        (b"[" * 400_000, "not JSON"),
        (b"[" + b"{}," * 400_000 + b"{}]", "500,000 values"),
        (b'["' + b'\\",["' * 1_000_000, "not JSON"),
        (b'"' + b"x" * 25_200_000 + b'"', "bytes"),
    ],
    ids=lambda value: str(value[:20]),
)
def test_what_is_no_json_or_too_much_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        parse_json(body)


def test_commas_and_brackets_in_a_long_text_are_no_values() -> None:
    text = "a,[{" * 300_000
    assert parse_json(json.dumps([text, {"quoted": '"' * 1000}]))[0] == text


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
def test_a_value_that_nothing_can_hold_costs_only_what_it_is_in(value: bytes) -> None:
    odd, fine = parse_json(b'[{"odd":' + value + b'},{"id":1}]')
    assert fine == {"id": 1}
    assert b"<" in json_bytes(odd)
    with pytest.raises(TypeError, match="NotStorable"):
        json.dumps(odd)


def test_what_is_as_deep_as_allowed_stays() -> None:
    body = b"[" * MOST_DEPTH + b"]" * MOST_DEPTH
    assert json.dumps(parse_json(body)).encode() == body


def test_a_parser_without_bounds_gets_a_text_that_it_can_read() -> None:
    assert len(json.loads(bounded_json(b'[{"a":' + ODD_VALUES["deeper than any parser goes"] + b"},2]"))) == 2


def reader(text: str, size: int = 10) -> JsonReader:
    pieces = (text[start : start + size] for start in range(0, len(text), size))
    return JsonReader(lambda _: next(pieces, ""), "the file")


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_values_are_taken_one_by_one_from_pieces_of_any_size(size: int) -> None:
    text = reader(' {"a": 1} , "b]\\"" 12.5 [ [ ] , "[" ] null', size)
    assert [text.take() for _ in range(5)] == [{"a": 1}, 'b]"', 12.5, [[], "["], None]
    assert not text.peek()


BAD = ['{"id": oops}', *(f'{{"a":{value.decode()}}}' for value in ODD_VALUES.values())]


@pytest.mark.parametrize("bad", BAD, ids=["no JSON", *ODD_VALUES])
def test_a_bad_value_in_a_file_does_not_take_those_behind_it(bad: str) -> None:
    text = reader(f'[{{"id": 1}}, {bad}, {{"id": 3}}]', 5000)
    text.skip("[")
    first, middle, last = (text.take() for _ in range(3))
    assert (first, last) == ({"id": 1}, {"id": 3})
    assert isinstance(middle, NotStorable) or isinstance(middle["a"], NotStorable | list | dict)
    text.skip("]")


@pytest.mark.parametrize("text", ["", "[1, 2", '{"a', '"abc', "]", ":"])
def test_a_file_that_ends_early_or_begins_with_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="the file"):
        reader(text).take()


def seconds(text: str) -> float:
    """The better of two times that it takes to refuse a text."""
    times: list[float] = []
    for _ in range(2):
        began = time.process_time()
        with pytest.raises(InvalidInput):
            parse_json(text)
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.parametrize("piece", cases(['"', '\\"', '["\\",', '{"a":'], always=1), ids=repr)
@pytest.mark.parametrize("start", ['["', "["], ids=repr)
def test_hostile_texts_take_time_in_proportion_to_their_length(start: str, piece: str) -> None:
    short, long = (start + piece * (length // len(piece)) for length in (3_000_000, 12_000_000))
    assert seconds(long) < 10 * seconds(short)


CHILD = """
import re, sys
from pathlib import Path
from core.errors import InvalidInput
from core.json_text import parse_json
def peak():  # the rusage of a process knows that of the one that started it, too
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
body = eval(sys.argv[1])
try:
    kept = parse_json(body)
except InvalidInput:
    kept = None
print(peak() - before)
"""


@pytest.mark.parametrize(
    "body",
    [
        'b"[" + b"{}," * 7_500_000 + b"{}]"',
        'b"[" + b",".join(b\'{"k%06d":1.5}\' % i for i in range(240_000)) + b"]"',
        '("[\\"\\U0001F600" + "x" * 25_100_000 + "\\"]").encode()',
        'b"[" * 7_500_000',
    ],
)
def test_no_text_takes_more_than_300_mib(body: str) -> None:
    told = subprocess.run([sys.executable, "-c", CHILD, body], cwd=ROOT, capture_output=True, check=True)
    assert int(told.stdout) < 300 * 1024
