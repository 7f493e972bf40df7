"""The output of `git diff-tree --stdin`, read into commits as fast as Python can."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from core.operations.github_ops.git.changes import file_changes
from core.operations.github_ops.git.records import FileChange, GitCommit

# https://git-scm.com/docs/pretty-formats; %at is the date's digits as they stand in the commit.
_FIELDS = ("%H", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B", "%(trailers:only,unfold)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS_OF_YEAR_9999 = 12


class CommitFormat:
    """A format whose records cannot be confused with what is in them: each begins with a secret word."""

    def __init__(self) -> None:
        word = secrets.token_hex(8)
        self.option = f"--format=tformat:%x00{word}%x00{'%x00'.join(_FIELDS)}%x00"
        self.mark = f"\0{word}\0".encode()

    def commits(self, chunks: Iterable[bytes], *, counted: bool, patches: bool) -> Iterator[GitCommit]:
        """The commits in git's output. `counted`: it has --numstat; `patches`: it has --patch."""
        for record in _records(chunks, self.mark):
            yield _commit(record, counted=counted, patches=patches)


def _records(chunks: Iterable[bytes], mark: bytes) -> Iterator[bytes]:
    rest = b""
    pieces: list[bytes] = []
    size = 0
    for chunk in chunks:
        pieces.append(chunk)
        size += len(chunk)
        # As much new as there is old, so that a commit of any size is copied a few times only.
        if size >= len(rest):
            *whole, rest = b"".join((rest, *pieces)).split(mark)
            yield from filter(None, whole)  # nothing stands before the first mark
            pieces, size = [], 0
    yield from filter(None, b"".join((rest, *pieces)).split(mark))


def _commit(record: bytes, *, counted: bool, patches: bool) -> GitCommit:
    head = record.split(b"\0", len(_FIELDS))
    sha, parents, *people, message, trailers, changes = head
    author_name, author_email, authored, committer_name, committer_email, committed = people
    files, patch = _changes(changes, counted=counted, patches=patches)
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
    """Seconds since 1970 as a date; None for what is no date before the year 10000."""
    if not digits.isdigit() or len(digits) > _DIGITS_OF_YEAR_9999:
        return None
    try:
        return _EPOCH + timedelta(seconds=int(digits))
    except OverflowError:
        return None


def _trailers(lines: str) -> tuple[tuple[str, str], ...]:
    pairs = (line.partition(":") for line in lines.split("\n") if line)
    return tuple((key.strip(), value.strip()) for key, _, value in pairs)


def _changes(listing: bytes, *, counted: bool, patches: bool) -> tuple[tuple[FileChange, ...], str | None]:
    """The files and the patch of a commit, from what follows its format."""
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
