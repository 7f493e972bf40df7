"""Search documents of what people wrote: issues, pull requests, discussions, release notes.

The author is a login. Metadata of all: `source_ids` (`<owner>/<repo>:<type>:<number or tag>`), `type`,
`updated_at` (seconds since 1970), `repo_name` (`<owner>/<repo>`). All but releases have `number`, `state`,
`state_reason` and `closed_at`, too, which is 0 while they are open. Which library a repository is of, Boost's
catalogue knows.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from django.db.models import Q, QuerySet

from core.registry import Document, GoneDocument, Visibility
from github_activity_tracker.models import Account, Comment, Discussion, Issue, Release, Repository, Review
from github_activity_tracker.threads import BATCH, Talk, Thread, discussion_threads, issue_threads

SOURCE = "github"
TYPES = {Issue.Kind.ISSUE: "issue", Issue.Kind.PULL_REQUEST: "pr"}
# What is neither removed itself nor below a repository that is.
HERE = Q(removed_at__isnull=True, repository__removed_at__isnull=True)
Said = tuple[dt.datetime, str, str]  # when, id, text: sorted as a whole


class GithubDocuments:
    """One document per issue, pull request, discussion and published release."""

    version = "1"

    def documents(self, *, since: int | None = None) -> Iterator[Document | GoneDocument]:
        """Those with something changed since that mark, or all; what is gone has no document."""
        if since is not None:
            yield from _gone(since)
        issues = Issue.objects.filter(HERE)
        discussions = Discussion.objects.filter(HERE)
        releases = Release.objects.filter(HERE, is_draft=False)
        if since is not None:
            issues = issues.filter(thread_changed_in__gte=since)
            discussions = discussions.filter(thread_changed_in__gte=since)
            releases = releases.filter(changed_in__gte=since)
        yield from map(document_for_issue, issue_threads(_ids(issues)))
        yield from map(document_for_discussion, discussion_threads(_ids(discussions)))
        in_order = releases.select_related("repository", "author").order_by("pk")
        yield from map(document_for_release, in_order.iterator(BATCH))


def _gone(since: int) -> Iterator[GoneDocument]:
    for model in (Issue, Discussion, Release):
        # What is below a repository that has gone is said to have changed.
        changed = "changed_in" if model is Release else "thread_changed_in"
        removed = Q(removed_at__isnull=False, changed_in__gte=since)
        retired = Q(repository__removed_at__isnull=False, **{f"{changed}__gte": since})
        gone = model.objects.filter(removed | retired).order_by("pk")
        yield from (GoneDocument(_id(each)) for each in gone.values_list("pk", flat=True).iterator())


def document_for_issue(thread: Thread[Issue]) -> Document:
    """Title, body, and what was said on it, in order; without diffs and the history of changes."""
    issue = thread.subject
    said = [
        *(_said(thread, comment) for comment in thread.comments),
        *(_said(thread, review) for review in thread.reviews if review.body.strip()),
        *(_discussed(thread, talk) for talk in thread.talks),
    ]
    more = {"state": issue.state}
    return _document(thread, TYPES[Issue.Kind(issue.kind)], said, more)


def document_for_discussion(thread: Thread[Discussion]) -> Document:
    """Return a discussion's document: all answers in order of time."""
    discussion = thread.subject
    said = [_said(thread, comment) for comment in thread.comments]
    more = {"state": "closed" if discussion.is_closed else "open", "category": discussion.category}
    return _document(thread, "discussion", said, more)


def document_for_release(release: Release) -> Document:
    """The notes of a release."""
    title = release.name or release.tag_name
    repo_name = release.repository.full_name
    return Document(
        doc_id=_id(release.pk),
        text="\n\n".join(filter(None, (f"{repo_name} {title}", _text(release.description)))),
        title=title,
        visibility=_visibility(release.repository),
        author=release.author.login if release.author else "",
        url=release.url,
        happened_at=release.published_at or release.created_at,
        metadata={
            "source_ids": [f"{repo_name}:release:{release.tag_name}"],
            "type": "release",
            "updated_at": _seconds(release.updated_at),
            "repo_name": repo_name,
        },
    )


def _document(
    thread: Thread[Issue] | Thread[Discussion], kind: str, said: list[Said], more: Mapping[str, str]
) -> Document:
    subject = thread.subject
    repo_name = subject.repository.full_name
    author = thread.who(subject)
    first = _line(author, subject.created_at, _text(subject.body))
    return Document(
        doc_id=_id(subject.pk),
        text="\n\n".join([f"{repo_name} #{subject.number}: {subject.title}", first, *_texts(said)]),
        title=subject.title,
        visibility=_visibility(subject.repository),
        author=author.login if author else "",
        url=subject.url,
        happened_at=subject.created_at,
        metadata={
            "source_ids": [f"{repo_name}:{kind}:{subject.number}"],
            "type": kind,
            "number": subject.number,
            "state_reason": subject.state_reason,
            "updated_at": _seconds(subject.updated_at),
            "closed_at": _seconds(subject.closed_at) if subject.closed_at else 0,
            "repo_name": repo_name,
            **more,
        },
    )


def _visibility(repository: Repository) -> Visibility:
    return "private" if repository.is_private else "public"


def _id(key: str) -> str:
    return f"{SOURCE}:{key}"


def _said(thread: Thread[Issue] | Thread[Discussion], row: Comment | Review) -> Said:
    time = getattr(row, "submitted_at", None) or row.created_at
    return time, row.pk, _line(thread.who(row), time, _text(row.body))


def _discussed(thread: Thread[Issue], talk: Talk) -> Said:
    """Return the talk about a place in the diff, in one piece."""
    first = talk.comments[0]
    lines = [_line(thread.who(row), row.created_at, _text(row.body)) for row in talk.comments]
    return first.created_at, first.pk, "\n\n".join([f"About {first.path}:", *lines])


def _texts(said: Iterable[Said]) -> Iterator[str]:
    return (text for *_, text in sorted(said))


def _line(author: Account | None, time: dt.datetime, text: str) -> str:
    return f"{author.login if author else 'somebody'}, {time.astimezone(dt.UTC):%Y-%m-%d}:\n{text}"


def _text(markdown: str) -> str:
    """Without the instructions of issue templates, which are HTML comments."""
    *commented, rest = markdown.replace("\r\n", "\n").split("-->")
    kept: list[str] = []
    for part in commented:
        before, opened, _ = part.partition("<!--")
        kept.append(before if opened else f"{part}-->")
    return "".join([*kept, rest]).strip()


def _seconds(time: dt.datetime) -> int:
    return int(time.timestamp())


def _ids(rows: "QuerySet[Issue] | QuerySet[Discussion]") -> Iterator[str]:
    return rows.order_by("pk").values_list("pk", flat=True).iterator()
