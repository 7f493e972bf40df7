"""All that can be sent, so that a test can hold it against GitHub's schema."""

from collections.abc import Iterable, Iterator

from github_activity_tracker.client import commits, outlines, queries
from github_activity_tracker.client.connections import Connection, OpenEnd
from github_activity_tracker.client.queries import ITEM_TYPES
from github_activity_tracker.client.replies import Outline


def _rests_below(owner_type: str, connections: Iterable[Connection]) -> Iterator[OpenEnd]:
    for connection in connections:
        yield OpenEnd(owner_type, "", connection, None, {})
        yield from _rests_below(_MEMBERS.get(connection.name, ""), connection.nested)


_MEMBERS = {"reviewThreads": "PullRequestReviewThread", "comments": "DiscussionComment"}


def _every_document() -> dict[str, str]:
    documents = {
        "repositories": queries.repositories(2),
        "rests of repositories": queries.rests([*_rests_below("Repository", queries.BELOW_REPOSITORY)]),
        "issues since": queries.page("issue", since=True),
        "ids of issues since": queries.page("issue", since=True, ids_only=True),
        "outlines": outlines.document([Outline("", "", kind) for kind in ITEM_TYPES]),
        "ids of outlines": outlines.document([Outline("", "", kind) for kind in ITEM_TYPES], ids_only=True),
        "rests of authors": queries.rests([*_rests_below("Commit", [commits.AUTHORS])]),
        "commits": commits.document(2),
    }
    for kind, item in ITEM_TYPES.items():
        documents[f"{item.connection} by id"] = queries.items_by_id(kind)
        if item.below:
            outlined = outlines.BELOW[kind]
            documents[f"rests of {item.connection}"] = queries.rests(
                [*_rests_below(item.type_name, item.below)]
            )
            documents[f"rests of outlines of {item.connection}"] = queries.rests(
                [*_rests_below(item.type_name, outlined)]
            )
        for newest_first in (False, True):
            order = ", newest first" if newest_first else ""
            documents[item.connection + order] = queries.page(kind, newest_first=newest_first)
            documents[f"ids of {item.connection}{order}"] = queries.page(
                kind, newest_first=newest_first, ids_only=True
            )
    return documents


# Name -> document; those that grow with what they ask for, with one of each.
QUERIES = _every_document()
