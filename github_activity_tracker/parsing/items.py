"""Issues, pull requests, discussions and releases."""

from collections.abc import Mapping
from typing import Any

from github_activity_tracker.parsing.accounts import account_id, author_id
from github_activity_tracker.parsing.fields import Fields
from github_activity_tracker.protocol_impl import DiscussionRecord, IssueRecord, ReleaseRecord

ISSUE_STATES = frozenset({"OPEN", "CLOSED"})
PULL_REQUEST_STATES = ISSUE_STATES | {"MERGED"}


def parse_issue(payload: Mapping[str, Any]) -> IssueRecord:
    """An issue's leaf. Raises InvalidInput naming the field."""
    fields = Fields(payload)
    return IssueRecord(
        **_of_both(fields),
        kind="issue",
        state=_state(fields, ISSUE_STATES),
        state_reason=fields.text_or("stateReason"),
    )


def parse_pull_request(payload: Mapping[str, Any]) -> IssueRecord:
    """A pull request's leaf. Raises InvalidInput naming the field."""
    fields = Fields(payload)
    return IssueRecord(
        **_of_both(fields),
        kind="pull_request",
        state=_state(fields, PULL_REQUEST_STATES),
        state_reason="",
        is_draft=fields.flag("isDraft"),
        merged_at=fields.optional_moment("mergedAt"),
        merged_by_id=account_id(fields, "mergedBy"),
        merge_commit=fields.text_inside("mergeCommit", "oid"),
        base_ref=fields.text("baseRefName"),
        base_sha=fields.text("baseRefOid"),
        head_ref=fields.text("headRefName"),
        head_sha=fields.text("headRefOid"),
        head_repository=fields.text_inside("headRepository", "nameWithOwner"),
        additions=fields.number("additions"),
        deletions=fields.number("deletions"),
        changed_files=fields.number("changedFiles"),
        requested_reviewers=requested_reviewers(fields),
    )


def parse_discussion(payload: Mapping[str, Any]) -> DiscussionRecord:
    """A discussion's leaf. Raises InvalidInput naming the field."""
    fields = Fields(payload)
    return DiscussionRecord(
        node_id=fields.filled("id"),
        github_id=fields.database_id("databaseId"),
        repository_id=fields.database_id("_repository"),
        number=fields.number("number", least=1),
        title=fields.text("title"),
        body=fields.text("body"),
        category=fields.inner("category").text("name"),
        author_id=author_id(fields),
        author_association=fields.text("authorAssociation"),
        is_closed=fields.flag("closed"),
        state_reason=fields.text_or("stateReason"),
        is_locked=fields.flag("locked"),
        answer_id=fields.text_inside("answer", "id"),
        answered_at=fields.optional_moment("answerChosenAt"),
        labels=_labels(fields),
        upvotes=fields.number("upvoteCount"),
        reactions=reactions(fields),
        url=fields.text("url"),
        created_at=fields.moment("createdAt"),
        updated_at=fields.moment("updatedAt"),
        closed_at=fields.optional_moment("closedAt"),
        last_edited_at=fields.optional_moment("lastEditedAt"),
        child_counts=_counts(fields),
    )


def parse_release(payload: Mapping[str, Any]) -> ReleaseRecord:
    """A release's leaf. Raises InvalidInput naming the field."""
    fields = Fields(payload)
    return ReleaseRecord(
        node_id=fields.filled("id"),
        github_id=fields.database_id("databaseId"),
        repository_id=fields.database_id("_repository"),
        tag_name=fields.text("tagName"),
        name=fields.text_or("name"),
        description=fields.text_or("description"),
        # Null for one that a bot made: GraphQL shows users only.
        author_id=account_id(fields, "author"),
        is_draft=fields.flag("isDraft"),
        is_prerelease=fields.flag("isPrerelease"),
        reactions=reactions(fields),
        url=fields.text("url"),
        created_at=fields.moment("createdAt"),
        published_at=fields.optional_moment("publishedAt"),
        updated_at=fields.moment("updatedAt"),
    )


def requested_reviewers(fields: Fields) -> tuple[str, ...]:
    """Who is asked for a review: logins of accounts, slugs of teams; those that are hidden are left out."""
    asked = [request.optional_inner("requestedReviewer") for request in fields.members("reviewRequests")]
    return tuple(
        reviewer.filled("slug" if reviewer.text("__typename") == "Team" else "login")
        for reviewer in asked
        if reviewer is not None
    )


def reactions(fields: Fields) -> dict[str, int]:
    """Content (THUMBS_UP, ...) -> how many; only those that there are."""
    counts = {
        group.text("content"): group.inner("reactors").number("totalCount")
        for group in fields.objects("reactionGroups")
    }
    return {content: count for content, count in counts.items() if count}


def _of_both(fields: Fields) -> dict[str, Any]:
    return {
        "node_id": fields.filled("id"),
        "github_id": fields.database_id("fullDatabaseId"),
        "repository_id": fields.database_id("_repository"),
        "number": fields.number("number", least=1),
        "title": fields.text("title"),
        "body": fields.text("body"),
        "author_id": author_id(fields),
        "author_association": fields.text("authorAssociation"),
        "is_locked": fields.flag("locked"),
        "lock_reason": fields.text_or("activeLockReason"),
        "labels": _labels(fields),
        "assignees": tuple(assignee.database_id("databaseId") for assignee in fields.members("assignees")),
        "milestone": fields.text_inside("milestone", "title") or "",
        "reactions": reactions(fields),
        "url": fields.text("url"),
        "created_at": fields.moment("createdAt"),
        "updated_at": fields.moment("updatedAt"),
        "closed_at": fields.optional_moment("closedAt"),
        "last_edited_at": fields.optional_moment("lastEditedAt"),
        "child_counts": _counts(fields),
    }


def _state(fields: Fields, known: frozenset[str]) -> str:
    state = fields.text("state")
    if state not in known:
        raise fields.wrong("state", " or ".join(sorted(known)), state)
    return state.lower()


def _labels(fields: Fields) -> tuple[str, ...]:
    return tuple(label.text("name") for label in fields.members("labels"))


def _counts(fields: Fields) -> dict[str, int]:
    counts = fields.value("_counts")
    if not isinstance(counts, dict):
        raise fields.wrong("_counts", "an object", counts)
    inner = fields.inner("_counts")
    return {str(name): inner.number(str(name)) for name in counts}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
