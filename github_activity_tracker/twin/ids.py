"""GitHub's ids: numbers, and GraphQL's global node ids in the format of today and in the one before."""

import struct
from base64 import b64encode, urlsafe_b64encode
from collections import Counter

GHOST = 10137
"""The account that stands in for deleted ones."""
LARGEST_INT = 2**31 - 1
"""GraphQL's Int ends here: a larger id has no `databaseId`, only a `fullDatabaseId`."""

_PREFIXES = {
    "User": "U", "Bot": "BOT", "Mannequin": "M", "Organization": "O", "Team": "T", "Repository": "R",
    "Issue": "I", "PullRequest": "PR", "IssueComment": "IC", "PullRequestReview": "PRR",
    "PullRequestReviewThread": "PRRT", "PullRequestReviewComment": "PRRC", "Discussion": "D",
    "DiscussionComment": "DC", "DiscussionCategory": "DIC", "Release": "RE", "Label": "LA",
    "Milestone": "MI", "Ref": "REF", "License": "L", "Language": "LN", "ReviewRequest": "RR",
}  # fmt: skip
# Where the numbers of a kind begin, and how far they are apart. Some issues and comments pass LARGEST_INT.
_NUMBERS = {
    "Issue": (LARGEST_INT - 40_000, 1_009),
    "PullRequest": (1_500_000_000, 1_013),
    "IssueComment": (LARGEST_INT - 60_000, 607),
    "PullRequestReview": (1_700_000_000, 211),
    "PullRequestReviewThread": (1_100_000, 13),
    "PullRequestReviewComment": (1_800_000_000, 223),
    "Discussion": (4_100_000, 17),
    "DiscussionComment": (3_200_000, 19),
    "DiscussionCategory": (32_000_000, 11),
    "Release": (90_000_000, 101),
    "Label": (50_000_000, 103),
    "Milestone": (60_000, 7),
    "ReviewRequest": (70_000, 3),
    "Event": (9_000_000_000, 307),
    "Repository": (7_500_000, 1_201),
}


class Numbers:
    """Hands out database ids, each once. Events of all types share one series.

    shift: twins with different ones never give the same id, as all series have steps.
    """

    def __init__(self, shift: int = 0) -> None:
        self._shift = shift
        self._given: Counter[str] = Counter()

    def next(self, typename: str) -> int:
        kind = "Event" if typename.endswith("Event") else typename
        first, step = _NUMBERS[kind]
        self._given[kind] += 1
        return first + self._shift + step * self._given[kind]


def node_id(typename: str, number: int, repository: int | None = None) -> str:
    """Today's format: the type's letters, then [0, repository, number] in MessagePack."""
    prefix = _PREFIXES.get(typename) or "".join(letter for letter in typename if letter.isupper())
    parts = [b"\x92\x00" if repository is None else b"\x93\x00" + _packed(repository), _packed(number)]
    return f"{prefix}_{urlsafe_b64encode(b''.join(parts)).decode().rstrip('=')}"


def legacy_id(typename: str, number: int) -> str:
    """The format of those who do not send `X-Github-Next-Global-ID: 1`."""
    return b64encode(f"0{len(typename)}:{typename}{number}".encode()).decode()


def git_id(typename: str, repository: int, oid: str) -> str:
    """The id of a commit or another git object."""
    return f"{typename[0]}_{urlsafe_b64encode(_packed(repository) + oid.encode()).decode().rstrip('=')}"


def _packed(number: int) -> bytes:
    return b"\xce" + struct.pack(">I", number) if number < 2**32 else b"\xcf" + struct.pack(">Q", number)
