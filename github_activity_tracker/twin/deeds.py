"""Actions on issues and pull requests other than writing: each leaves an event in the timeline."""

from github_activity_tracker.twin.people import Node
from github_activity_tracker.twin.writing import Pen


def label(pen: Pen, subject: Node, name: str) -> None:
    found = next(each for each in pen.repo.labels if each["name"] == name)
    if found not in subject["_labels"]:
        subject["_labels"].append(found)
        pen.event("LabeledEvent", subject, label=found)


def unlabel(pen: Pen, subject: Node) -> None:
    """Takes away the label that was put on last; needs one."""
    pen.event("UnlabeledEvent", subject, label=subject["_labels"].pop())


def assign(pen: Pen, subject: Node) -> None:
    who = pen.maintainer()
    if who not in subject["_assignees"]:
        subject["_assignees"].append(who)
        pen.event("AssignedEvent", subject, assignee=who)


def unassign(pen: Pen, subject: Node) -> None:
    """Takes back the last assignment; needs one."""
    pen.event("UnassignedEvent", subject, assignee=subject["_assignees"].pop())


def milestone(pen: Pen, subject: Node) -> None:
    subject["milestone"] = found = pen.rng.choice(pen.repo.milestones)
    pen.event("MilestonedEvent", subject, milestoneTitle=found["title"], subject=subject)


def demilestone(pen: Pen, subject: Node) -> None:
    """Needs a milestone."""
    title, subject["milestone"] = subject["milestone"]["title"], None
    pen.event("DemilestonedEvent", subject, milestoneTitle=title, subject=subject)


def retitle(pen: Pen, subject: Node, title: str) -> None:
    before, subject["title"] = subject["title"], title
    pen.event("RenamedTitleEvent", subject, previousTitle=before, currentTitle=title, subject=subject)


def close(pen: Pen, subject: Node, reason: str = "COMPLETED", *, closer: Node | None = None) -> None:
    """An issue is closed with a reason; a pull request has none."""
    is_issue = subject["__typename"] == "Issue"
    reasons = {"stateReason": reason} if is_issue else {}
    event = pen.event("ClosedEvent", subject, closer=closer, stateReason=reasons.get("stateReason"))
    subject |= {"state": "CLOSED", "closed": True, "closedAt": event["createdAt"], **reasons}


def reopen(pen: Pen, subject: Node) -> None:
    reasons = {"stateReason": "REOPENED"} if subject["__typename"] == "Issue" else {}
    subject |= {"state": "OPEN", "closed": False, "closedAt": None, **reasons}
    pen.event("ReopenedEvent", subject, stateReason=reasons.get("stateReason"))


def lock(pen: Pen, subject: Node, reason: str | None) -> None:
    subject |= {"locked": True, "activeLockReason": reason}
    pen.event("LockedEvent", subject, lockReason=reason)


def unlock(pen: Pen, subject: Node) -> None:
    subject |= {"locked": False, "activeLockReason": None}
    pen.event("UnlockedEvent", subject)


def merge(pen: Pen, pull_request: Node) -> None:
    """Merged events and closed events come in pairs."""
    who = pen.maintainer()
    commit = pen.commit(pen.sha("merge", pull_request["number"]))
    event = pen.event(
        "MergedEvent", pull_request, actor=who, commit=commit,
        mergeRefName=pull_request["baseRefName"],
    )  # fmt: skip
    close(pen, pull_request)
    pull_request |= {
        "state": "MERGED",
        "merged": True,
        "mergedAt": event["createdAt"],
        "mergedBy": who,
        "mergeCommit": commit,
        "isDraft": False,
    }


def refer(pen: Pen, source: Node, target: Node) -> None:
    """One item mentions another: an event in the timeline of the latter."""
    source["_is_source"] = True
    pen.event(
        "CrossReferencedEvent", target, actor=source["author"], source=source, target=target,
        isCrossRepository=source["_repo"] is not target["_repo"], willCloseTarget=False,
    )  # fmt: skip


def request_review(pen: Pen, pull_request: Node, reviewer: Node | None) -> None:
    if reviewer not in [each["requestedReviewer"] for each in pull_request["_requests"]]:
        request = pen.hub.make("ReviewRequest", pen.repo, requestedReviewer=reviewer)
        pull_request["_requests"].append(request)
        pen.event("ReviewRequestedEvent", pull_request, requestedReviewer=reviewer)


def withdraw_request(pen: Pen, pull_request: Node) -> None:
    """Takes back the last request for a review; needs one."""
    reviewer = pull_request["_requests"].pop()["requestedReviewer"]
    pen.event("ReviewRequestRemovedEvent", pull_request, requestedReviewer=reviewer)


def set_draft(pen: Pen, pull_request: Node, *, draft: bool) -> None:
    pull_request["isDraft"] = draft
    typename = "ConvertToDraftEvent" if draft else "ReadyForReviewEvent"
    pen.event(typename, pull_request, actor=pull_request["author"])


def force_push(pen: Pen, pull_request: Node) -> None:
    before = pull_request["headRefOid"]
    pull_request["_pushes"] += 1
    pull_request["headRefOid"] = after = pen.sha("head", pull_request["number"], pull_request["_pushes"])
    pen.event(
        "HeadRefForcePushedEvent", pull_request, actor=pull_request["author"],
        beforeCommit=pen.commit(before), afterCommit=pen.commit(after), ref=None,
    )  # fmt: skip


def dismiss(pen: Pen, review: Node, message: str) -> None:
    before, review["state"] = review["state"], "DISMISSED"
    event = pen.event(
        "ReviewDismissedEvent", review["_subject"], review=review, previousReviewState=before,
        dismissalMessage=message,
    )  # fmt: skip
    review["updatedAt"] = event["createdAt"]


def mark_duplicate(pen: Pen, duplicate: Node, canonical: Node) -> None:
    canonical["_is_source"] = True
    pen.event(
        "MarkedAsDuplicateEvent", duplicate, duplicate=duplicate, canonical=canonical, isCrossRepository=False
    )


def label_discussion(pen: Pen, discussion: Node) -> None:
    """Discussions have no timeline."""
    discussion["_labels"].append(pen.repo.labels[0])
    pen.bumped(discussion, pen.tick(), discussion)


def resolve(pen: Pen, thread: Node) -> None:
    """Settles a review thread, which bumps nothing."""
    thread |= {"isResolved": True, "resolvedBy": pen.maintainer()}


def answer(pen: Pen, discussion: Node, comment: Node) -> None:
    """A comment is chosen as the answer of a discussion, which is done with then."""
    at = pen.tick()
    discussion |= {"answer": comment, "answerChosenAt": at, "answerChosenBy": pen.maintainer()}
    pen.bumped(discussion, at, comment)
