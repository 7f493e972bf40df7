"""Texts below an item: comments, reviews, review threads and the comments in them."""

from collections.abc import Mapping
from typing import Any

from github_activity_tracker.parsing.accounts import account_id
from github_activity_tracker.parsing.fields import Fields
from github_activity_tracker.parsing.items import written
from github_activity_tracker.protocol_impl.records import (
    CommentRecord,
    ReviewCommentRecord,
    ReviewRecord,
    ReviewThreadRecord,
)


def parse_comment(payload: Mapping[str, Any]) -> CommentRecord:
    """Return a comment on an issue, pull request or discussion."""
    fields = Fields(payload)
    if not fields.has("isAnswer"):
        return CommentRecord(**_below(fields, "fullDatabaseId"))
    return CommentRecord(
        **_below(fields, "databaseId"),
        reply_to_id=fields.text_inside("replyTo", "id"),
        is_answer=fields.flag("isAnswer"),
        upvotes=fields.number("upvoteCount"),
    )


def parse_review(payload: Mapping[str, Any]) -> ReviewRecord:
    """Return a review; a pending one has no `submitted_at`."""
    fields = Fields(payload)
    return ReviewRecord(
        **_below(fields, "fullDatabaseId"),
        state=fields.filled("state"),
        submitted_at=fields.optional_moment("submittedAt"),
        commit_sha=fields.text_inside("commit", "oid"),
    )


def parse_review_thread(payload: Mapping[str, Any]) -> ReviewThreadRecord:
    """Return where people talk in a diff."""
    fields = Fields(payload)
    return ReviewThreadRecord(
        node_id=fields.filled("id"),
        subject_id=fields.filled("_subject"),
        path=fields.text("path"),
        line=fields.optional_number("line"),
        start_line=fields.optional_number("startLine"),
        original_line=fields.optional_number("originalLine"),
        original_start_line=fields.optional_number("originalStartLine"),
        side=fields.text("diffSide"),
        start_side=fields.text_or("startDiffSide"),
        subject_type=fields.text("subjectType"),
        is_resolved=fields.flag("isResolved"),
        is_outdated=fields.flag("isOutdated"),
        resolved_by_id=account_id(fields, "resolvedBy"),
    )


def parse_review_comment(payload: Mapping[str, Any]) -> ReviewCommentRecord:
    """Return a comment on a diff."""
    fields = Fields(payload)
    return ReviewCommentRecord(
        **_below(fields, "fullDatabaseId"),
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
    """Return why a comment is hidden (`off-topic`, ... as GitHub spells it), "" for one that is not."""
    return fields.text_or("minimizedReason") if fields.flag("isMinimized") else ""


def _below(fields: Fields, database_id: str) -> dict[str, Any]:
    return {
        **written(fields, database_id),
        "subject_id": fields.filled("_subject"),
        "minimized_reason": minimized_reason(fields),
    }
