"""Who writes what where: plausible paths, lines, people and messages, from dice."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from core.twins import Person, World
from github_activity_tracker.twin.git.commits import Moment
from github_activity_tracker.twin.git.entries import REGULAR, Entry, Tree, binary, text

WEB_FLOW = ("GitHub", "noreply@github.com")
"""Who commits what is done in the browser."""
_PLACES: Mapping[str, tuple[str, ...]] = {
    "library": (
        "include/boost/{name}/{word}.hpp", "include/boost/{name}/detail/{word}.hpp", "src/{word}.cpp",
        "test/{word}.cpp", "example/{word}.cpp", "doc/modules/ROOT/pages/{word}.adoc",
    ),
    "superproject": ("tools/{word}.py", "status/{word}.xml", "doc/{word}.adoc", "more/{word}.htm"),
    "llvm": (
        "clang/lib/Sema/{word}.cpp", "clang/include/clang/AST/{word}.h", "clang/test/SemaCXX/{word}.cpp",
        "libcxx/include/{word}", "libcxx/src/{word}.cpp", "llvm/lib/IR/{word}.cpp", "other/{word}.txt",
    ),
}  # fmt: skip
_WORDS = (
    "access", "allocator", "any", "apply", "bind", "buffer", "cache", "config", "context", "copy", "core",
    "deduce", "error", "executor", "fold", "graph", "handler", "hash", "index", "invoke", "iterator", "join",
    "lexer", "map", "optional", "parse", "policy", "range", "scope", "storage", "traits", "visit",
)  # fmt: skip
_LINES = (
    b"    static_assert(is_valid_v<T, 0x%010x>);\n",
    b"inline constexpr auto tag_%010x = make_tag();\n",
    b"    if (state_ == 0x%010x) return ec;\n",
    b"// See ticket %010x for why.\n",
    b"template <class T> struct node_%010x;\n",
)
_ZONES = ("+0000", "+0100", "+0200", "-0500", "-0800", "+0530", "+1245")
_ALIAS, _BODY, _TRAILERS = 0.25, 0.3, 0.25  # shares of the commits


@dataclass(frozen=True, slots=True)
class Words:
    """A message and the trailers in it."""

    message: str
    trailers: tuple[tuple[str, str], ...] = ()


class Pen:
    """Writes for one repository. layout: one of "library", "superproject", "llvm"."""

    def __init__(self, world: World, rng: Random, *, layout: str, name: str) -> None:
        self.world = world
        self.rng = rng
        self._places = _PLACES[layout]
        self._name = name

    def path(self, tree: Tree) -> bytes:
        """One that the tree has not."""
        while True:
            word = f"{self.rng.choice(_WORDS)}_{self.rng.getrandbits(20):05x}"
            path = self.rng.choice(self._places).format(name=self._name, word=word).encode()
            if path not in tree:
                return path

    def line(self) -> bytes:
        """Never the same twice."""
        return self.rng.choice(_LINES) % self.rng.getrandbits(40)

    def file(self, lines: int | None = None, *, mode: int = REGULAR) -> Entry:
        return text((self.line() for _ in range(lines or self.rng.randint(6, 18))), mode)

    def binary(self) -> Entry:
        return binary(b"\x89PNG\r\n\x1a\n\0" + self.rng.randbytes(self.rng.randint(100, 400)))

    def edited(self, entry: Entry) -> Entry:
        """Copy an entry with lines added, changed and deleted."""
        if entry.is_binary:
            return self.binary()
        lines = list(entry.lines)
        if len(lines) > 4:  # noqa: PLR2004 - enough to lose one
            del lines[self.rng.randrange(len(lines))]
        lines[self.rng.randrange(len(lines))] = self.line()
        place = self.rng.randint(0, len(lines))
        lines[place:place] = [self.line() for _ in range(self.rng.randint(0, 2))]
        return text(lines, entry.mode)

    def texts(self, tree: Tree, count: int) -> list[bytes]:
        """Paths of ordinary text files, at most so many; those at the top mean something and stay."""
        paths = list(tree)
        some = self.rng.sample(paths, min(len(paths), 2 * count + 30))
        return [path for path in some if b"/" in path and _is_ordinary(tree[path])][:count]

    def person(self) -> Person:
        return self.rng.choice(self.world.people)

    def identity(self, person: Person) -> tuple[str, str]:
        """A name and an address of theirs, mostly the usual ones."""
        if self.rng.random() < _ALIAS:
            return self.rng.choice(person.names), self.rng.choice(person.addresses)
        return person.name, person.addresses[0]

    def moment(self, seconds: int) -> Moment:
        return Moment(seconds, self.rng.choice(_ZONES))

    def words(self) -> Words:
        """A message as people write them: a subject, often more, sometimes trailers."""
        parts = [self.world.talk.subject(self.rng)]
        if self.rng.random() < _BODY:
            parts.append(self.world.talk.paragraph(self.rng))
        if self.rng.random() >= _TRAILERS:
            return Words("\n\n".join(parts) + "\n")
        trailers = [("Co-authored-by", "{} <{}>".format(*self.identity(self.person())))]
        if self.rng.random() < _BODY:
            trailers.append(("Signed-off-by", "{} <{}>".format(*self.identity(self.person()))))
            trailers.append(("Fixes", f"#{self.rng.randint(1, 500)}"))
        parts.append("\n".join(f"{key}: {value}" for key, value in trailers))
        return Words("\n\n".join(parts) + "\n", tuple(trailers))


def _is_ordinary(entry: Entry) -> bool:
    """A line can follow its last one."""
    return entry.mode == REGULAR and not entry.is_binary and entry.data.endswith(b"\n")
