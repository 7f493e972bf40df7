"""Values that JSON from outside may hold and that nothing can store."""

ODD_VALUES = {
    "deep": b"[" * 500 + b"]" * 500,
    "deeper than any parser goes": b'{"a":[' * 50_000 + b"1" + b"]}" * 50_000,
    "of 5,000 digits": b"9" * 5_000,
    "of 400 digits": b"1" + b"0" * 400,
    "infinite": b"1e400",
    "no number": b"NaN",
}
PLACE = "\u2603 an odd value"


def with_odd_value(body: bytes, value: bytes) -> bytes:
    """The JSON with `value` wherever the text PLACE stands in it."""
    for place in (b'"\\u2603 an odd value"', f'"{PLACE}"'.encode()):
        body = body.replace(place, value)
    return body
