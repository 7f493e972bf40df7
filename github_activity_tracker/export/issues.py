"""The file of an issue or pull request.

    # #7 - Title, and a list of facts
    ## Description
    ## Conversation      comments, reviews and review threads in order of time
    ### ann commented on 2024-05-01 ...
    ### Thread on `include/boost/asio.hpp`, lines 3-7
    #### bob on 2024-05-02 ...
    ## History           what was done besides writing

What people wrote stands as they wrote it, but for their headings, which become smaller than those above
them, and for what they left open (core.operations.md_ops.embedded).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from core.operations.md_ops import code_span, embedded, fenced
from github_activity_tracker.export.header import header
from github_activity_tracker.export.history import told
from github_activity_tracker.export.people import moment, person
from github_activity_tracker.models import Comment, Issue, Review, ReviewComment, ReviewThread
from github_activity_tracker.threads import Talk, Thread

# Of a longer hunk the end is shown, where the commented line is; GitHub itself shows four lines.
HUNK_LINES = 40
VERDICTS = {
    "APPROVED": "approved these changes",
    "CHANGES_REQUESTED": "requested changes",
    "COMMENTED": "reviewed",
    "DISMISSED": "reviewed (dismissed since)",
}
Entry = tuple[datetime, int, str, str]  # time, kind, id, text: sorted as a whole


def render_issue(thread: Thread[Issue]) -> str:
    """Return the Markdown of an issue or pull request; it ends with a line end."""
    body = embedded(thread.subject.body, below=2)
    parts = [header(thread), "## Description", body or "*There is no description.*"]
    if entries := sorted(_entries(thread)):
        parts += ["## Conversation", *(text for *_, text in entries)]
    if history := list(_history(thread)):
        parts += ["## History", "\n".join(history)]
    return "\n\n".join(parts) + "\n"


def _entries(thread: Thread[Issue]) -> Iterator[Entry]:
    for comment in thread.comments:
        yield comment.created_at, 0, comment.pk, _said(thread, comment, "commented")
    answered = {comment.review_id for talk in thread.talks for comment in talk.comments}
    submitted = {review.pk: review.submitted_at or review.created_at for review in thread.reviews}
    for review in thread.reviews:
        # Every lone answer in a thread is a review without words to GitHub.
        if review.body.strip() or review.state != "COMMENTED" or review.pk not in answered:
            yield submitted[review.pk], 1, review.pk, _reviewed(thread, review, submitted[review.pk])
    for talk in thread.talks:
        first = talk.comments[0]
        # Below the review that it came with: a draft is older than what was submitted.
        time = max(first.created_at, submitted.get(first.review_id or "", first.created_at))
        yield time, 2, first.pk, _talk(thread, talk)


def _said(thread: Thread[Issue], comment: Comment, what: str) -> str:
    who = person(thread.who(comment), comment.author_association)
    return _with_heading(3, f"{who} {what} on {_linked(comment.created_at, comment)}", comment)


def _reviewed(thread: Thread[Issue], review: Review, submitted: datetime) -> str:
    who = person(thread.who(review), review.author_association)
    verdict = VERDICTS.get(review.state, review.state.replace("_", " ").lower())
    return _with_heading(3, f"{who} {verdict} on {_linked(submitted, review)}", review)


def _linked(time: datetime, row: Comment | Review | ReviewComment) -> str:
    return f"[{moment(time)}]({row.url})" if row.url else moment(time)


def _with_heading(level: int, heading: str, row: Comment | Review | ReviewComment) -> str:
    hidden = f" (hidden as {row.minimized_reason.replace('_', ' ').lower()})" if row.minimized_reason else ""
    edited = " (edited)" if row.last_edited_at else ""
    body = embedded(row.body, below=level)
    return "\n\n".join(filter(None, (f"{'#' * level} {heading}{edited}{hidden}", body)))


def _talk(thread: Thread[Issue], talk: Talk) -> str:
    first = talk.comments[0]
    settled = f" ({'; '.join(facts)})" if (facts := list(_standing(thread, talk.thread))) else ""
    parts = [f"### Thread on {code_span(first.path)}{_lines(talk)}{settled}"]
    if first.diff_hunk:
        parts.append(fenced(_end_of(first.diff_hunk), "diff"))
    for comment in talk.comments:
        who = person(thread.who(comment), comment.author_association)
        parts.append(_with_heading(4, f"{who} on {_linked(comment.created_at, comment)}", comment))
    return "\n\n".join(parts)


def _standing(thread: Thread[Issue], talk: ReviewThread | None) -> Iterator[str]:
    if talk and talk.is_resolved:
        resolver = thread.who(talk, "resolved_by")
        yield f"resolved by {person(resolver)}" if resolver else "resolved"
    if talk and talk.is_outdated:
        yield "outdated"


def _lines(talk: Talk) -> str:
    """Return where in the file it is: today's lines, or where the diff has moved on those then."""
    row = talk.thread
    if row is None:
        first = talk.comments[0]
        return _range(None, first.line or first.original_line)
    if row.subject_type == "FILE":
        return " (the whole file)"
    if row.line is None:
        lines = _range(row.original_start_line, row.original_line)
    else:
        lines = _range(row.start_line, row.line)
    return f"{lines} before the change" if lines and row.side == "LEFT" else lines


def _range(start: int | None, end: int | None) -> str:
    if end is None:
        return ""
    return f", line {end}" if start is None or start == end else f", lines {start}-{end}"


def _end_of(hunk: str) -> str:
    """Return the hunk's `@@` line and what is nearest to the comment."""
    lines: Sequence[str] = hunk.replace("\r\n", "\n").strip("\n").split("\n")
    left_out = len(lines) - 1 - HUNK_LINES
    if left_out <= 0:
        return "\n".join(lines)
    return "\n".join([lines[0], f"... {left_out} lines ...", *lines[-HUNK_LINES:]])


def _history(thread: Thread[Issue]) -> Iterator[str]:
    for event in thread.events:
        if what := told(event):
            yield f"- {moment(event.created_at)}: {person(thread.who(event, 'actor'))} {what}"
