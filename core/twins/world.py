"""The seeded world behind all twins: the same people, libraries and talk, whichever source shows them."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from core.twins.talk import Talk

UNTIL = datetime(2025, 12, 31, 12, tzinfo=UTC)
SOURCES = ("github", "slack", "discord", "youtube", "wg21")
LIBRARIES = (
    "asio", "beast", "bloom", "capy", "charconv", "cobalt", "container", "describe", "filesystem",
    "geometry", "hana", "hash2", "histogram", "json", "leaf", "locale", "log", "math", "mp11",
    "mqtt5", "mysql", "optional", "parser", "process", "python", "redis", "regex", "safe_numerics",
    "serialization", "spirit", "statechart", "test", "thread", "unordered", "url", "uuid",
    "variant2", "wave",
)  # fmt: skip
_GIVEN = (
    "Ada", "Bartosz", "Camille", "Dmitri", "Elif", "François", "Grzegorz", "Hiroshi", "Ingrid", "Jürgen",
    "Katarzyna", "Łukasz", "María", "Nikolai", "Olivér", "Peter", "Quentin", "René", "Søren", "Tomáš", "Ümit",
    "Vinícius", "Wei", "Xavier", "Yuki", "Zoë",
)  # fmt: skip
_FAMILY = (
    "Almeida", "Bjørnsen", "Castillo", "Dvořák", "Eriksson", "Fernández", "Gómez", "Hoffmann", "Ivanov",
    "Jørgensen", "Kowalski", "Lefèvre", "Müller", "Nakamura", "O'Brien", "Petrov", "Quintana", "Rößler",
    "Şahin", "Tanaka", "Ullmann", "Větrovská", "Walker", "Xu", "Yıldız", "Zhang",  # noqa: RUF001 - a name
)  # fmt: skip
HOMONYM = 9  # people 9, 19, ... share the name of 8, 18, ...: linking by name alone must be seen to fail
PRESENCE = 0.6  # share of people that a source other than mail knows
_HOSTS = ("example.com", "example.org", "example.net", "mail.example.com", "uni.example.edu")
_FOLDED = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i", "'": ""})  # noqa: RUF001


def ascii_name(text: str) -> str:
    """The spelling that someone types who has no such keys: `Jürgen Rößler` -> `Jurgen Rossler`."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_FOLDED))
    return decomposed.encode("ascii", "ignore").decode("ascii")


@dataclass(frozen=True, slots=True)
class Person:
    """One human being and all the traces they leave, in every source."""

    number: int
    name: str
    names: tuple[str, ...]
    """Every spelling they use, `name` first."""
    addresses: tuple[str, ...]
    """Every e-mail address they use, the usual one first."""
    handles: Mapping[str, str] = field(hash=False)
    """Source -> handle there; nobody is everywhere."""


class World:
    """The people, libraries and talk that all sources share; everything follows from the seed.

    until: where the world's time starts, UTC: what `mutate` brings comes after it.
    """

    def __init__(self, seed: int = 1, *, people: int = 60, until: datetime = UNTIL) -> None:
        self.seed = seed
        self.until = until
        self.libraries = LIBRARIES
        self.people = tuple(self._person(number) for number in range(people))
        self.talk = Talk(LIBRARIES)

    def rng(self, *scope: object) -> Random:
        """Dice of their own for a scope, so that what one part rolls never changes another part."""
        return Random(":".join(map(str, (self.seed, *scope))))  # noqa: S311 - reproducible, not secret

    def _person(self, number: int) -> Person:
        rng = self.rng("person", number)
        name_rng = self.rng("name", number - (number % 10 == HOMONYM))
        given, family = name_rng.choice(_GIVEN), name_rng.choice(_FAMILY)
        name = f"{given} {family}"
        spellings = (name, ascii_name(name), f"{given[0]}. {family}", f"{family}, {given}")
        stem = f"{ascii_name(given)}.{ascii_name(family)}".lower()
        addresses = [f"{stem}.{number}@{_HOSTS[number % len(_HOSTS)]}"]
        addresses += [f"{stem[0]}{number}@{host}" for host in rng.sample(_HOSTS, rng.choice([0, 0, 1, 2]))]
        handle = f"{stem.replace('.', rng.choice(['', '-', '_']))}{number}"
        return Person(
            number=number,
            name=name,
            names=tuple(dict.fromkeys(spellings[: rng.choice([1, 2, 4])])),
            addresses=tuple(addresses),
            handles={source: handle for source in SOURCES if rng.random() < PRESENCE},
        )
