"""POST and PATCH: issues, comments, pull requests, and an App's tokens."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from core.twins import TwinResponse
from github_activity_tracker.twin import deeds
from github_activity_tracker.twin.gate import as_json
from github_activity_tracker.twin.hub import Repo
from github_activity_tracker.twin.people import Node
from github_activity_tracker.twin.rest.calls import Call, forbidden, not_found, unprocessable
from github_activity_tracker.twin.rest.item_shapes import ItemShapes
from github_activity_tracker.twin.rest.reading import numbered
from github_activity_tracker.twin.writing import Pen


def _pen(call: Call, repo: Repo) -> tuple[Pen, Node]:
    """Writes now, as whoever asks."""
    token = call.caller.token
    if token is None:
        raise not_found()
    if not token.can_write:
        raise forbidden()
    now = call.twin.clock.now()
    rng = call.hub.world.rng("github write", repo.id, repo.last_number)
    return Pen(call.hub, repo, rng, start=now, limit=now + timedelta(seconds=8)), token.account


def _text(call: Call, name: str, resource: str) -> str:
    value = call.sent.get(name)
    if not isinstance(value, str) or not value:
        raise unprocessable(resource, name, "missing_field")
    return value


def create_issue(call: Call) -> TwinResponse:
    repo = call.repo()
    title = _text(call, "title", "Issue")
    pen, account = _pen(call, repo)
    node = pen.issue(author=account)
    node |= {"title": title, "body": call.sent.get("body") or ""}
    known = {each["name"]: each for each in repo.labels}
    node["_labels"] += [known[name] for name in call.sent.get("labels") or () if name in known]
    shape = ItemShapes(call.base, call.hub).issue(node)
    return as_json(shape, HTTPStatus.CREATED, {"Location": shape["url"]})


def edit_issue(call: Call) -> TwinResponse:
    node = numbered(call, "Issue", "PullRequest")
    pen, _ = _pen(call, node["_repo"])
    changed: dict[str, Any] = {name: call.sent[name] for name in ("title", "body") if name in call.sent}
    if changed:
        pen.edit(node, **changed)
    match call.sent.get("state"):
        case "closed" if not node["closed"]:
            deeds.close(pen, node, str(call.sent.get("state_reason") or "completed").upper())
        case "open" if node["closed"]:
            deeds.reopen(pen, node)
    return as_json(ItemShapes(call.base, call.hub).issue(node))


def create_comment(call: Call) -> TwinResponse:
    subject = numbered(call, "Issue", "PullRequest")
    body = _text(call, "body", "IssueComment")
    pen, account = _pen(call, subject["_repo"])
    node = pen.comment(subject, author=account)
    node["body"] = body
    shape = ItemShapes(call.base, call.hub).comment(node)
    return as_json(shape, HTTPStatus.CREATED, {"Location": shape["url"]})


def create_pull_request(call: Call) -> TwinResponse:
    repo = call.repo()
    title, head, base = (_text(call, name, "PullRequest") for name in ("title", "head", "base"))
    pen, account = _pen(call, repo)
    branch = head.rpartition(":")[2]
    if any(not each["closed"] and each["headRefName"] == branch for each in repo.pull_requests):
        raise unprocessable("PullRequest", "head", "custom")
    node = pen.pull_request(author=account)
    node |= {
        "title": title,
        "body": call.sent.get("body") or "",
        "baseRefName": base,
        "headRefName": branch,
        "isDraft": bool(call.sent.get("draft")),
        "_head_repository": repo.full_name,
    }
    shape = ItemShapes(call.base, call.hub).whole_pull_request(node)
    return as_json(shape, HTTPStatus.CREATED, {"Location": shape["url"]})
