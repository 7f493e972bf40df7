"""Commits as they are made, and what a complete collection knows of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from github_activity_tracker.twin.git.entries import Change

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as git writes it: seconds since 1970 and the writer's time zone, `+0200`.

    Anyone can write any number there, also one that is no date.
    """

    seconds: int
    zone: str = "+0000"

    @property
    def time(self) -> datetime | None:
        """UTC; None before 1970, which git cannot read, and past what a date can be."""
        if self.seconds < 0:
            return None
        try:
            return EPOCH + timedelta(seconds=self.seconds)
        except OverflowError:
            return None

    def __str__(self) -> str:
        return f"{self.seconds} {self.zone}"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when, as an author, committer or tagger signs."""

    name: str
    email: str
    moment: Moment

    @property
    def text(self) -> str:
        return f"{self.name} <{self.email}> {self.moment}".lstrip()


@dataclass(frozen=True, slots=True)
class TwinCommit:
    """A commit before it has a hash. Its parents are commits of the same history, by their numbers.

    charset: what the message and the names are encoded in, said in the commit's header when it is not
    UTF-8. raw: the message's bytes where no charset makes them from text.
    """

    number: int
    parents: tuple[int, ...]
    author: Signature
    committer: Signature
    message: str
    changes: tuple[Change, ...]
    trailers: tuple[tuple[str, str], ...] = ()
    charset: str = "utf-8"
    raw: bytes | None = None

    @property
    def encoded(self) -> bytes:
        return self.raw if self.raw is not None else self.message.encode(self.charset)


@dataclass(frozen=True, slots=True)
class TwinTag:
    """An annotated tag before it has a hash. It tags a commit by number, another tag by name, or some bytes.

    tagger: None in tags of before 2005.
    """

    name: str
    tagger: Signature | None
    message: str
    tagged: int | str | bytes


def commit_row(commit: TwinCommit, shas: Sequence[str], *, is_reachable: bool) -> dict[str, object]:
    """Columns of `Commit`, the repository aside. shas: by number."""
    return {
        "sha": shas[commit.number],
        "parents": [shas[parent] for parent in commit.parents],
        "is_merge": len(commit.parents) > 1,
        "author_name": commit.author.name,
        "author_email": commit.author.email,
        "authored_at": commit.author.moment.time,
        "committer_name": commit.committer.name,
        "committer_email": commit.committer.email,
        "committed_at": commit.committer.moment.time,
        "message": commit.message.rstrip("\n"),
        "trailers": [list(pair) for pair in commit.trailers],
        "is_reachable": is_reachable,
    }


def reachable(commits: Sequence[TwinCommit], tips: Iterable[int]) -> set[int]:
    """Numbers of the commits that one of the tips leads to."""
    found: set[int] = set()
    waiting = list(tips)
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += commits[number].parents
    return found
