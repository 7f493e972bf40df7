"""Objects of the hub as rows of the tables, by GraphQL type."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from github_activity_tracker.twin import ids
from github_activity_tracker.twin.hub import Repo
from github_activity_tracker.twin.people import Node

Row = dict[str, Any]


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def text(value: str | None) -> str:
    """As PostgreSQL can keep it: no NUL."""
    return (value or "").replace("\0", "")


def _author(account: Node | None) -> int:
    return ids.GHOST if account is None else account["databaseId"]


def _maybe(account: Node | None) -> int | None:
    return None if account is None else account["databaseId"]


def _below(node: Node) -> Row:
    """Columns that all tables of things that people make have."""
    return {
        "node_id": node["id"],
        "repository_id": node["_repo"].id,
        "removed": bool(node.get("_gone")),
    }


def _written(node: Node) -> Row:
    return _below(node) | {
        "github_id": node["_number"],
        "author_id": _author(node["author"]),
        "author_association": node["authorAssociation"],
        "body": text(node["body"]),
        "reactions": {content: count for content, count in node["_reactions"].items() if count},
        "created_at": moment(node["createdAt"]),
        "updated_at": moment(node["updatedAt"]),
        "last_edited_at": moment(node["lastEditedAt"]),
    }


def _item(node: Node) -> Row:
    return _written(node) | {
        "number": node["number"],
        "title": text(node["title"]),
        "state_reason": node.get("stateReason") or "",
        "is_locked": node["locked"],
        "labels": [each["name"] for each in node["_labels"]],
        "closed_at": moment(node["closedAt"]),
    }


def _issue(node: Node) -> Row:
    return _item(node) | {
        "kind": "pull_request" if node["__typename"] == "PullRequest" else "issue",
        "state": node["state"].lower(),
        "lock_reason": node["activeLockReason"] or "",
        "assignees": [each["databaseId"] for each in node["_assignees"]],
        "milestone": node["milestone"]["title"] if node["milestone"] else "",
        "is_draft": node.get("isDraft"),
        "merged_at": moment(node.get("mergedAt")),
        "merged_by_id": _maybe(node.get("mergedBy")),
        "merge_commit": node["mergeCommit"]["oid"] if node.get("mergeCommit") else None,
        "base_ref": node.get("baseRefName"),
        "base_sha": node.get("baseRefOid"),
        "head_ref": node.get("headRefName"),
        "head_sha": node.get("headRefOid"),
        "head_repository": node.get("_head_repository"),
        "additions": node.get("additions"),
        "deletions": node.get("deletions"),
        "changed_files": node.get("changedFiles"),
        "requested_reviewers": _reviewers(node.get("_requests", [])),
    }


def _reviewers(requests: list[Node]) -> list[str]:
    asked = [each["requestedReviewer"] for each in requests if each["requestedReviewer"]]
    return [each["slug"] if each["__typename"] == "Team" else each["login"] for each in asked]


def _discussion(node: Node) -> Row:
    return _item(node) | {
        "category": node["category"]["name"],
        "is_closed": node["closed"],
        "answer_id": node["answer"]["id"] if node["answer"] else None,
        "answered_at": moment(node["answerChosenAt"]),
        "upvotes": node["upvoteCount"],
    }


def _comment(node: Node) -> Row:
    subject, reply_to = node["_subject"], node.get("replyTo")
    return _written(node) | {
        "subject_id": subject["id"],
        "minimized_reason": node["minimizedReason"] or "",
        "reply_to_id": reply_to["id"] if reply_to else None,
        "is_answer": subject.get("answer") is node,
        "upvotes": node.get("upvoteCount"),
    }


def _review(node: Node) -> Row:
    return _written(node) | {
        "subject_id": node["_subject"]["id"],
        "minimized_reason": node["minimizedReason"] or "",
        "state": node["state"],
        "submitted_at": moment(node["submittedAt"]),
        "commit_sha": node["commit"]["oid"],
    }


def _thread(node: Node) -> Row:
    return _below(node) | {
        "subject_id": node["_subject"]["id"],
        "path": node["path"],
        "line": node["line"],
        "start_line": node["startLine"],
        "original_line": node["originalLine"],
        "original_start_line": node["originalStartLine"],
        "side": node["diffSide"],
        "start_side": node["startDiffSide"] or "",
        "subject_type": node["subjectType"],
        "is_resolved": node["isResolved"],
        "is_outdated": node["isOutdated"],
        "resolved_by_id": _maybe(node["resolvedBy"]),
    }


def _review_comment(node: Node) -> Row:
    return _written(node) | {
        "subject_id": node["_subject"]["id"],
        "minimized_reason": node["minimizedReason"] or "",
        "thread_id": node["_thread"]["id"],
        "review_id": node["pullRequestReview"]["id"],
        "reply_to_id": node["replyTo"]["id"] if node["replyTo"] else None,
        "path": node["path"],
        "line": node["line"],
        "original_line": node["originalLine"],
        "diff_hunk": node["diffHunk"],
        "commit_sha": node["commit"]["oid"],
        "original_commit_sha": node["originalCommit"]["oid"],
    }


def _event(node: Node) -> Row:
    return _below(node) | {
        "subject_id": node["_subject"]["id"],
        "kind": node["__typename"],
        "actor_id": _maybe(node["actor"]),
        "created_at": moment(node["createdAt"]),
    }


def _release(node: Node) -> Row:
    return _below(node) | {
        "github_id": node["_number"],
        "tag_name": node["tagName"],
        "name": text(node["name"]),
        "description": text(node["description"]),
        "author_id": _maybe(node["author"]),
        "is_draft": node["isDraft"],
        "is_prerelease": node["isPrerelease"],
        "reactions": {content: count for content, count in node["_reactions"].items() if count},
        "created_at": moment(node["createdAt"]),
        "published_at": moment(node["publishedAt"]),
        "updated_at": moment(node["updatedAt"]),
    }


def _repository(node: Node) -> Row:
    repo: Repo = node["_repo"]
    sizes: dict[str, int] = node["_languages"]
    return {
        "github_id": repo.id,
        "node_id": node["id"],
        "owner": repo.owner["login"],
        "name": node["name"],
        "description": text(node["description"]),
        "homepage": text(node["homepageUrl"]),
        "topics": node["_topics"],
        "languages": sizes,
        "primary_language": max(sizes, key=sizes.__getitem__) if sizes else "",
        "license": node["_license"] or "",
        "stars": node["stargazerCount"],
        "forks": node["forkCount"],
        "watchers": node["_watchers"],
        "is_archived": node["isArchived"],
        "is_fork": node["isFork"],
        "is_private": node["isPrivate"],
        "is_empty": node["isEmpty"],
        "fork_of": node["parent"]["_repo"].full_name if node["parent"] else "",
        "default_branch": node["_default_branch"],
        "created_at": moment(node["createdAt"]),
        "updated_at": moment(node["updatedAt"]),
        "pushed_at": moment(node["pushedAt"]),
        "unavailable": "",
        "removed": False,
    }


ROWS: dict[str, tuple[str, Callable[[Node], Row]]] = {
    "Issue": ("Issue", _issue),
    "PullRequest": ("Issue", _issue),
    "Discussion": ("Discussion", _discussion),
    "IssueComment": ("Comment", _comment),
    "DiscussionComment": ("Comment", _comment),
    "PullRequestReview": ("Review", _review),
    "PullRequestReviewThread": ("ReviewThread", _thread),
    "PullRequestReviewComment": ("ReviewComment", _review_comment),
    "Event": ("TimelineEvent", _event),
    "Release": ("Release", _release),
    "Repository": ("Repository", _repository),
}
"""GraphQL type, "Event" for all events -> model and how a row of it is made."""
