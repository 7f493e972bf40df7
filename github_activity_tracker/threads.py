"""Issues, pull requests and discussions with all that is below them, read in a few statements a batch.

Only what everybody on GitHub sees: nothing that was removed, no review that its author has not submitted
yet (GitHub shows it to the author of the token alone), no spam.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

from github_activity_tracker.models import (
    Account,
    Comment,
    Discussion,
    Issue,
    Review,
    ReviewComment,
    ReviewThread,
    TimelineEvent,
)

BATCH = 250  # threads in memory at a time
PENDING = "PENDING"  # state of a review
UNWANTED = frozenset({"spam", "abuse"})  # reasons for which a comment was hidden

_ROLES = ("author_id", "merged_by_id", "resolved_by_id", "actor_id")

S = TypeVar("S", Issue, Discussion)
M = TypeVar("M", bound=Model)
W = TypeVar("W", Comment, Review, ReviewComment, TimelineEvent)


@dataclass(frozen=True, slots=True)
class Talk:
    """The comments of a review thread, oldest first; `thread` is None where only the comments are known."""

    thread: ReviewThread | None
    comments: Sequence[ReviewComment]


@dataclass(frozen=True, slots=True)
class Thread(Generic[S]):
    """An issue, pull request or discussion with what is below it, each in order of time.

    `people` has the accounts that any of it names by id.
    """

    subject: S
    comments: Sequence[Comment]
    reviews: Sequence[Review]
    talks: Sequence[Talk]
    events: Sequence[TimelineEvent]
    people: Mapping[int, Account]

    def who(self, row: Model, role: str = "author") -> Account | None:
        """The account in a role of a row (`author`, `merged_by`, ...); None where GitHub names none."""
        account_id: int | None = getattr(row, f"{role}_id")
        return None if account_id is None else self.account(account_id)

    def account(self, account_id: int) -> Account:
        """An account; one that is not stored is called by its id."""
        return self.people.get(account_id) or Account(github_id=account_id, login=f"account {account_id}")


def issue_threads(issue_ids: Iterable[str]) -> Iterator[Thread[Issue]]:
    """The threads of these issues and pull requests, in batches of `BATCH`; those not stored are left out."""
    for ids in batches(issue_ids):
        issues = Issue.objects.filter(pk__in=ids).select_related("repository").order_by("pk")
        yield from _threads(list(issues), reviewed=ids)


def discussion_threads(discussion_ids: Iterable[str]) -> Iterator[Thread[Discussion]]:
    """The threads of these discussions."""
    for ids in batches(discussion_ids):
        discussions = Discussion.objects.filter(pk__in=ids).select_related("repository").order_by("pk")
        yield from _threads(list(discussions), reviewed=())


def batches(ids: Iterable[str], size: int = BATCH) -> Iterator[list[str]]:
    iterator = iter(ids)
    while batch := list(islice(iterator, size)):
        yield batch


def _threads(subjects: Sequence[S], reviewed: Sequence[str]) -> Iterator[Thread[S]]:
    """`reviewed`: ids of those subjects that have events and may have reviews."""
    comments = _below(Comment, [subject.pk for subject in subjects])
    reviews = _below(Review, reviewed)
    review_comments = _below(ReviewComment, reviewed)
    events = _below(TimelineEvent, reviewed)
    threads = list(_live(ReviewThread, reviewed))
    rows = chain.from_iterable(
        chain.from_iterable(below.values()) for below in (comments, reviews, review_comments, events)
    )
    people = _people(chain(subjects, threads, rows))
    threads_by_id = {thread.pk: thread for thread in threads}
    for subject in subjects:
        submitted = [review for review in reviews.get(subject.pk, ()) if review.state != PENDING]
        pending = {review.pk for review in reviews.get(subject.pk, ()) if review.state == PENDING}
        spoken = [each for each in review_comments.get(subject.pk, ()) if each.review_id not in pending]
        yield Thread(
            subject=subject,
            comments=[comment for comment in comments.get(subject.pk, ()) if _is_wanted(comment)],
            reviews=[review for review in submitted if _is_wanted(review)],
            talks=_talks(threads_by_id, [comment for comment in spoken if _is_wanted(comment)]),
            events=events.get(subject.pk, ()),
            people=people,
        )


def _live(model: type[M], subject_ids: Sequence[str]) -> "QuerySet[M]":
    objects: Any = model.objects
    return objects.live().filter(subject_id__in=subject_ids)


def _below(model: type[W], subject_ids: Sequence[str]) -> Mapping[str, list[W]]:
    """Rows by subject; in order of time, and of the id where that is the same."""
    found: dict[str, list[W]] = defaultdict(list)
    for row in sorted(_live(model, subject_ids), key=lambda row: (row.created_at, row.pk)):
        found[row.subject_id].append(row)
    return found


def _is_wanted(row: Comment | Review | ReviewComment) -> bool:
    return row.minimized_reason.casefold() not in UNWANTED


def _talks(threads: Mapping[str, ReviewThread], comments: Iterable[ReviewComment]) -> list[Talk]:
    spoken: dict[str, list[ReviewComment]] = defaultdict(list)
    for comment in comments:
        spoken[comment.thread_id].append(comment)
    return [Talk(threads.get(thread_id), said) for thread_id, said in spoken.items()]


def _people(rows: Iterable[Model]) -> Mapping[int, Account]:
    ids: set[int | None] = set()
    for row in rows:
        ids.update(getattr(row, name, None) for name in _ROLES)
        ids.update(getattr(row, "assignees", ()))
    return Account.objects.in_bulk([each for each in ids if each is not None])
