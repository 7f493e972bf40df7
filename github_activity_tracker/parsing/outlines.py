"""Outlines of items: what is compared with the stored rows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from github_activity_tracker.parsing.fields import Fields
from github_activity_tracker.parsing.items import reactions, requested_reviewers
from github_activity_tracker.parsing.leaves import CHILDREN
from github_activity_tracker.parsing.written import minimized_reason
from github_activity_tracker.protocol_impl.records import ChildOutline, OutlineRecord


def parse_outline(payload: Mapping[str, Any]) -> OutlineRecord:
    """Return the outline of an issue, pull request, discussion or release."""
    fields = Fields(payload)
    children: list[ChildOutline] = []
    whole = _gather(fields, children)
    listed = [kind for connection, kind in CHILDREN.items() if fields.has(connection)]
    if "review_thread" in listed:
        listed.append("review_comment")
    counts = Counter(child.kind for child in children)
    return OutlineRecord(
        node_id=fields.filled("id"),
        created_at=fields.moment("createdAt"),
        fields=dict(_columns(fields)),
        # Counted, not GitHub's `totalCount`, in which is what it does not show.
        counts={f"{kind}s": counts[kind] for kind in listed} if whole else {},
        children=tuple(children),
    )


def _gather(fields: Fields, children: list[ChildOutline], thread: bool = False) -> bool:
    """Note what is below an object; returns whether it showed all of it."""
    whole = True
    for connection, kind in CHILDREN.items():
        if not fields.has(connection):
            continue
        listed = fields.inner(connection)
        whole = whole and not listed.inner("pageInfo").flag("hasNextPage")
        for child in listed.objects("nodes"):
            kind_here = "review_comment" if thread else kind
            children.append(ChildOutline(kind_here, child.filled("id"), dict(_columns(child))))
            whole = _gather(child, children, thread=kind == "review_thread") and whole
    return whole


def _columns(fields: Fields) -> Iterator[tuple[str, object]]:
    if fields.has("updatedAt"):
        yield "updated_at", fields.moment("updatedAt")
        yield "reactions", reactions(fields)
    if fields.has("isMinimized"):
        yield "minimized_reason", minimized_reason(fields)
    if fields.has("reviewRequests"):
        # By login, which its owner can change.
        yield "requested_reviewers", list(requested_reviewers(fields))
    if fields.has("upvoteCount"):
        yield "upvotes", fields.number("upvoteCount")
    if fields.has("isResolved"):
        yield "is_resolved", fields.flag("isResolved")
        yield "is_outdated", fields.flag("isOutdated")
