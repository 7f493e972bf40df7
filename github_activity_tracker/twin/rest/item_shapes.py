"""Issues, pull requests, comments, reviews and releases as REST shows them."""

from collections.abc import Iterable
from typing import Any

from github_activity_tracker.twin import addresses, items
from github_activity_tracker.twin.hub import Hub, Repo
from github_activity_tracker.twin.people import Node
from github_activity_tracker.twin.rest import shapes
from github_activity_tracker.twin.rest.shapes import Shape

_REACTIONS = {
    "THUMBS_UP": "+1", "THUMBS_DOWN": "-1", "LAUGH": "laugh", "HOORAY": "hooray", "CONFUSED": "confused",
    "HEART": "heart", "ROCKET": "rocket", "EYES": "eyes",
}  # fmt: skip


class ItemShapes:
    """base: where the API begins, as the client sees it."""

    def __init__(self, base: str, hub: Hub) -> None:
        self.base = base
        self.hub = hub

    def _author(self, account: Node | None) -> Shape:
        return shapes.author(self.base, self.hub, account)

    def _api(self, node: Node) -> str:
        return shapes.api(self.base, node["_repo"])

    def _identity(self, node: Node, path: str) -> Shape:
        return {
            "id": node["_number"],
            "node_id": node["id"],
            "url": self._api(node) + path,
            "html_url": addresses.url(node),
        }

    def _written(self, node: Node, path: str) -> Shape:
        url = self._api(node) + path
        counts = {name: node["_reactions"].get(content, 0) for content, name in _REACTIONS.items()}
        return self._identity(node, path) | {
            "user": self._author(node["author"]),
            "body": node["body"],
            "created_at": node["createdAt"],
            "updated_at": node["updatedAt"],
            "author_association": node["authorAssociation"],
            "reactions": {"url": f"{url}/reactions", "total_count": sum(counts.values()), **counts},
        }

    def label(self, node: Node) -> Shape:
        return {
            "id": node["_number"],
            "node_id": node["id"],
            "url": f"{self._api(node)}/labels/{node['_number']}",
            "name": node["name"],
            "description": node["description"],
            "color": node["color"],
            "default": node["isDefault"],
        }

    def milestone(self, node: Node | None) -> Shape | None:
        if node is None:
            return None
        path = f"/milestones/{node['number']}"
        return self._identity(node, path) | {
            "labels_url": f"{self._api(node)}{path}/labels",
            "number": node["number"],
            "state": node["state"].lower(),
            "title": node["title"],
            "description": node["description"],
            "creator": self._author(node["creator"]),
            "open_issues": 0,
            "closed_issues": 0,
            "created_at": node["createdAt"],
            "updated_at": node["updatedAt"],
            "closed_at": node["closedAt"],
            "due_on": node["dueOn"],
        }

    def _work(self, node: Node, path: str) -> Shape:
        """Fields that issues and pull requests have in common."""
        assignees = [shapes.user(self.base, each) for each in node["_assignees"]]
        return self._written(node, path) | {
            "number": node["number"],
            "title": node["title"],
            "state": "closed" if node["closed"] else "open",
            "labels": [self.label(each) for each in node["_labels"]],
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "milestone": self.milestone(node["milestone"]),
            "locked": node["locked"],
            "active_lock_reason": (node["activeLockReason"] or "").lower().replace("_", " ") or None,
            "closed_at": node["closedAt"],
        }

    def issue(self, node: Node) -> Shape:
        """Pull requests are issues too, to REST."""
        path = f"/issues/{node['number']}"
        url = self._api(node) + path
        shape = self._work(node, path) | {
            "repository_url": self._api(node),
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "timeline_url": f"{url}/timeline",
            "comments": len(node["_comments"]),
            "state_reason": (node.get("stateReason") or "").lower() or None,
        }
        if node["__typename"] == "PullRequest":
            html = addresses.url(node)
            shape |= {
                "draft": node["isDraft"],
                "pull_request": {
                    "url": f"{self._api(node)}/pulls/{node['number']}",
                    "html_url": html,
                    "diff_url": f"{html}.diff",
                    "patch_url": f"{html}.patch",
                    "merged_at": node["mergedAt"],
                },
            }
        return shape

    def comment(self, node: Node) -> Shape:
        issue = f"{self._api(node)}/issues/{node['_subject']['number']}"
        return self._written(node, f"/issues/comments/{node['_number']}") | {"issue_url": issue}

    def pull_request(self, node: Node) -> Shape:
        """As it stands in lists."""
        repo: Repo = node["_repo"]
        path = f"/pulls/{node['number']}"
        url, issue = self._api(node) + path, f"{self._api(node)}/issues/{node['number']}"
        html = addresses.url(node)
        statuses = f"{self._api(node)}/statuses/{node['headRefOid']}"
        links = {
            "self": url, "html": html, "issue": issue, "comments": f"{issue}/comments",
            "review_comments": f"{url}/comments",
            "review_comment": f"{self._api(node)}/pulls/comments{{/number}}",
            "commits": f"{url}/commits", "statuses": statuses,
        }  # fmt: skip
        shape = self._work(node, path)
        del shape["reactions"]
        return shape | {
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "issue_url": issue,
            "commits_url": links["commits"],
            "review_comments_url": links["review_comments"],
            "review_comment_url": links["review_comment"],
            "comments_url": links["comments"],
            "statuses_url": statuses,
            "draft": node["isDraft"],
            "merged_at": node["mergedAt"],
            "merge_commit_sha": node["mergeCommit"]["oid"] if node["mergeCommit"] else None,
            "requested_reviewers": self._reviewers(node["_requests"]),
            "requested_teams": [],
            "head": self._end(
                node["headRefName"], node["headRefOid"], node["author"], items.fork(self.hub, node)
            ),
            "base": self._end(node["baseRefName"], node["baseRefOid"], repo.owner, repo),
            "_links": {name: {"href": link} for name, link in links.items()},
            "auto_merge": None,
        }

    def whole_pull_request(self, node: Node) -> Shape:
        """As it is asked for alone."""
        return self.pull_request(node) | {
            "merged": node["merged"],
            "mergeable": None,
            "mergeable_state": "unknown",
            "rebaseable": None,
            "merged_by": node["mergedBy"] and shapes.user(self.base, node["mergedBy"]),
            "comments": len(node["_comments"]),
            "review_comments": sum(len(each["_comments"]) for each in node["_threads"]),
            "maintainer_can_modify": node["maintainerCanModify"],
            "commits": 1,
            "additions": node["additions"],
            "deletions": node["deletions"],
            "changed_files": node["changedFiles"],
        }

    def _end(self, ref: str, sha: str, owner: Node | None, repo: Repo | None) -> Shape:
        login = (owner or self.hub.accounts.ghost)["login"]
        return {
            "label": f"{login}:{ref}",
            "ref": ref,
            "sha": sha,
            "user": self._author(owner),
            "repo": repo and shapes.repository(self.base, repo),
        }

    def _reviewers(self, requests: Iterable[Node]) -> list[Shape]:
        asked = (each["requestedReviewer"] for each in requests)
        return [shapes.user(self.base, each) for each in asked if each and each["__typename"] != "Team"]

    def review(self, node: Node) -> Shape:
        pull = f"{self._api(node)}/pulls/{node['_subject']['number']}"
        html = addresses.url(node)
        shape: dict[str, Any] = {
            "id": node["_number"],
            "node_id": node["id"],
            "user": self._author(node["author"]),
            "body": node["body"],
            "state": node["state"],
            "html_url": html,
            "pull_request_url": pull,
            "_links": {"html": {"href": html}, "pull_request": {"href": pull}},
            "commit_id": node["commit"]["oid"],
            "author_association": node["authorAssociation"],
        }
        return shape | ({"submitted_at": node["submittedAt"]} if node["submittedAt"] else {})

    def review_comment(self, node: Node) -> Shape:
        pull = f"{self._api(node)}/pulls/{node['_subject']['number']}"
        shape = self._written(node, f"/pulls/comments/{node['_number']}")
        thread = node["_thread"]
        return shape | {
            "pull_request_review_id": node["pullRequestReview"]["_number"],
            "diff_hunk": node["diffHunk"],
            "path": node["path"],
            "commit_id": node["commit"]["oid"],
            "original_commit_id": node["originalCommit"]["oid"],
            "pull_request_url": pull,
            "position": node["position"] or 1,
            "original_position": node["originalPosition"],
            "line": node["line"] or node["originalLine"] or 1,
            "original_line": node["originalLine"] or 1,
            "side": thread["diffSide"],
            "start_side": thread["startDiffSide"],
            "start_line": node["startLine"],
            "original_start_line": node["originalStartLine"],
            "subject_type": node["subjectType"].lower(),
            "_links": {
                "self": {"href": shape["url"]},
                "html": {"href": shape["html_url"]},
                "pull_request": {"href": pull},
            },
            **({"in_reply_to_id": node["replyTo"]["_number"]} if node["replyTo"] else {}),
        }

    def release(self, node: Node) -> Shape:
        url = f"{self._api(node)}/releases/{node['_number']}"
        return self._identity(node, f"/releases/{node['_number']}") | {
            "assets_url": f"{url}/assets",
            "upload_url": f"{url}/assets{{?name,label}}",
            "tarball_url": f"{self._api(node)}/tarball/{node['tagName']}",
            "zipball_url": f"{self._api(node)}/zipball/{node['tagName']}",
            "tag_name": node["tagName"],
            "target_commitish": node["_repo"].node["_default_branch"] or "main",
            "name": node["name"],
            "body": node["description"],
            "draft": node["isDraft"],
            "prerelease": node["isPrerelease"],
            "created_at": node["createdAt"],
            "published_at": node["publishedAt"],
            "author": self._author(node["author"]),
            "assets": [],
        }
