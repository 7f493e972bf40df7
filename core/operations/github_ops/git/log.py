"""The output of `git diff-tree --stdin`, read into commits as fast as Python can."""

import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from core.operations.github_ops.git.changes import file_changes
from core.operations.github_ops.git.records import FileChange, GitCommit

# https://git-scm.com/docs/pretty-formats; %at is the date's digits as they stand in the commit.
_FIELDS = ("%H", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B", "%(trailers:only,unfold)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS_OF_YEAR_9999 = 12
# What is kept of one commit, in bytes of git's output: some 30,000 files with their line counts.
MOST_OF_A_COMMIT = 8 << 20
_ENTRY = re.compile(rb"\n*:[0-7]{6} [0-7]{6} [0-9a-f]+ [0-9a-f]+ [A-Z]\d*")
_LONGEST_ENTRY = 1000
_BROKEN_CHARACTER = re.compile(rb"[\xc0-\xff][\x80-\xbf]*\Z")


class CommitFormat:
    """A format whose records cannot be confused with what is in them: each begins with a secret word."""

    def __init__(self) -> None:
        word = secrets.token_hex(8)
        self.option = f"--format=tformat:%x00{word}%x00{'%x00'.join(_FIELDS)}%x00"
        self.mark = f"\0{word}\0".encode()

    def commits(self, chunks: Iterable[bytes], *, counted: bool, patches: bool) -> Iterator[GitCommit]:
        """The commits in git's output. `counted`: it has --numstat; `patches`: it has --patch."""
        for record, left_out in _records(iter(chunks), self.mark):
            yield _commit(record, left_out, counted=counted, patches=patches)


def _records(chunks: Iterator[bytes], mark: bytes) -> Iterator[tuple[bytes, int | None]]:
    """Commits as git shows them, and how many files are behind what is kept of one; None: it is whole."""
    rest = b""
    pieces: list[bytes] = []
    size = 0
    for chunk in chunks:
        pieces.append(chunk)
        size += len(chunk)
        # As much new as there is old, so that a commit of any size is copied a few times only.
        if size >= len(rest):
            *whole, rest = b"".join((rest, *pieces)).split(mark)
            yield from map(_bounded, filter(None, whole))  # nothing stands before the first mark
            pieces, size = [], 0
            if len(rest) > MOST_OF_A_COMMIT:
                head, tail = _halves(rest)
                left_out, rest = _passed_over(tail, chunks, mark)
                yield head, left_out
    yield from map(_bounded, filter(None, b"".join((rest, *pieces)).split(mark)))


def _bounded(record: bytes) -> tuple[bytes, int | None]:
    if len(record) <= MOST_OF_A_COMMIT:
        return record, None
    head, tail = _halves(record)
    return head, _entries(tail.split(b"\0"))


def _halves(record: bytes) -> tuple[bytes, bytes]:
    """Split a commit that is too long into what is kept and the rest; outside its message between words."""
    head = record[:MOST_OF_A_COMMIT]
    if head.count(b"\0") <= len(_FIELDS):
        return _BROKEN_CHARACTER.sub(b"", head), record[MOST_OF_A_COMMIT:]
    end = head.rindex(b"\0") + 1
    return head[:end], record[end:]


def _passed_over(tail: bytes, chunks: Iterator[bytes], mark: bytes) -> tuple[int, bytes]:
    """Count the files before the next commit, reading on to its mark; return what stands behind it, too."""
    files = 0
    while True:
        before, found, after = tail.partition(mark)
        *words, last = before.split(b"\0")
        files += _entries(words)
        chunk = b"" if found else next(chunks, b"")
        if not chunk:
            return files + _entries([last]), after
        # The mark begins with NUL, and may have begun.
        tail = b"\0" + last[:_LONGEST_ENTRY] + chunk


def _entries(words: Iterable[bytes]) -> int:
    return sum(_ENTRY.fullmatch(word) is not None for word in words)


def _commit(record: bytes, left_out: int | None, *, counted: bool, patches: bool) -> GitCommit:
    head = record.split(b"\0", len(_FIELDS))
    head += [b""] * (len(_FIELDS) + 1 - len(head))
    sha, parents, *people, message, trailers, changes = head
    author_name, author_email, authored, committer_name, committer_email, committed = people
    if left_out is None:
        files, patch = _changes(changes, counted=counted, patches=patches)
    else:
        files, patch = _cut_changes(changes, counted=counted), None
        left_out += _entries(changes.split(b"\0")) - len(files)  # the path of the last may be behind the cut
    return GitCommit(
        sha=sha.decode(),
        parents=tuple(parents.decode().split()),
        author_name=decoded(author_name),
        author_email=decoded(author_email),
        authored_at=moment(authored),
        committer_name=decoded(committer_name),
        committer_email=decoded(committer_email),
        committed_at=moment(committed),
        message=decoded(message).rstrip("\n"),
        trailers=_trailers(decoded(trailers)) if trailers else (),
        files=files,
        patch=patch,
        files_left_out=left_out or 0,
    )


def decoded(text: bytes) -> str:
    """Text of a commit. git has re-encoded what says its encoding; what does not say is UTF-8 or Western."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return _western(text)


def _western(text: bytes) -> str:
    try:
        return text.decode("cp1252")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def moment(digits: bytes) -> datetime | None:
    """Return seconds since 1970 as a date; None for what is no date before the year 10000."""
    if not digits.isdigit() or len(digits) > _DIGITS_OF_YEAR_9999:
        return None
    try:
        return _EPOCH + timedelta(seconds=int(digits))
    except OverflowError:
        return None


def _trailers(lines: str) -> tuple[tuple[str, str], ...]:
    pairs = (line.partition(":") for line in lines.split("\n") if line)
    return tuple((key.strip(), value.strip()) for key, _, value in pairs)


def _cut_changes(listing: bytes, *, counted: bool) -> tuple[FileChange, ...]:
    """The files of a commit that was cut; those behind the cut in the list of line counts have none."""
    start = listing.find(b":", 0, 3)
    if start < 0:
        return ()
    words = listing[start:].decode("utf-8", "surrogateescape").split("\0")
    # What the cut has taken of the last file are words without anything.
    files, _ = file_changes([*words, "", ""], counted=counted, is_cut=True)
    return files if files[-1].path else files[:-1]


def _changes(listing: bytes, *, counted: bool, patches: bool) -> tuple[tuple[FileChange, ...], str | None]:
    """Return the files and the patch of a commit, from what follows its format."""
    start = listing.find(b":", 0, 3)
    if start < 0:
        return (), "" if patches else None
    # Bytes that are no UTF-8 survive as surrogates, until a name is found to have some.
    words = listing[start:].decode("utf-8", "surrogateescape").split("\0")
    files, rest = file_changes(words, counted=counted)
    if not patches:
        return files, None
    patch = "\0".join(words[rest:]).strip("\0")
    return files, patch.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
