"""Records of what git tells. Tuples, because a long history makes hundreds of thousands of them."""

from datetime import datetime
from typing import NamedTuple


class FileChange(NamedTuple):
    """A path that a commit changed against its first parent.

    `status` is A, C, D, M, R or T. `path` holds bytes that are not UTF-8 as \\xNN, and `path_bytes` the
    name as it is then. Modes are numbers (0o100644), 0 where there is no file. `additions` and
    `deletions` are None for a binary file, and all three last fields where the mirror has no contents.
    `similarity` is in percent, for C and R.
    """

    status: str
    path: str
    old_path: str | None
    path_bytes: bytes | None
    similarity: int | None
    old_mode: int
    new_mode: int
    additions: int | None
    deletions: int | None
    is_binary: bool | None


class GitCommit(NamedTuple):
    """A commit, as written: people before any mailmap, dates in UTC, None where the date is no date.

    `message` is without the line ends at its end. `files` is empty for a merge, as in `git log`. Of a commit
    that git tells more than 8 MiB about, what is in those is kept; `files_left_out` counts the files behind.
    """

    sha: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    authored_at: datetime | None
    committer_name: str
    committer_email: str
    committed_at: datetime | None
    message: str
    trailers: tuple[tuple[str, str], ...]
    files: tuple[FileChange, ...]
    patch: str | None
    files_left_out: int = 0

    @property
    def is_merge(self) -> bool:
        return len(self.parents) > 1


class GitRef(NamedTuple):
    """A branch or tag. `target` is its commit, also of an annotated tag; None where it leads to none.

    `object_id` is what the ref itself names; `tagged_at` is an annotated tag's date in UTC.
    """

    name: str
    object_id: str
    target: str | None
    tagged_at: datetime | None


class Published(NamedTuple):
    """The result of a publication: `commit` is the new tip, None when there was nothing to do."""

    commit: str | None
    added: int
    changed: int
    deleted: int
