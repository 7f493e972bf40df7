"""Entries of trees, and git's view of a changed path: worked out here, not asked of git.

The worlds are made so that git has no choice. Lines are unique within a file, the blocks of .gitmodules
aside, and never change places, so as many are added or deleted as one side has more than the other. A
renamed file keeps its lines and at most gains or loses some at an end, and what a commit adds besides
shares no line with what it deletes, so rename detection (https://git-scm.com/docs/gitdiffcore) can only
find what was meant.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from stat import S_IFMT

REGULAR, EXECUTABLE, SYMLINK, GITLINK = 0o100644, 0o100755, 0o120000, 0o160000
_MAX_SCORE = 60_000  # in which git counts similarity


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a tree. Lines carry their ends; a link's target or a binary is one line."""

    mode: int
    lines: tuple[bytes, ...]
    is_binary: bool = False

    @property
    def data(self) -> bytes:
        return b"".join(self.lines)

    @property
    def target(self) -> str:
        """The commit that a gitlink names."""
        return self.data.split()[-1].decode()


def text(lines: Iterable[bytes], mode: int = REGULAR) -> Entry:
    return Entry(mode, tuple(lines))


def binary(data: bytes) -> Entry:
    """`data` holds a NUL early, by which git knows it."""
    return Entry(REGULAR, (data,), is_binary=True)


def symlink(target: bytes) -> Entry:
    return Entry(SYMLINK, (target,))


def gitlink(sha: str) -> Entry:
    """A submodule's commit; the line is how git shows it in a diff."""
    return Entry(GITLINK, (f"Subproject commit {sha}\n".encode(),))


Tree = dict[bytes, Entry]


@dataclass(frozen=True, slots=True)
class Change:
    """A path that a commit touched against its first parent: before and after, None where it is absent.

    origin: the path it was renamed from, which is a change of its own, with nothing after.
    """

    path: bytes
    before: Entry | None
    after: Entry | None
    origin: bytes | None = None


def changed(
    tree: Mapping[bytes, Entry], edits: Mapping[bytes, Entry | None], renames: Mapping[bytes, bytes]
) -> tuple[Change, ...]:
    """List what `edits` (None: deleted) change in `tree`, in git's order: that of the paths' bytes.

    renames: new path -> old path.
    """
    return tuple(
        Change(path, tree.get(path), edits[path], renames.get(path))
        for path in sorted(edits)
        if tree.get(path) != edits[path]
    )


def apply(tree: Tree, changes: Iterable[Change]) -> None:
    """Bring a tree from before a commit to after it."""
    for change in changes:
        if change.after is None:
            tree.pop(change.path, None)
        else:
            tree[change.path] = change.after


def file_rows(changes: Sequence[Change]) -> list[dict[str, object]]:
    """Columns of `CommitFile`, the commit aside."""
    by_path = {change.path: change for change in changes}
    moved = {change.origin for change in changes}
    rows: list[dict[str, object]] = []
    for change in changes:
        if change.path in moved and change.after is None:
            continue
        origin = change.origin
        before = by_path[origin].before if origin else change.before
        rows.append(
            {
                "position": len(rows),
                "status": _status(change),
                "path": shown(change.path),
                "old_path": shown(origin) if origin else None,
                "path_bytes": None if _is_utf8(change.path) else change.path,
                "similarity": _similarity(before, change.after) if origin else None,
                "old_mode": before.mode if before else 0,
                "new_mode": change.after.mode if change.after else 0,
            }
            | _line_counts(before, change.after)
        )
    return rows


def shown(path: bytes) -> str:
    """A path as text: bytes that are not UTF-8 as `\\xNN`."""
    return path.decode("utf-8", "backslashreplace")


def _is_utf8(path: bytes) -> bool:
    try:
        path.decode()
    except UnicodeDecodeError:
        return False
    return True


def _status(change: Change) -> str:
    if change.origin:
        return "R"
    if change.before is None:
        return "A"
    if change.after is None:
        return "D"
    return "M" if S_IFMT(change.before.mode) == S_IFMT(change.after.mode) else "T"


def _similarity(before: Entry | None, after: Entry | None) -> int:
    """Percent. What one side has is a part of what the other has, so the smaller is what they share."""
    if before is None or after is None:
        raise ValueError("a rename or copy has two sides")
    smaller, larger = sorted((len(before.data), len(after.data)))
    if smaller == larger:
        return 100
    return smaller * _MAX_SCORE // larger * 100 // _MAX_SCORE


def _line_counts(before: Entry | None, after: Entry | None) -> dict[str, object]:
    if any(entry is not None and entry.is_binary for entry in (before, after)):
        return {"additions": None, "deletions": None, "is_binary": True}
    old, new = (Counter(entry.lines if entry else ()) for entry in (before, after))
    return {"additions": (new - old).total(), "deletions": (old - new).total(), "is_binary": False}
