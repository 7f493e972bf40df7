"""Issues, pull requests, discussions and releases."""

from collections.abc import Mapping
from typing import Any

from github_activity_tracker.parsing.accounts import account_id, author_id
from github_activity_tracker.parsing.fields import Fields
from github_activity_tracker.protocol_impl.records import DiscussionRecord, IssueRecord, ReleaseRecord

ISSUE_STATES = frozenset({"OPEN", "CLOSED"})
PULL_REQUEST_STATES = ISSUE_STATES | {"MERGED"}


def parse_issue(payload: Mapping[str, Any]) -> IssueRecord:
    """Return an issue."""
    fields = Fields(payload)
    return IssueRecord(
        **_issue(fields),
        kind="issue",
        state=_state(fields, ISSUE_STATES),
        state_reason=fields.text_or("stateReason"),
    )


def parse_pull_request(payload: Mapping[str, Any]) -> IssueRecord:
    """Return a pull request."""
    fields = Fields(payload)
    return IssueRecord(
        **_issue(fields),
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
    """Return a discussion."""
    fields = Fields(payload)
    return DiscussionRecord(
        **_thread(fields, "databaseId"),
        category=fields.inner("category").text("name"),
        is_closed=fields.flag("closed"),
        state_reason=fields.text_or("stateReason"),
        answer_id=fields.text_inside("answer", "id"),
        answered_at=fields.optional_moment("answerChosenAt"),
        upvotes=fields.number("upvoteCount"),
    )


def parse_release(payload: Mapping[str, Any]) -> ReleaseRecord:
    """Return a release."""
    fields = Fields(payload)
    return ReleaseRecord(
        node_id=fields.filled("id"),
        github_id=fields.database_id("databaseId"),
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
    """Return who is asked for a review: logins of accounts, slugs of teams; nobody who is hidden."""
    asked = [request.optional_inner("requestedReviewer") for request in fields.members("reviewRequests")]
    return tuple(
        reviewer.filled("slug" if reviewer.text("__typename") == "Team" else "login")
        for reviewer in asked
        if reviewer is not None
    )


def reactions(fields: Fields) -> dict[str, int]:
    """Return how many there are by content (THUMBS_UP, ...)."""
    counts = {
        group.text("content"): group.inner("reactors").number("totalCount")
        for group in fields.objects("reactionGroups")
    }
    return {content: count for content, count in counts.items() if count}


def written(fields: Fields, database_id: str) -> dict[str, Any]:
    """Return the fields of a WrittenRecord; `database_id` names the one with GitHub's numeric id."""
    return {
        "node_id": fields.filled("id"),
        "github_id": fields.database_id(database_id),
        "author_id": author_id(fields),
        "author_association": fields.text("authorAssociation"),
        "body": fields.text("body"),
        "reactions": reactions(fields),
        "url": fields.text("url"),
        "created_at": fields.moment("createdAt"),
        "updated_at": fields.moment("updatedAt"),
        "last_edited_at": fields.optional_moment("lastEditedAt"),
    }


def _thread(fields: Fields, database_id: str) -> dict[str, Any]:
    return {
        **written(fields, database_id),
        "number": fields.number("number", least=1),
        "title": fields.text("title"),
        "is_locked": fields.flag("locked"),
        "labels": tuple(label.text("name") for label in fields.members("labels")),
        "closed_at": fields.optional_moment("closedAt"),
    }


def _issue(fields: Fields) -> dict[str, Any]:
    return {
        **_thread(fields, "fullDatabaseId"),
        "lock_reason": fields.text_or("activeLockReason"),
        "assignees": tuple(assignee.database_id("databaseId") for assignee in fields.members("assignees")),
        "milestone": fields.text_inside("milestone", "title") or "",
    }


def _state(fields: Fields, known: frozenset[str]) -> str:
    state = fields.text("state")
    if state not in known:
        raise fields.wrong("state", " or ".join(sorted(known)), state)
    return state.lower()
