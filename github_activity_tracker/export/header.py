"""The first lines of a file: what the issue or pull request is, and how it stands."""

from collections.abc import Iterator

from core.operations.md_ops import code_span, inline
from github_activity_tracker.export.people import moment, person
from github_activity_tracker.models import Issue
from github_activity_tracker.threads import Thread

REACTIONS = {
    "THUMBS_UP": "👍",
    "THUMBS_DOWN": "👎",
    "LAUGH": "😄",
    "HOORAY": "🎉",
    "CONFUSED": "😕",
    "HEART": "❤️",
    "ROCKET": "🚀",
    "EYES": "👀",
}


def header(thread: Thread[Issue]) -> str:
    """Return the title as the document's heading, and a list of facts without those that it does not have."""
    issue = thread.subject
    facts = "\n".join(f"- **{name}:** {value}" for name, value in _facts(thread) if value)
    return f"# #{issue.number} - {inline(issue.title)}\n\n{facts}"


def state_of(issue: Issue) -> str:
    """Return how it stands: Open, Closed, Merged or Draft."""
    if issue.state == Issue.State.OPEN and issue.is_draft:
        return "Draft"
    return Issue.State(issue.state).label


def _facts(thread: Thread[Issue]) -> Iterator[tuple[str, str]]:
    issue = thread.subject
    reason = issue.state_reason.replace("_", " ").lower()
    yield "State", state_of(issue) + (f" ({reason})" if reason else "")
    yield "Repository", inline(issue.repository.full_name)
    yield "Author", person(thread.who(issue), issue.author_association)
    yield "Created", moment(issue.created_at)
    yield "Updated", moment(issue.updated_at)
    yield "Closed", moment(issue.closed_at) if issue.closed_at else ""
    if issue.kind == Issue.Kind.PULL_REQUEST:
        yield from _facts_of_pull_request(thread)
    yield "Labels", ", ".join(map(code_span, issue.labels))
    yield "Milestone", inline(issue.milestone)
    yield "Assignees", ", ".join(person(thread.account(each)) for each in issue.assignees)
    yield "Locked", _locked(issue)
    yield (
        "Reactions",
        ", ".join(f"{REACTIONS.get(c, c)} {n}" for c, n in sorted(issue.reactions.items()) if n),
    )
    yield "Link", f"<{issue.url}>"


def _facts_of_pull_request(thread: Thread[Issue]) -> Iterator[tuple[str, str]]:
    issue = thread.subject
    if issue.merged_at:
        commit = f" as {code_span(issue.merge_commit)}" if issue.merge_commit else ""
        yield "Merged", f"{moment(issue.merged_at)} by {person(thread.who(issue, 'merged_by'))}{commit}"
    if issue.base_ref and issue.head_ref:
        head = f"{inline(issue.head_repository or 'a repository that is gone')} {code_span(issue.head_ref)}"
        yield "Branches", f"{head} → {code_span(issue.base_ref)}"
    if issue.changed_files is not None:
        files = "1 file" if issue.changed_files == 1 else f"{issue.changed_files} files"
        yield "Changes", f"{files}, +{issue.additions or 0} -{issue.deletions or 0}"
    yield "Requested reviewers", ", ".join(map(inline, issue.requested_reviewers))


def _locked(issue: Issue) -> str:
    if not issue.is_locked:
        return ""
    return f"yes ({issue.lock_reason.replace('_', ' ').lower()})" if issue.lock_reason else "yes"
