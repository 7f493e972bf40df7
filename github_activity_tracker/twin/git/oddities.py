"""One commit each of what real histories have now and then, in the order of how much a small one needs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha1

from github_activity_tracker.twin.git.commits import Moment
from github_activity_tracker.twin.git.entries import (
    EXECUTABLE,
    GITLINK,
    SYMLINK,
    Entry,
    Tree,
    gitlink,
    symlink,
    text,
)
from github_activity_tracker.twin.git.pen import Pen, Words

MAILMAP = b".mailmap"
WEIRD = tuple(
    b"odd/" + name
    for name in (
        b"new\nline.txt", b"tab\there.txt", b'quo"te.txt', b"back\\slash.txt", b"latin1-\xe9t\xe9.txt",
        "emoji-\N{PARTY POPPER}.txt".encode(), "Grüße.txt".encode(), b"{curly => arrow}.txt", b" blank ",
        b"-dash", b"semi;$(colon)", b"\x01control",
    )
)  # fmt: skip
CROWD = 310
"""Files of the commit that GitHub's own API would cut short."""
_VENDOR, _LINK = b"vendor/zlib", b"doc/index.html"
_YEAR_9999999 = 315_505_342_000_000
_LARGE = 6
"""Lines from which on a file with a line more or less is clearly the same."""
_ADDS, _DELETES = 0.1, 0.03  # shares of the commits


@dataclass
class Draft:
    """A commit to be, where it differs from an everyday one. renames: new -> old path."""

    edits: dict[bytes, Entry | None] = field(default_factory=dict[bytes, Entry | None])
    renames: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    words: Words | None = None
    charset: str = "utf-8"
    raw: bytes | None = None
    identity: tuple[str, str] | None = None
    moment: Moment | None = None

    def rename(self, tree: Tree, old: bytes, new: bytes, after: Entry | None = None) -> None:
        self.edits |= {old: None, new: after or tree[old]}
        self.renames[new] = old


def made_up_sha(*scope: object) -> str:
    """The commit of a submodule that nobody asks for."""
    return sha1(":".join(map(str, scope)).encode(), usedforsecurity=False).hexdigest()


def everyday(pen: Pen, tree: Tree, files: int) -> Draft:
    """Edits `files` files; sometimes one of them is new, or one goes. Never both: that could be a rename."""
    dice = pen.rng.random()
    paths = pen.texts(tree, files - (dice < _ADDS))
    edits: dict[bytes, Entry | None] = {path: pen.edited(tree[path]) for path in paths}
    if dice > 1 - _DELETES and len(paths) == files and len(tree) > 3 * files:
        edits[paths[0]] = None
    while len(edits) < files:
        edits[pen.path(tree)] = pen.file()
    return Draft(edits)


def mailmap(pen: Pen, tree: Tree) -> Draft:
    """People with several addresses are one there; of one person a spelling alone is put right."""
    known = tree.get(MAILMAP, text([])).lines
    people = [person for person in pen.world.people if len(person.addresses) > 1]
    lines = [
        f"{person.name} <{person.addresses[0]}> <{address}>\n".encode()
        for person in pen.rng.sample(people, min(len(people), 8))
        for address in person.addresses
    ]
    for person in pen.world.people:
        if len(person.addresses) == 1 and len(person.names) > 1:
            spelt = f"{person.name} <{person.addresses[0]}> {person.names[1]} <{person.addresses[0]}>\n"
            lines.append(spelt.encode())
            break
    return Draft({MAILMAP: text(dict.fromkeys([*known, *lines]))})


def _rename(pen: Pen, tree: Tree) -> Draft:
    draft = Draft()
    for path in pen.texts(tree, 1):
        draft.rename(tree, path, pen.path(tree))
    return draft


def _edited_rename(pen: Pen, tree: Tree) -> Draft:
    """Three files that gain lines at the end, lose some at the beginning, and become executable."""
    draft = Draft()
    changes: list[Callable[[Entry], Entry]] = [
        lambda entry: text([*entry.lines, pen.line()]),
        lambda entry: text(entry.lines[1:]),
        lambda entry: replace(entry, mode=EXECUTABLE),
    ]
    large = [path for path in pen.texts(tree, 12) if len(tree[path].lines) >= _LARGE]
    for path, change in zip(large, changes, strict=False):
        draft.rename(tree, path, b"moved/" + path, change(tree[path]))
    return draft


def _weird_names(pen: Pen, tree: Tree) -> Draft:
    del tree
    return Draft({path: pen.file(5) for path in WEIRD})


def _binary(pen: Pen, tree: Tree) -> Draft:
    del tree
    return Draft({b"doc/logo.png": pen.binary(), b"doc/logo.txt": pen.file()})


def _latin1(pen: Pen, tree: Tree) -> Draft:
    words = Words("Größe der Puffer ändern\n\nReviewed-by: José <jose@example.com>\n", _REVIEWED)
    draft = replace(everyday(pen, tree, 1), words=words, charset="ISO-8859-1")
    return replace(draft, identity=("Jürgen Öztürk", "juergen@example.com"))


_REVIEWED = (("Reviewed-by", "José <jose@example.com>"),)


def _modes_and_links(pen: Pen, tree: Tree) -> Draft:
    edits: dict[bytes, Entry | None] = {_LINK: symlink(b"html/index.html")}
    for number, path in enumerate(pen.texts(tree, 2)):
        changed = tree[path] if number else pen.edited(tree[path])
        edits[path] = replace(changed, mode=EXECUTABLE)
    return Draft(edits)


def _deleted(pen: Pen, tree: Tree) -> Draft:
    return Draft(dict.fromkeys(pen.texts(tree, 2)))


def _copied(pen: Pen, tree: Tree) -> Draft:
    draft = Draft()
    for path in pen.texts(tree, 1):
        copy = pen.path(tree)
        draft.edits |= {path: pen.edited(tree[path]), copy: tree[path]}
    return draft


def _submodule(pen: Pen, tree: Tree) -> Draft:
    """Added, then moved on to another commit."""
    del tree
    return Draft({_VENDOR: gitlink(made_up_sha(pen.rng.random()))})


def _types_changed(pen: Pen, tree: Tree) -> Draft:
    """A file becomes a link, a link a file."""
    edits: dict[bytes, Entry | None] = {path: symlink(b"elsewhere") for path in pen.texts(tree, 1)}
    return Draft(edits | {path: pen.file() for path, entry in tree.items() if entry.mode == SYMLINK})


def _no_author(pen: Pen, tree: Tree) -> Draft:
    return replace(everyday(pen, tree, 1), identity=("", "nameless@example.com"))


def _no_address(pen: Pen, tree: Tree) -> Draft:
    return replace(everyday(pen, tree, 1), identity=("(no author)", ""))


def _binary_changed(pen: Pen, tree: Tree) -> Draft:
    return Draft({path: pen.edited(entry) for path, entry in tree.items() if entry.is_binary})


def _weird_names_changed(pen: Pen, tree: Tree) -> Draft:
    draft = Draft({path: pen.edited(tree[path]) for path in WEIRD[::2] if path in tree})
    for path in WEIRD[1::2]:
        if path in tree:
            draft.rename(tree, path, path.replace(b"odd/", b"odd/\xff"))
    return draft


def _crowd(pen: Pen, tree: Tree) -> Draft:
    del tree
    return Draft({b"test/generated/case_%03d.cpp" % number: pen.file(2) for number in range(CROWD)})


def _unsaid_charset(pen: Pen, tree: Tree) -> Draft:
    """Windows-1252, as the words themselves tell, but not the commit."""
    raw = b"Caf\xe9 \x96 na\xefve parser, \x80 100\n"
    return replace(everyday(pen, tree, 1), words=Words(raw.decode("cp1252")), raw=raw)


def _dated(seconds: int) -> "Oddity":
    return lambda pen, tree: replace(everyday(pen, tree, 1), moment=Moment(seconds))


def _empty(pen: Pen, tree: Tree) -> Draft:
    del pen, tree
    return Draft(words=Words("Start the build again\n"))


def _separators(pen: Pen, tree: Tree) -> Draft:
    """A message with what a parser of git's output may take for its own marks."""
    message = (
        "Mark\x1e records \x1f with \x01\x02 care\n\ncommit " + "0" * 40 + "\n:100644 100644 M\tx\n-\t-\ty\n"
    )
    return replace(everyday(pen, tree, 1), words=Words(message))


def _wordless(pen: Pen, tree: Tree) -> Draft:
    return replace(everyday(pen, tree, 1), words=Words(""))


def _folded(pen: Pen, tree: Tree) -> Draft:
    """A subject of several lines, a long body, and an empty line too many."""
    words = Words(
        f"A subject that\ngoes on\n\n\n\n{pen.world.talk.code(pen.rng)}\n\n{'long ' * 2000}end\n\n\n"
    )
    return replace(everyday(pen, tree, 1), words=words)


def _line_ends(pen: Pen, tree: Tree) -> Draft:
    """CRLF, no end at the end, nothing at all; then the end is put right."""
    crlf = text(line.replace(b"\n", b"\r\n") for line in pen.file().lines)
    bare = pen.file()
    if b"odd/no-end.txt" in tree:
        return Draft({b"odd/no-end.txt": text([*tree[b"odd/no-end.txt"].lines[:-1], b"the end\n"])})
    files = {b"odd/crlf.txt": crlf, b"odd/empty.txt": text([])}
    return Draft({**files, b"odd/no-end.txt": text([*bare.lines, b"the end"])})


def _file_to_folder(pen: Pen, tree: Tree) -> Draft:
    """A path that was a file is a folder now."""
    edits: dict[bytes, Entry | None] = {}
    for path in pen.texts(tree, 1):
        edits |= {path: None, path + b"/impl.ipp": pen.file()}
    return Draft(edits)


def _submodule_gone(pen: Pen, tree: Tree) -> Draft:
    del pen
    return Draft({path: None for path, entry in tree.items() if entry.mode == GITLINK and path == _VENDOR})


def _folder_moved(pen: Pen, tree: Tree) -> Draft:
    draft = Draft()
    for path in pen.texts(tree, 4):
        if not path.startswith(b"odd/"):
            draft.rename(tree, path, b"attic/" + path)
    return draft


Oddity = Callable[[Pen, Tree], Draft]
ODDITIES: Sequence[Oddity] = (
    mailmap, _rename, _edited_rename, _weird_names, _binary, _latin1, _modes_and_links, _deleted, _copied,
    _submodule, _types_changed, _no_author, _binary_changed, _submodule, _weird_names_changed, _crowd,
    _unsaid_charset, _dated(0), _dated(_YEAR_9999999), _dated(-5), _dated(4_102_444_800), _empty, _separators,
    _wordless, _folded, _line_ends, _line_ends, _file_to_folder, _no_address, _submodule_gone, _folder_moved,
)  # fmt: skip
