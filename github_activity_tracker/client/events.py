"""The timeline of issues and pull requests: which events are asked for, and what of each."""

from github_activity_tracker.client.selections import ACTOR, REVIEWER, SUBJECT

_ASSIGNEE = "assignee { __typename ...Account }"
_COMMIT = "commit { oid repository { nameWithOwner } }"
_CLOSER = (
    "closer { __typename ... on Commit { oid repository { nameWithOwner } }"
    " ... on PullRequest { id number repository { nameWithOwner } } ... on ProjectV2 { id } }"
)

# GraphQL type -> what it has besides id, actor and createdAt. Not asked for: what is a row of its own
# (comments, reviews, commits), who gets mail (mentioned, subscribed), and boards of projects.
OF_BOTH = {
    "AssignedEvent": _ASSIGNEE,
    "ClosedEvent": f"stateReason {_CLOSER}",
    "CommentDeletedEvent": f"deletedCommentAuthor {ACTOR}",
    "ConnectedEvent": f"isCrossRepository source {SUBJECT} subject {SUBJECT}",
    "ConvertedToDiscussionEvent": "discussion { id number }",
    "CrossReferencedEvent": f"isCrossRepository willCloseTarget source {SUBJECT}",
    "DemilestonedEvent": "milestoneTitle",
    "DisconnectedEvent": f"isCrossRepository source {SUBJECT} subject {SUBJECT}",
    "LabeledEvent": "label { name }",
    "LockedEvent": "lockReason",
    "MarkedAsDuplicateEvent": f"canonical {SUBJECT} isCrossRepository",
    "MilestonedEvent": "milestoneTitle",
    "ParentIssueAddedEvent": f"parent {SUBJECT}",
    "ParentIssueRemovedEvent": f"parent {SUBJECT}",
    "PinnedEvent": "",
    "ReferencedEvent": f"isCrossRepository isDirectReference {_COMMIT}",
    "RenamedTitleEvent": "previousTitle currentTitle",
    "ReopenedEvent": "stateReason",
    "SubIssueAddedEvent": f"subIssue {SUBJECT}",
    "SubIssueRemovedEvent": f"subIssue {SUBJECT}",
    "TransferredEvent": "fromRepository { nameWithOwner }",
    "UnassignedEvent": _ASSIGNEE,
    "UnlabeledEvent": "label { name }",
    "UnlockedEvent": "",
    "UnmarkedAsDuplicateEvent": f"canonical {SUBJECT} isCrossRepository",
    "UnpinnedEvent": "",
    "UserBlockedEvent": f"blockDuration blockedUser: subject {ACTOR}",
}
OF_PULL_REQUESTS = {
    "AddedToMergeQueueEvent": "",
    "AutoMergeDisabledEvent": "reason",
    "AutoMergeEnabledEvent": "",
    "BaseRefChangedEvent": "previousRefName currentRefName",
    "BaseRefDeletedEvent": "baseRefName",
    "BaseRefForcePushedEvent": "beforeCommit { oid } afterCommit { oid } ref { name }",
    "ConvertToDraftEvent": "",
    "HeadRefDeletedEvent": "headRefName",
    "HeadRefForcePushedEvent": "beforeCommit { oid } afterCommit { oid } ref { name }",
    "HeadRefRestoredEvent": "",
    "MergedEvent": "mergeRefName commit { oid }",
    "ReadyForReviewEvent": "",
    "RemovedFromMergeQueueEvent": "reason",
    "ReviewDismissedEvent": "dismissalMessage previousReviewState review { id }",
    "ReviewRequestRemovedEvent": REVIEWER,
    "ReviewRequestedEvent": REVIEWER,
}


def item_types(pull_requests: bool) -> str:
    """Return the `itemTypes` argument: GraphQL's enum values for the types asked for."""
    return f"itemTypes: [{', '.join(_enum_value(name) for name in _types(pull_requests))}]"


def selection(pull_requests: bool) -> str:
    """Return the GraphQL of what is asked of each event."""
    fragments = (
        f"... on {name} {{ id createdAt actor {ACTOR} {fields} }}"
        for name, fields in _types(pull_requests).items()
    )
    return f"__typename {' '.join(fragments)}"


def _types(pull_requests: bool) -> dict[str, str]:
    return dict(sorted((OF_BOTH | (OF_PULL_REQUESTS if pull_requests else {})).items()))


def _enum_value(type_name: str) -> str:
    """Return GraphQL's enum value: of LabeledEvent, LABELED_EVENT."""
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in type_name).lstrip("_").upper()
