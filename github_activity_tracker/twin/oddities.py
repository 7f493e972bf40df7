"""The rare cases that a collector has to survive, each in an item of its own at the end of a repository."""

from datetime import datetime, timedelta

from github_activity_tracker.twin import deeds, planting
from github_activity_tracker.twin.hub import Hub, Repo
from github_activity_tracker.twin.writing import Pen

MANY = 103
"""More than any page holds."""
TITLES = (
    "..",
    'Ünïcödé 🚀 in <title> & `code` / path\\name: * ? " |',
    "x" * 256,
    "con",
)


def plant(hub: Hub, repo: Repo, start: datetime) -> None:
    """All of them, in the hours after `start`."""
    rng = hub.world.rng("github oddities", repo.full_name)
    for nth, oddity in enumerate(_ODDITIES):
        begin = start + timedelta(minutes=20 * nth)
        oddity(Pen(hub, repo, rng, start=begin, limit=begin + timedelta(minutes=20)))


def _ghosts(pen: Pen) -> None:
    """Plant what deleted accounts wrote: it stays, without an author."""
    issue = pen.issue()
    comment = pen.comment(issue)
    for node in (issue, comment):
        node |= {"author": None, "authorAssociation": "NONE"}
    event = pen.event("ClosedEvent", issue, closer=None, stateReason="COMPLETED")
    event["actor"] = None
    issue |= {"state": "CLOSED", "closed": True, "closedAt": event["createdAt"], "stateReason": "COMPLETED"}


def _bodies(pen: Pen) -> None:
    """NULs, code fences in code fences, carriage returns, nothing at all."""
    issue = pen.issue()
    issue["body"] = "before\0after"
    for body in (
        "",
        "line\r\nline\r\n",
        "````\n```\nstd::vector<int>\n```\n````",
        "<!-- hidden --> | a | b |\n> quoted",
    ):
        pen.comment(issue)["body"] = body


def _titles(pen: Pen) -> None:
    for title in TITLES:
        pen.issue()["title"] = title


def _pending(pen: Pen) -> None:
    """Reviews that are not sent yet are shown to their authors only: here to whoever collects, and not."""
    pull_request = pen.pull_request()
    for author in pen.hub.accounts.users[:2]:
        pen.review(pull_request, "PENDING", author=author)


def _many_comments(pen: Pen) -> None:
    issue = pen.issue()
    for _ in range(MANY):
        pen.comment(issue)


def _many_events(pen: Pen) -> None:
    issue = pen.issue()
    for nth in range(MANY):
        if nth % 2:
            deeds.unlabel(pen, issue)
        else:
            deeds.label(pen, issue, planting.LABELS[nth % len(planting.LABELS)])


def _many_threads(pen: Pen) -> None:
    """So many threads, and in one of them so many replies."""
    pull_request = pen.pull_request()
    review = pen.review(pull_request, "COMMENTED", body="")
    for nth in range(MANY):
        thread = pen.thread(pull_request, is_file=nth == 1)
        for _ in range(MANY if nth == 0 else 1):
            pen.review_comment(thread, review)


def _reviewers(pen: Pen) -> None:
    """A team, someone whom the token may not see, and a person; from a fork that was deleted."""
    pull_request = pen.pull_request()
    pull_request["_head_repository"] = None
    for reviewer in (pen.hub.accounts.team, None, pen.maintainer(), pen.hub.accounts.mannequin):
        deeds.request_review(pen, pull_request, reviewer)
    deeds.withdraw_request(pen, pull_request)


def _hidden(pen: Pen) -> None:
    issue = pen.issue()
    for reason in ("spam", "off-topic", "outdated", "resolved"):
        pen.comment(issue).update(isMinimized=True, minimizedReason=reason)
    deeds.lock(pen, issue, "TOO_HEATED")
    other = pen.issue()
    deeds.lock(pen, other, None)
    deeds.unlock(pen, other)
    deeds.lock(pen, other, None)


def _arrived(pen: Pen) -> None:
    """From a repository that cannot be seen."""
    issue = pen.issue()
    pen.event("TransferredEvent", issue, fromRepository=None, issue=issue)


def _duplicates(pen: Pen) -> None:
    first, second = pen.issue(), pen.issue()
    deeds.mark_duplicate(pen, second, first)
    deeds.close(pen, second, "DUPLICATE")
    pen.event("UnmarkedAsDuplicateEvent", second, duplicate=second, canonical=None, isCrossRepository=False)


def _ties(pen: Pen) -> None:
    """Items that were updated in the same second."""
    issues = [pen.issue() for _ in range(5)]
    for issue in issues:
        issue["updatedAt"] = issues[-1]["updatedAt"]


def _rare_events(pen: Pen) -> None:
    issue, pull_request = pen.issue(), pen.pull_request()
    commit = pen.commit(pen.sha("mentioned"))
    for mail in ("MentionedEvent", "SubscribedEvent", "UnsubscribedEvent"):
        pen.event(mail, issue)
    pen.event("PinnedEvent", issue, issue=issue)
    pen.event("UnpinnedEvent", issue, issue=issue)
    pen.event(
        "ReferencedEvent", issue, commit=commit, isCrossRepository=False,
        isDirectReference=True, subject=issue,
    )  # fmt: skip
    pen.event("ConnectedEvent", issue, isCrossRepository=False, source=pull_request, subject=issue)
    pen.event("DisconnectedEvent", issue, isCrossRepository=False, source=pull_request, subject=issue)
    pull_request["_is_source"] = True
    deeds.assign(pen, issue)
    deeds.unassign(pen, issue)
    deeds.milestone(pen, issue)
    deeds.demilestone(pen, issue)
    deeds.close(pen, issue, closer=pull_request)
    deeds.set_draft(pen, pull_request, draft=True)
    deeds.set_draft(pen, pull_request, draft=False)
    pen.event(
        "BaseRefChangedEvent", pull_request, previousRefName="master", currentRefName="develop",
    )  # fmt: skip
    pen.event(
        "BaseRefForcePushedEvent", pull_request, beforeCommit=commit, afterCommit=commit, ref=None,
    )  # fmt: skip
    name = pull_request["headRefName"]
    pen.event("HeadRefDeletedEvent", pull_request, headRefName=name)
    pen.event("HeadRefRestoredEvent", pull_request)
    deeds.merge(pen, pull_request)


def _queues_and_families(pen: Pen) -> None:
    """Merge queues, automatic merges, parts of issues, branches that go, people who are sent away."""
    issue, part, pull_request = pen.issue(), pen.issue(), pen.pull_request()
    for kept in (issue, part):
        kept["_is_source"] = True
    for typename in ("ParentIssueAddedEvent", "ParentIssueRemovedEvent"):
        pen.event(typename, part, parent=issue)
    for typename in ("SubIssueAddedEvent", "SubIssueRemovedEvent"):
        pen.event(typename, issue, subIssue=part)
    pen.event("UserBlockedEvent", issue, blockDuration="THREE_DAYS", subject=pen.author())
    who = pen.maintainer()
    pen.event("AutoMergeEnabledEvent", pull_request, actor=who)
    pen.event("AutoMergeDisabledEvent", pull_request, reason="A check failed", actor=who)
    pen.event("AddedToMergeQueueEvent", pull_request, actor=who)
    commit = pen.commit(pen.sha("queued"))
    pen.event(
        "RemovedFromMergeQueueEvent",
        pull_request,
        reason="failed checks",
        beforeCommit=commit,
        actor=who,
    )
    name = pull_request["baseRefName"]
    pen.event("BaseRefDeletedEvent", pull_request, baseRefName=name)
    if pen.repo.discussions:
        pen.event("ConvertedToDiscussionEvent", issue, discussion=pen.repo.discussions[0])


def _discussions(pen: Pen) -> None:
    """A long thread of replies; a closed one that a ghost started."""
    long, closed = pen.discussion(), pen.discussion()
    first = pen.comment(long)
    for _ in range(MANY):
        pen.comment(long, reply_to=first)
    at = pen.tick()
    closed |= {"author": None, "closed": True, "closedAt": at, "updatedAt": at, "stateReason": "OUTDATED"}
    deeds.label_discussion(pen, closed)


def _releases(pen: Pen) -> None:
    """One nobody's, one without a name or text, one that only those with rights see."""
    pen.release("v9.0.0")["author"] = None
    pen.release("v9.0.1-rc1").update(name=None, description=None)
    pen.release("v10.0.0", draft=True)


_ODDITIES = (
    _ghosts, _bodies, _titles, _pending, _many_comments, _many_events, _many_threads, _reviewers, _hidden,
    _arrived, _duplicates, _ties, _rare_events, _queues_and_families,
    _discussions, _releases,
)  # fmt: skip
