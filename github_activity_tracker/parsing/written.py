"""What people write below an item: comments, reviews, review threads and the comments in them."""

from collections.abc import Mapping
from typing import Any

from github_activity_tracker.parsing.accounts import account_id, author_id
from github_activity_tracker.parsing.fields import Fields
from github_activity_tracker.parsing.items import reactions
from github_activity_tracker.protocol_impl import (
    CommentRecord,
    ReviewCommentRecord,
    ReviewRecord,
    ReviewThreadRecord,
)

SIDES = frozenset({"LEFT", "RIGHT"})


def parse_comment(payload: Mapping[str, Any]) -> CommentRecord:
    """A comment on an issue, pull request or discussion. Raises InvalidInput naming the field."""
    fields = Fields(payload)
    if not fields.has("isAnswer"):
        return CommentRecord(**_authored(fields, "fullDatabaseId"))
    return CommentRecord(
        **_authored(fields, "databaseId"),
        reply_to_id=fields.text_inside("replyTo", "id"),
        is_answer=fields.flag("isAnswer"),
        upvotes=fields.number("upvoteCount"),
    )


def parse_review(payload: Mapping[str, Any]) -> ReviewRecord:
    """A review, pending ones included: those have no `submitted_at`. Raises InvalidInput naming the field."""
    fields = Fields(payload)
    return ReviewRecord(
        **_authored(fields, "fullDatabaseId"),
        state=fields.filled("state"),
        submitted_at=fields.optional_moment("submittedAt"),
        commit_sha=fields.text_inside("commit", "oid"),
    )


def parse_review_thread(payload: Mapping[str, Any]) -> ReviewThreadRecord:
    """Where people talk in a diff. Raises InvalidInput naming the field."""
    fields = Fields(payload)
    return ReviewThreadRecord(
        node_id=fields.filled("id"),
        repository_id=fields.database_id("_repository"),
        subject_id=fields.filled("_subject"),
        path=fields.text("path"),
        line=fields.optional_number("line"),
        start_line=fields.optional_number("startLine"),
        original_line=fields.optional_number("originalLine"),
        original_start_line=fields.optional_number("originalStartLine"),
        side=_side(fields, "diffSide"),
        start_side=fields.text_or("startDiffSide"),
        subject_type=fields.text("subjectType"),
        is_resolved=fields.flag("isResolved"),
        is_outdated=fields.flag("isOutdated"),
        resolved_by_id=account_id(fields, "resolvedBy"),
    )


def parse_review_comment(payload: Mapping[str, Any]) -> ReviewCommentRecord:
    """A comment on a diff. Raises InvalidInput naming the field."""
    fields = Fields(payload)
    return ReviewCommentRecord(
        **_authored(fields, "fullDatabaseId"),
        thread_id=fields.filled("_thread"),
        review_id=fields.text_inside("pullRequestReview", "id"),
        reply_to_id=fields.text_inside("replyTo", "id"),
        path=fields.text("path"),
        line=fields.optional_number("line"),
        original_line=fields.optional_number("originalLine"),
        diff_hunk=fields.text("diffHunk"),
        commit_sha=fields.text_inside("commit", "oid"),
        original_commit_sha=fields.text_inside("originalCommit", "oid"),
    )


def minimized_reason(fields: Fields) -> str:
    """Why a comment is hidden, "" for one that is not. In GitHub's own words: `off-topic`, not OFF_TOPIC."""
    return fields.text_or("minimizedReason") if fields.flag("isMinimized") else ""


def _authored(fields: Fields, database_id: str) -> dict[str, Any]:
    return {
        "node_id": fields.filled("id"),
        "github_id": fields.database_id(database_id),
        "repository_id": fields.database_id("_repository"),
        "subject_id": fields.filled("_subject"),
        "author_id": author_id(fields),
        "author_association": fields.text("authorAssociation"),
        "body": fields.text("body"),
        "minimized_reason": minimized_reason(fields),
        "reactions": reactions(fields),
        "url": fields.text("url"),
        "created_at": fields.moment("createdAt"),
        "updated_at": fields.moment("updatedAt"),
        "last_edited_at": fields.optional_moment("lastEditedAt"),
    }


def _side(fields: Fields, name: str) -> str:
    side = fields.text(name)
    if side not in SIDES:
        raise fields.wrong(name, "LEFT or RIGHT", side)
    return side
