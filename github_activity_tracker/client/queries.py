"""Every GraphQL document that is sent: written once per kind, put together for lists and aliases."""

from collections.abc import Sequence
from dataclasses import dataclass

from github_activity_tracker.client import events
from github_activity_tracker.client import selections as select
from github_activity_tracker.client.connections import Connection, OpenEnd, points

_ACTOR = Connection("assignees", select.ACTOR_FIELDS, first=10)
_LABELS = Connection("labels", "name", first=20)
_COMMENTS = Connection("comments", select.COMMENT, first=50, kind="comment")


def _timeline(*, pull_requests: bool) -> Connection:
    return Connection(
        "timelineItems",
        events.selection(pull_requests),
        first=50,
        kind="event",
        arguments=events.item_types(pull_requests),
    )


# Few threads a pull request: GitHub charges for each one that there could be. Those with more are read on.
THREAD_COMMENTS = Connection("comments", select.REVIEW_COMMENT, first=20, kind="review_comment")
REPLIES = Connection("replies", select.DISCUSSION_COMMENT, first=20, kind="comment")
BELOW_ISSUE = (_LABELS, _ACTOR, _COMMENTS, _timeline(pull_requests=False))
BELOW_PULL_REQUEST = (
    _LABELS,
    _ACTOR,
    _COMMENTS,
    _timeline(pull_requests=True),
    Connection("reviewRequests", select.REVIEWER, first=20),
    Connection("reviews", select.REVIEW, first=50, kind="review"),
    Connection(
        "reviewThreads",
        select.REVIEW_THREAD,
        first=10,
        kind="review_thread",
        nested=(THREAD_COMMENTS,),
        drained=50,
    ),
)
BELOW_DISCUSSION = (
    _LABELS,
    Connection(
        "comments", select.DISCUSSION_COMMENT, first=15, kind="comment", nested=(REPLIES,), drained=50
    ),
)
BELOW_REPOSITORY = (
    Connection("repositoryTopics", "topic { name }", first=20),
    Connection("languages", "size node { name }", first=50, members="edges"),
)


@dataclass(frozen=True, slots=True)
class ItemType:
    """A kind of item that a repository lists: GraphQL's names for it and what is asked of it."""

    connection: str
    type_name: str
    selection: str
    below: tuple[Connection, ...]

    def requests(self, size: int) -> int:
        return 1 + size * sum(connection.requests() for connection in self.below)

    def nodes(self, size: int) -> int:
        return size + size * sum(connection.nodes() for connection in self.below)

    def points(self, size: int) -> int:
        """Return the points that so many items cost."""
        return points(self.requests(size))

    def text(self) -> str:
        return " ".join([self.selection, *(connection.text() for connection in self.below)])


ITEM_TYPES: dict[str, ItemType] = {
    "issue": ItemType("issues", "Issue", select.ISSUE, BELOW_ISSUE),
    "pull_request": ItemType("pullRequests", "PullRequest", select.PULL_REQUEST, BELOW_PULL_REQUEST),
    "discussion": ItemType("discussions", "Discussion", select.DISCUSSION, BELOW_DISCUSSION),
    "release": ItemType("releases", "Release", select.RELEASE, ()),
}


def page(kind: str, *, newest_first: bool = False, since: bool = False, ids_only: bool = False) -> str:
    """Return the query for a repository's next items; variables owner, name, first, after, and since."""
    item = ITEM_TYPES[kind]
    field = "CREATED_AT" if kind == "release" else "UPDATED_AT"
    order = f"orderBy: {{ field: {field}, direction: {'DESC' if newest_first else 'ASC'} }}"
    arguments = f"{order}, filterBy: {{ since: $since }}" if since else order
    listing = Connection(item.connection, "id" if ids_only else item.text(), first=0, arguments=arguments)
    return select.document(
        f"query({_PAGE_VARIABLES}{', $since: DateTime!' if since else ''})"
        f" {{ repository(owner: $owner, name: $name) {{ id {listing.text('$first', '$after')} }} }}"
    )


_PAGE_VARIABLES = "$owner: String!, $name: String!, $first: Int!, $after: String"


def items_by_id(kind: str) -> str:
    """Return the query for items by node id, with their repository's id; variable ids."""
    item = ITEM_TYPES[kind]
    asked = f"__typename ... on {item.type_name} {{ {item.text()} repository {{ databaseId }} }}"
    return select.document(f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {asked} }} }}")


def rests(ends: Sequence[OpenEnd]) -> str:
    """Return the query for the next members of several connections; variables id<n>, after<n>."""
    variables = ", ".join(f"$id{n}: ID!, $after{n}: String" for n in range(len(ends)))
    asked = " ".join(
        f"rest{n}: node(id: $id{n}) {{ __typename ... on {end.owner_type}"
        f" {{ id {end.connection.text(end.connection.drained, f'$after{n}')} }} }}"
        for n, end in enumerate(ends)
    )
    return select.document(f"query({variables}) {{ {asked} }}")


def repositories(count: int) -> str:
    """Return the query for repositories and what of theirs changed last; variables owner<n>, name<n>."""
    variables = ", ".join(f"$owner{n}: String!, $name{n}: String!" for n in range(count))
    asked = " ".join(
        f"repository{n}: repository(owner: $owner{n}, name: $name{n}) {{ ...Probe }}" for n in range(count)
    )
    return f"query({variables}) {{ {asked} }} fragment Probe on Repository {{ {_PROBE} }}"


_NEWEST = "first: 1, orderBy: { field: UPDATED_AT, direction: DESC }"
_NEWEST_RELEASE = "first: 1, orderBy: { field: CREATED_AT, direction: DESC }"
_PROBES = " ".join(
    [
        *(
            f"{name}({_NEWEST}) {{ totalCount nodes {{ id updatedAt }} }}"
            for name in ("issues", "pullRequests", "discussions")
        ),
        f"releases({_NEWEST_RELEASE}) {{ totalCount nodes {{ id updatedAt }} }}",
    ]
)
_PROBE = " ".join([select.REPOSITORY, *(connection.text() for connection in BELOW_REPOSITORY), _PROBES])
PROBE_REQUESTS = len(BELOW_REPOSITORY) + 4
