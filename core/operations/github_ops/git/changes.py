"""The lists that `--raw -z` and `--numstat -z` print, joined into one record per file."""

from functools import cache

from core.operations.github_ops.git.records import FileChange

_TWO_NAMES = "RC"
_UNCOUNTED = (None, None, None)
_BINARY = (None, None, True)
_UNCHANGED = (0, 0, False)
# Words of a file's line counts, at most; and the empty ones behind output that was cut.
_LONGEST_COUNT, _SENTINELS = 3, 3


def file_changes(
    words: list[str], *, counted: bool, is_cut: bool = False
) -> tuple[tuple[FileChange, ...], int]:
    """The files in `words`, the NUL-separated output after a commit's format, and where they end in it.

    Names hold undecodable bytes as surrogates. Without --numstat in the output, `counted` is false.
    `is_cut`: the output goes on behind `words`, so that what is not counted in them is not counted.
    """
    last = len(words) - _LONGEST_COUNT - _SENTINELS if is_cut else len(words)
    entries: list[tuple[str, str | None, str]] = []
    at = 0
    while (entry := words[at])[:1] == ":":
        if entry[entry.rindex(" ") + 1] in _TWO_NAMES:
            entries.append((entry, words[at + 1], words[at + 2]))
            at += 3
        else:
            entries.append((entry, None, words[at + 1]))
            at += 2
    files: list[FileChange] = []
    for entry, old_path, path in entries:
        counts: tuple[int | None, int | None, bool | None] = _UNCOUNTED
        if counted and at < last:
            counts, at = _counts(words, at, old_path, path)
        files.append(_file(entry, old_path, path, counts))
    return tuple(files), at


def _counts(
    words: list[str], at: int, old_path: str | None, path: str
) -> tuple[tuple[int | None, int | None, bool | None], int]:
    """Additions, deletions and whether the file is binary, and where the next file's are."""
    additions, _, rest = words[at].partition("\t")
    deletions, _, name = rest.partition("\t")
    after = at + 1
    if not name and old_path is not None and words[at + 1 : at + 3] == [old_path, path]:
        after = at + 3
    elif name != path:
        # Both lists have one order; git leaves a file out of the second when no line of it changed.
        return _UNCHANGED, at
    if additions == "-":
        return _BINARY, after
    return (int(additions), int(deletions), False), after


def _file(
    entry: str,
    old_path: str | None,
    path: str,
    counts: tuple[int | None, int | None, bool | None],
) -> FileChange:
    status = entry[entry.rindex(" ") + 1 :]
    path_bytes = None
    if not path.isascii():
        path, path_bytes = _name(path)
    if old_path is not None:
        old_path, _ = _name(old_path)
    return FileChange(
        status[0],
        path,
        old_path,
        path_bytes,
        int(status[1:]) if old_path is not None else None,
        _mode(entry[1:7]),
        _mode(entry[8:14]),
        *counts,
    )


def _name(path: str) -> tuple[str, bytes | None]:
    """Return a name as text, and as bytes when it is no UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        name = path.encode("utf-8", "surrogateescape")
        return name.decode("utf-8", "backslashreplace"), name
    return path, None


@cache
def _mode(digits: str) -> int:
    return int(digits, 8)
