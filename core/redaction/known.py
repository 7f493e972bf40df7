"""Secrets known by value: gone in every spelling, whatever they look like and wherever they stand."""

import base64
import html.entities
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

REDACTED = "[redacted]"

# Shorter values would blank ordinary words, and protect nothing that deserves the name.
_SHORTEST_SECRET = 6
# Of a list of tokens or the lines of a key each part is a secret of its own; words of a pass phrase are not.
_SHORTEST_PART = 16
_PARTS = re.compile(r"(?:[\s,;]|\\n)+")
# What libpq takes for the password where urlsplit sees a path: everything up to the last @.
_USERINFO = re.compile(r"://[^:/@]*:(.*)@", re.DOTALL)
_LETTERS_OF_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}


class _Registry:
    """The secrets known by value, and the patterns of all their spellings."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._patterns: dict[str, list[re.Pattern[str]]] = {}

    def add(self, values: Iterable[str]) -> None:
        with self._lock:
            # A new mapping takes the old one's place: `hide` reads without the lock, for every line logged.
            patterns = dict(self._patterns)
            for value in values:
                if value not in patterns:
                    patterns[value] = [re.compile(spelt) for spelt in _spelt(value)]
            # The longest first, so that a secret that begins like another one goes whole.
            self._patterns = dict(sorted(patterns.items(), key=lambda item: -len(item[0])))

    def hide(self, text: str) -> str:
        for patterns in self._patterns.values():
            for pattern in patterns:
                text = pattern.sub(REDACTED, text)
        return text


_REGISTRY = _Registry()


def register_secret(value: str) -> None:
    """Have `redact` remove `value` from now on, in every spelling.

    These are: percent-encoded, as of a form, escaped as in JSON, Python or HTML, also several times over,
    and in base64, also as a part of a longer text.

    It does so with the password in it if it is a URL, the tokens of a comma list and the lines of a key.
    Values of fewer than 6 characters are left to the shapes: they would blank ordinary words.
    """
    secrets = {value.strip(), *_passwords(value)}
    secrets |= {part for part in _PARTS.split(value) if len(part) >= _SHORTEST_PART}
    _REGISTRY.add(secret for secret in secrets if len(secret.strip()) >= _SHORTEST_SECRET)


def hide_known(text: str) -> str:
    """Return `text` without the secrets that were registered."""
    return _REGISTRY.hide(text)


def _passwords(value: str) -> Iterator[str]:
    if found := _USERINFO.search(value):
        yield unquote(found[1])
    with suppress(ValueError):  # not a URL, so there is no password inside
        url = urlsplit(value)
        yield unquote(url.password or "")
        yield from parse_qs(url.query).get("password", ())


def _spelt(value: str) -> Iterator[str]:
    """Patterns of a value: as characters, and in base64 at each of the three places where it may begin."""
    raw = value.encode("utf-8", "surrogatepass")
    yield "".join(map(_character, value))
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + raw).decode()
        # What stands around it shares the first and the last of its digits.
        digits = encoded[-(-8 * before // 6) : 8 * (before + len(raw)) // 6]
        yield "".join(map(_digit, digits))


def _digit(character: str) -> str:
    url_safe = {"+": "-", "/": "_"}.get(character)
    return f"(?:{_character(character)}|{url_safe})" if url_safe else character


@lru_cache
def _character(character: str) -> str:
    """Return a pattern of a character as any of the usual encodings writes it."""
    if character.isascii() and character.isalnum():
        return character
    bytes_ = character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass").hex()
    forms = [r"\\{1,8}" if character == "\\" else rf"\\{{0,8}}{re.escape(character)}"]
    forms.append("".join(rf"(?i:%(?:25){{0,2}}{byte:02x})" for byte in bytes_))
    forms.append("".join(rf"\\{{1,8}}(?i:u{units[at : at + 4]})" for at in range(0, len(units), 4)))
    forms.append("".join(rf"\\{{1,8}}(?i:x{byte:02x})" for byte in bytes_))
    names = "".join(f"|{name[:-1]}" for name in _entities().get(character, ()))
    forms.append(rf"&(?:amp;)?(?:#0{{0,4}}{ord(character)}|(?i:#x0{{0,4}}{ord(character):x}){names});")
    if len(units) > len("ffff"):
        forms.append(rf"\\{{1,8}}U(?i:{ord(character):08x})")
    if ord(character) < 256 and not character.isascii():  # noqa: PLR2004 - as repr() of text writes it
        forms.append(rf"\\{{1,8}}(?i:x{ord(character):02x})")
    if letter := _LETTERS_OF_ESCAPES.get(character):
        forms.append(rf"\\{{1,8}}{letter}")
    if character == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(forms)})"


@lru_cache(maxsize=1)
def _entities() -> dict[str, list[str]]:
    """Return the names that HTML has for a character."""
    found: dict[str, list[str]] = {}
    for name, character in html.entities.html5.items():
        if name.endswith(";"):
            found.setdefault(character, []).append(name)
    return found
