"""The GraphQL fields that are asked of each kind of object."""

import re

# Fragments: what is asked in many places of one document stands in it once.
FRAGMENTS = {
    # Also a name, which belongs to the account, not to what it wrote: see parsing.leaves.
    "Account": (
        "on Actor { __typename login ... on User { databaseId name } ... on Bot { databaseId }"
        " ... on Mannequin { databaseId } ... on Organization { databaseId name }"
        " ... on EnterpriseUserAccount { user { __typename login databaseId name } } }"
    ),
    "Reactions": "on Reactable { reactionGroups { content reactors { totalCount } } }",
    "Subject": (
        "on Node { __typename ... on Issue { id number repository { nameWithOwner } }"
        " ... on PullRequest { id number repository { nameWithOwner } } }"
    ),
}
ACTOR_FIELDS = "...Account"
ACTOR = f"{{ {ACTOR_FIELDS} }}"
SUBJECT = "{ ...Subject }"
WRITTEN = f"id author {ACTOR} authorAssociation body url createdAt updatedAt lastEditedAt ...Reactions"
COMMENT = f"__typename {WRITTEN} fullDatabaseId isMinimized minimizedReason"
REVIEW = f"{COMMENT} state submittedAt commit {{ oid }}"
REVIEW_COMMENT = (
    f"{COMMENT} path line originalLine diffHunk commit {{ oid }} originalCommit {{ oid }}"
    " pullRequestReview { id } replyTo { id }"
)
REVIEW_THREAD = (
    "__typename id path line startLine originalLine originalStartLine diffSide startDiffSide subjectType"
    f" isResolved isOutdated resolvedBy {ACTOR}"
)
DISCUSSION_COMMENT = (
    f"__typename {WRITTEN} databaseId isMinimized minimizedReason isAnswer upvoteCount replyTo {{ id }}"
)
REVIEWER = "requestedReviewer { __typename ...Account ... on Team { slug combinedSlug } }"

ITEM = f"__typename {WRITTEN} number title locked activeLockReason closedAt"
ISSUE = f"{ITEM} fullDatabaseId state stateReason(enableDuplicate: true) milestone {{ title }}"
PULL_REQUEST = (
    f"{ITEM} fullDatabaseId state milestone {{ title }} isDraft mergedAt mergedBy {ACTOR}"
    " mergeCommit { oid } baseRefName baseRefOid headRefName headRefOid headRepository { nameWithOwner }"
    " additions deletions changedFiles"
)
DISCUSSION = (
    f"{ITEM} databaseId closed stateReason category {{ name }} answer {{ id }} answerChosenAt upvoteCount"
)
RELEASE = (
    "__typename id databaseId tagName name description isDraft isPrerelease url createdAt publishedAt"
    f" updatedAt author {ACTOR} ...Reactions"
)
REPOSITORY = (
    "__typename id databaseId nameWithOwner name owner { login } description homepageUrl"
    " primaryLanguage { name } licenseInfo { spdxId } stargazerCount forkCount watchers { totalCount }"
    " isArchived isFork isPrivate isEmpty parent { nameWithOwner } defaultBranchRef { name }"
    " createdAt updatedAt pushedAt"
)


def document(text: str) -> str:
    """Return `text` with the fragments that it uses."""
    used = sorted(set(_SPREAD.findall(text)) & FRAGMENTS.keys())
    return " ".join([text, *(f"fragment {name} {FRAGMENTS[name]}" for name in used)])


_SPREAD = re.compile(r"\.\.\.(\w+)")
