"""GET /search: issues by words and qualifiers, code by words. Each has a limit of its own."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from core.twins import TwinResponse
from github_activity_tracker.twin import commits
from github_activity_tracker.twin.gate import as_json, problem
from github_activity_tracker.twin.hub import Repo
from github_activity_tracker.twin.people import Node
from github_activity_tracker.twin.rest import files, shapes
from github_activity_tracker.twin.rest.calls import Call, unprocessable
from github_activity_tracker.twin.rest.item_shapes import ItemShapes

MOST_RESULTS = 1000
_QUALIFIER = re.compile(
    r"^(repo|org|user|is|type|state|author|label|path|filename|extension|language|in):(.+)$"
)


class _Query:
    """Words and `qualifier:value` pairs, values in quotes or not."""

    def __init__(self, text: str) -> None:
        self.words: list[str] = []
        self.wanted: dict[str, list[str]] = {}
        for each in re.findall(r'(?:[^\s"]|"[^"]*")+', text):
            if match := _QUALIFIER.match(each):
                self.wanted.setdefault(match[1], []).append(match[2].strip('"').lower())
            else:
                self.words.append(each.strip('"').lower())

    def has_repo(self, repo: Repo) -> bool:
        owners = {*self.wanted.get("org", ()), *self.wanted.get("user", ())}
        names = self.wanted.get("repo", [])
        if not owners and not names:
            return True
        return repo.full_name.lower() in names or repo.owner["login"].lower() in owners


def issues(call: Call) -> TwinResponse:
    query = _asked(call)
    found = [
        node
        for repo in call.hub.repos
        if query.has_repo(repo) and not repo.is_private
        for node in (*repo.issues, *repo.pull_requests)
        if _fits(node, query)
    ]
    shape = ItemShapes(call.base, call.hub)
    return _results(call, found, lambda node: shape.issue(node) | {"score": 1.0}, search_type="lexical")


def _fits(node: Node, query: _Query) -> bool:
    kinds = {"issue": "Issue", "pr": "PullRequest", "pull-request": "PullRequest"}
    state = "closed" if node["closed"] else "open"
    for wanted in query.wanted.get("is", []) + query.wanted.get("type", []):
        if wanted in kinds and node["__typename"] != kinds[wanted]:
            return False
        if wanted in {"open", "closed"} and wanted != state:
            return False
    author = node["author"]["login"].lower() if node["author"] else "ghost"
    labels = {each["name"].lower() for each in node["_labels"]}
    if any(each != state for each in query.wanted.get("state", [])):
        return False
    if any(each != author for each in query.wanted.get("author", [])):
        return False
    text = f"{node['title']} {node['body']}".lower()
    return labels.issuperset(query.wanted.get("label", [])) and all(word in text for word in query.words)


def code(call: Call) -> TwinResponse:
    """Of default branches only; nothing without a word."""
    query = _asked(call)
    if not query.words:
        raise unprocessable("Search", "q", "missing")
    found = [
        (repo, path, content)
        for repo in call.hub.repos
        if query.has_repo(repo) and not repo.is_private and repo.git and not repo.node["isEmpty"]
        for path, content in repo.git.content().items()
        if _has(path, content, query)
    ]
    return _results(call, found, lambda hit: _hit(call, *hit))


def _has(path: str, content: bytes, query: _Query) -> bool:
    name = path.rpartition("/")[2].lower()
    if any(not name.endswith(f".{each.lstrip('.')}") for each in query.wanted.get("extension", [])):
        return False
    if any(each != name for each in query.wanted.get("filename", [])):
        return False
    if any(each not in path.lower() for each in query.wanted.get("path", [])):
        return False
    text = content.decode("utf-8", "replace").lower()
    return all(word in text for word in query.words)


def _hit(call: Call, repo: Repo, path: str, content: bytes) -> shapes.Shape:
    ref = commits.default_branch(repo)
    file = files.entry(call, repo, path, content, ref["target"]["oid"] if ref else "HEAD")
    kept = {name: file[name] for name in ("name", "path", "sha", "url", "git_url", "html_url")}
    return kept | {"repository": shapes.small_repository(call.base, repo), "score": 1.0}


def _asked(call: Call) -> _Query:
    text = call.query.get("q", "").strip()
    if not text:
        raise unprocessable("Search", "q", "missing")
    return _Query(text)


def _results(call: Call, found: list[Any], shape: Callable[[Any], shapes.Shape], **more: str) -> TwinResponse:
    size, page = call.place()
    if (page - 1) * size >= MOST_RESULTS:
        text = f"Only the first {MOST_RESULTS} search results are available"
        raise problem(HTTPStatus.UNPROCESSABLE_ENTITY, text)
    rows, headers = call.cut(found[:MOST_RESULTS])
    items = [shape(row) for row in rows]
    body = {"total_count": len(found), "incomplete_results": False, "items": items, **more}
    return as_json(body, headers=headers)
