"""Repositories for tests, made of whatever git can hold."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

PERSON = b"Ada <ada@example.org>"
FIRST = 1_700_000_000

TRAILERS = b"""Fix

Why.

Signed-off-by: Ada <ada@example.org>
Co-authored-by: Bob <bob@example.org>
Link: https://example.org/a:b
Folded: one
  two
Empty:
"""

# Contents of files by path; with a mode where it is not that of a plain file.
Files = Mapping[str | bytes, bytes | tuple[str, bytes]]


class Scratch:
    """A bare repository that is written object by object, so that no rule of `git commit` holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._commits = 0
        subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", folder], check=True)
        self.git("config", "uploadpack.allowFilter", "true")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.git("config", "http.receivepack", "true")

    @property
    def url(self) -> str:
        return f"file://{self.folder}"

    def git(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return what a git command prints."""
        environment = os.environ | {
            "GIT_DIR": str(self.folder),
            "GIT_INDEX_FILE": str(self.folder / "scratch"),
        }
        return subprocess.run(
            ["git", *arguments], input=given, stdout=subprocess.PIPE, env=environment, check=True
        ).stdout

    def tree(self, files: Files) -> str:
        """A tree of these files; a gitlink's content is the sha of its commit."""
        entries = b""
        for path, file in files.items():
            mode, content = file if isinstance(file, tuple) else ("100644", file)
            object_id = content.decode() if mode == "160000" else self.blob(content)
            name = path.encode() if isinstance(path, str) else path
            entries += f"{mode} {object_id}\t".encode() + name + b"\0"
        self.git("read-tree", "--empty")
        self.git("update-index", "-z", "--index-info", given=entries)
        return self.git("write-tree").decode().strip()

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", given=content).decode().strip()

    def commit(
        self,
        files: Files,
        *parents: str,
        message: bytes = b"Change\n",
        author: bytes = PERSON,
        committer: bytes | None = None,
        encoding: str | None = None,
        on: str | None = None,
    ) -> str:
        """The sha of a commit, an hour after the one before; `on` is the branch that gets it.

        People end in a date and zone, or get the hour's.
        """
        self._commits += 1
        hour = b" %d +0200" % (FIRST + 3600 * self._commits)
        lines = [b"tree " + self.tree(files).encode()]
        lines += [b"parent " + parent.encode() for parent in parents]
        for role, person in ((b"author ", author), (b"committer ", committer or author)):
            lines.append(role + person + (hour if person.endswith(b">") else b""))
        if encoding:
            lines.append(b"encoding " + encoding.encode())
        content = b"\n".join(lines) + b"\n\n" + message
        sha = self._write("commit", content)
        if on:
            self.git("update-ref", f"refs/heads/{on}", sha)
        return sha

    def tag(self, name: str, target: str, kind: str, tagger: str) -> str:
        """The id of an annotated tag, by its header lines."""
        content = f"object {target}\ntype {kind}\ntag {name}\n{tagger}\nA tag\n".encode()
        sha = self._write("tag", content)
        self.git("update-ref", f"refs/tags/{name}", sha)
        return sha

    def _write(self, kind: str, content: bytes) -> str:
        options = ("-t", kind, "-w", "--stdin", "--literally")
        return self.git("hash-object", *options, given=content).decode().strip()

    def chain(
        self, count: int, *, on: str = "main", after: Sequence[str] = (), word: str = "line"
    ) -> list[str]:
        """Commits one after the other, each with one more line in one file."""
        shas = list(after)
        for number in range(1, count + 1):
            text = "".join(f"{word} {line}\n" for line in range(number)).encode()
            shas.append(self.commit({f"{on}.txt": text}, *shas[-1:], on=on))
        return shas[len(after) :]


def odd_repository(folder: Path) -> Scratch:
    """A repository with all that a history can hold and a reader may stumble over."""
    made = Scratch(folder)
    last = ""

    def then(files: Files, **odd: bytes | str) -> str:
        nonlocal last
        last = made.commit(files, *filter(None, [last]), on="main", **odd)  # pyright: ignore[reportArgumentType] - any of them
        return last

    text = "".join(f"line {number}\n" for number in range(50)).encode()
    then({}, message=b"")
    then({"a.txt": text, "empty": b"", "dir/b c.txt": b"no end of line"}, message=b"no newline")
    then(
        {"a.txt": text, "empty": b"", "dir/moved.txt": b"no end of line"},
        message=b"\n\nleading blank lines\n\n\n",
    )
    then({"b.txt": text + b"more\n", "empty": b"", "copy.txt": text, "tool": ("100755", b"#!/bin/sh\n")})
    then({"b.txt": ("120000", b"tool"), "empty": b"", "copy.txt": text, "tool": b"#!/bin/sh\n"})
    then({"b.txt": ("120000", b"copy.txt"), "lib": ("160000", b"1" * 40), "copy.txt": text, "x.bin": b"\0\1"})
    then({"lib": ("160000", b"2" * 40), "copy.txt": text, "x.bin": b"\0\1\2", "y.bin": b"\0\3"})
    then({"lib": b"a file now\n", "renamed.bin": b"\0\1\2", "y.bin": b"text now\n", "copy.txt": text[:-8]})
    then({"like copy.txt": text, "y.bin": b"text now\n"})
    strange = {
        "tab\tand\nnewline": b"1\n",
        'quote" and \\ backslash': b"2\n",
        "smile \U0001f600.txt": b"3\n",
        b"latin \xe9.txt": b"4\n",
        b"\xff\xfe": b"5\n",
        ":colon": b"6\n",
        " space ": b"7\n",
        "-dash": b"8\n",
        "a => b": b"9\n",
        "{a => b}/c": b"10\n",
        "\\xff\\xfe": b"11\n",
    }
    then(strange)
    then({**strange, b"latin \xe9.txt": b"44\n", "tab\tand\nnewline": b"\t\n", ":colon": ("100755", b"6\n")})
    then({b"to \xe8.txt" if path == b"latin \xe9.txt" else path: file for path, file in strange.items()})
    then({f"many/{number:03}.txt": b"the same\n" for number in range(350)})
    then({f"more/{number:03}.txt": b"the same\n" for number in range(350)})
    base = then({"a": text})
    then({"a": text}, message=b"Changes nothing\n")
    _odd_people_and_messages(made, base)
    side = made.commit({"a": text, "side": b"1\n"}, base, on="side/of/it")
    other = made.commit({"a": text, "other": b"1\n"}, base)
    merge = made.commit({"a": text, "side": b"1\n", "other": b"1\n"}, last, side, other, on="main")
    made.commit({"a": b"all new\n" + text, "side": b"1\n"}, merge, on="main")
    made.commit({"root": b"another root\n"}, on="unrelated")
    _tags(made, merge, base)
    return made


def _odd_people_and_messages(made: Scratch, base: str) -> None:
    """Commits that change nothing but who says what, each on a branch of its own."""
    zone = b" 1700000000 +0000"
    for number, author in enumerate(
        [
            b"<nameless@example.org>",
            b"Mailless <>",
            b" <>",
            b"Latin \xe9\xe8 <l\xe9@example.org>",
            "Jos\u00e9 \U0001f600 <jos\u00e9@example.org>".encode(),
            b"No mail at all" + zone,
            b"Two <one@example.org> <two@example.org>",
            b"Before <b@example.org> -86400 +0000",
            b"Beginning <b@example.org> 0 +0000",
            b"Far <f@example.org> 315537897600 +0000",
            b"Farther <f@example.org> 99999999999999 -0730",
            b"Farthest <f@example.org> 99999999999999999999999 +9999",
            b"Dateless <d@example.org> yesterday",
            b"Zoneless <z@example.org> 1700000000",
            b"Zoned <z@example.org> 1700000000 +99999999",
            b"Tab\tand\x01control <c@example.org>",
        ]
    ):
        made.commit({"a": b"x"}, base, author=author, committer=PERSON, on=f"people/{number}")
    for number, (message, encoding) in enumerate(
        [
            ("caf\u00e9\n".encode("latin-1"), "ISO-8859-1"),
            ("\u0431\u0443\u0441\u0442\n".encode("koi8-r"), "KOI8-R"),
            ("\u65e5\u672c\u8a9e\n".encode("shift-jis"), "Shift_JIS"),
            (b"caf\xe9 \x93quoted\x94\n", None),
            (b"caf\xe9\n", "no-such-encoding"),
            (b"\x81\xff\n", None),
            (b"a\0b\n", None),
            (b"carriage\r\n\r\nreturns\r\n", None),
            (b"word\0word :100644 100644 1 2 M\0path\0", None),
            (b"x" * 300_000 + b"\n", None),
            (TRAILERS, None),
            (b"Subject\n\nCo-authored-by: J\xe9 <j@example.org>\n", "ISO-8859-1"),
            (b"Not: a trailer but a subject\n", None),
        ]
    ):
        made.commit({"a": b"x"}, base, message=message, encoding=encoding, on=f"messages/{number}")


def _tags(made: Scratch, commit: str, older: str) -> None:
    made.git("update-ref", "refs/tags/light", older)
    tagger = "tagger Ada <a@example.org> 1700000500 +0100\n"
    v1 = made.tag("v1", commit, "commit", tagger)
    made.tag("outer", v1, "tag", tagger)
    made.tag("tree", made.tree({"in": b"a tree"}), "tree", tagger)
    made.tag("blob", made.blob(b"blob"), "blob", tagger)
    made.tag("old", older, "commit", "")
