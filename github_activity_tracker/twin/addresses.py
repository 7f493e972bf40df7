"""Where people look at things on the web."""

from github_activity_tracker.twin.hub import Repo
from github_activity_tracker.twin.people import WEB, Node


def url(node: Node) -> str:
    """Where people look at it."""
    return WEB + path(node)


def path(node: Node) -> str:
    """Path of the address."""
    repo: Repo = node["_repo"]
    of_repository = _PATHS.get(node["__typename"])
    if of_repository is not None:
        return repo.path + of_repository.format(**node)
    anchor = _ANCHORS.get(node["__typename"], "event-")
    return f"{path(node['_subject'])}#{anchor}{node['_number']}"


_PATHS = {
    "Repository": "",
    "Issue": "/issues/{number}",
    "PullRequest": "/pull/{number}",
    "Discussion": "/discussions/{number}",
    "Release": "/releases/tag/{tagName}",
    "Milestone": "/milestone/{number}",
    "Label": "/labels/{name}",
    "Commit": "/commit/{oid}",
}
_ANCHORS = {
    "IssueComment": "issuecomment-",
    "PullRequestReview": "pullrequestreview-",
    "PullRequestReviewComment": "discussion_r",
    "DiscussionComment": "discussioncomment-",
}
