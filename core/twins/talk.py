"""Plausible talk about libraries: subjects, paragraphs, code, quotes and signatures."""

from collections.abc import Sequence
from random import Random
from textwrap import fill

_SUBJECTS = (
    "{a} fails to build with {compiler}",
    "Review of proposed {a} starts today",
    "[{a}] {b} interaction and lifetime rules",
    "[{a}] Undefined behaviour in {thing}",
    "Deprecating {thing} in {a}",
    "How should {a} report errors?",
    "[{a}][{b}] Questions about {thing} – naïve or not?",  # noqa: RUF001 - as people type it
    "{a}: release notes for the next version",
)
_THINGS = (
    "the allocator", "move assignment", "the parser", "small buffer optimisation", "exception safety",
    "the executor", "header-only mode", "the hash function", "iterator invalidation", "constexpr support",
)  # fmt: skip
_COMPILERS = ("GCC 14", "Clang 18 on macOS", "MSVC 14.3", "clang-cl", "GCC 7 with -std=c++17")
_SENTENCES = (
    "I tried {a} with {compiler} and {thing} does not do what the documentation says.",
    "The test suite passes here, but only because {thing} is never exercised.",
    "We have been shipping {a} together with {b} for years without seeing this.",
    "Could you say what happens to {thing} when the constructor throws?",
    "My vote is to accept {a}, conditional on the issues above.",
    "That would break everyone who relies on {thing}, so it needs a deprecation period.",
    "Benchmarks on my machine show {n} ns per call, against {m} ns for {b}.",
    "It’s a question of taste — but I would rather see {thing} made explicit.",  # noqa: RUF001 - as above
    "A patch is attached; it adds a test and touches nothing else.",
    "I agree, and {b} has solved the same problem with a policy class.",
    "Thanks for the quick answer, the workaround is good enough for us.",
)
_CODE = (
    "#include <boost/{a}.hpp>\n\nint main()\n{{\n    boost::{a}::context ctx{{{n}}};\n    ctx.run();\n}}",
    "template <class T>\nauto apply(T&& t) -> decltype(boost::{a}::get<{n}>(t))\n{{\n\treturn t;\n}}",
    "$ b2 toolset=gcc cxxstd=20 libs/{a}/test\n...failed updating {n} targets...\n...updated {m} targets...",
)
_FAREWELLS = ("Best regards,", "Cheers,", "Thanks,", "Kind regards,", "--", "")


class Talk:
    """Writes about the libraries it is given; the dice decide what."""

    def __init__(self, libraries: Sequence[str]) -> None:
        self._libraries = libraries

    def _fill(self, rng: Random, template: str) -> str:
        a, b = rng.sample(self._libraries, 2)
        return template.format(
            a=a,
            b=b,
            n=rng.randint(1, 99),
            m=rng.randint(100, 999),
            thing=rng.choice(_THINGS),
            compiler=rng.choice(_COMPILERS),
        )

    def subject(self, rng: Random) -> str:
        return self._fill(rng, rng.choice(_SUBJECTS))

    def sentence(self, rng: Random) -> str:
        return self._fill(rng, rng.choice(_SENTENCES))

    def paragraph(self, rng: Random, *, width: int = 72) -> str:
        return fill(" ".join(self.sentence(rng) for _ in range(rng.randint(1, 5))), width)

    def code(self, rng: Random) -> str:
        return "\n".join("    " + line for line in self._fill(rng, rng.choice(_CODE)).split("\n"))

    def body(self, rng: Random) -> str:
        """A few paragraphs, some of them code; no greeting, no signature."""
        blocks = [self.paragraph(rng) for _ in range(rng.randint(1, 4))]
        if rng.random() < 0.3:  # noqa: PLR2004 - a share of the mails
            blocks.insert(rng.randint(0, len(blocks)), self.code(rng))
        return "\n\n".join(blocks)

    def farewell(self, rng: Random, name: str) -> str:
        return f"{rng.choice(_FAREWELLS)}\n{name.split(maxsplit=1)[0]}".lstrip("\n")

    def signature(self, rng: Random, name: str) -> str:
        """A signature from its `-- ` line on."""
        return f"-- \n{name}\nhttps://{rng.choice(self._libraries)}.example.org/"

    def quote(self, text: str, attribution: str) -> str:
        """`text` as a mail program quotes it; lines that are quotes already get one level deeper."""
        lines = [
            ">" + ("" if not line else line if line.startswith(">") else " " + line)
            for line in text.split("\n")
        ]
        return f"{attribution}\n" + "\n".join(lines)
