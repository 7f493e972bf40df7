"""Files, branches and tags of repositories; only the target of a publication can be written to."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.twins import TwinResponse
from github_activity_tracker.twin import commits, ids
from github_activity_tracker.twin.gate import as_json, problem
from github_activity_tracker.twin.hub import Repo
from github_activity_tracker.twin.rest import plumbing, shapes
from github_activity_tracker.twin.rest.calls import Call, forbidden, not_found, unprocessable


def entry(call: Call, repo: Repo, path: str, content: bytes, ref: str) -> shapes.Shape:
    """A file as `contents` shows it."""
    sha = blob_sha(content)
    url = f"{shapes.api(call.base, repo)}/contents/{quote(path)}?ref={ref}"
    git, html = f"{shapes.api(call.base, repo)}/git/blobs/{sha}", f"{repo.url}/blob/{ref}/{quote(path)}"
    return {
        "type": "file",
        "encoding": "base64",
        "size": len(content),
        "name": path.rpartition("/")[2],
        "path": path,
        "content": base64.encodebytes(content).decode(),
        "sha": sha,
        "url": url,
        "git_url": git,
        "html_url": html,
        "download_url": f"https://raw.githubusercontent.com/{repo.full_name}/{ref}/{quote(path)}",
        "_links": {"self": url, "git": git, "html": html},
    }


def blob_sha(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def read(call: Call) -> TwinResponse:
    """A file, or what a folder holds."""
    repo, path = call.repo(), call.parts.get("path", "").strip("/")
    ref = call.query.get("ref") or repo.node["_default_branch"] or "main"
    held = _held(repo, ref)
    if not held:
        raise problem(HTTPStatus.NOT_FOUND, "This repository is empty.")
    if path in held:
        return as_json(entry(call, repo, path, held[path], ref))
    inside = {name: held[name] for name in held if name.startswith(f"{path}/" if path else "")}
    if not inside:
        raise not_found()
    return as_json(_folder(call, repo, path, inside, ref))


def _folder(call: Call, repo: Repo, path: str, inside: Mapping[str, bytes], ref: str) -> list[shapes.Shape]:
    start = f"{path}/" if path else ""
    shown: dict[str, shapes.Shape] = {}
    for name, content in inside.items():
        first, _, below = name.removeprefix(start).partition("/")
        here = start + first
        if below:
            shape = entry(call, repo, here, b"", ref) | {"type": "dir", "size": 0, "download_url": None}
        else:
            shape = entry(call, repo, here, content, ref)
        shown[first] = {key: value for key, value in shape.items() if key not in {"content", "encoding"}}
    return list(shown.values())


def _held(repo: Repo, ref: str) -> dict[str, bytes]:
    return repo.git.content(ref) if repo.git else {}


def write(call: Call) -> TwinResponse:
    """Creates or updates a file in one commit; the blob that is replaced has to be named."""
    repo, path, sent = _writable(call), call.parts["path"], call.sent
    branch = sent.get("branch") or repo.node["_default_branch"] or "main"
    try:
        content = base64.b64decode(sent["content"])
    except (KeyError, TypeError, binascii.Error):
        raise unprocessable("Content", "content") from None
    if not sent.get("message"):
        raise unprocessable("Content", "message", "missing_field")
    before = _held(repo, branch).get(path)
    if before is not None and sent.get("sha") is None:
        text = 'Invalid request.\n\n"sha" wasn\'t supplied.'
        raise problem(HTTPStatus.UNPROCESSABLE_ENTITY, text)
    if before is not None and sent["sha"] != blob_sha(before):
        raise problem(HTTPStatus.CONFLICT, f"{path} does not match {sent['sha']}")
    folder = repo.git.folder if repo.git else Path()
    sha = plumbing.commit_file(folder, branch, path, content, str(sent["message"]))
    status = HTTPStatus.OK if before is not None else HTTPStatus.CREATED
    body = {"content": entry(call, repo, path, content, branch), "commit": _made(call, repo, sha, sent)}
    return as_json(body, status)


def _made(call: Call, repo: Repo, sha: str, sent: Mapping[str, Any]) -> shapes.Shape:
    url = f"{shapes.api(call.base, repo)}/git/commits/{sha}"
    return {
        "sha": sha,
        "node_id": ids.git_id("Commit", repo.id, sha),
        "url": url,
        "html_url": f"{repo.url}/commit/{sha}",
        "message": sent["message"],
        "parents": [],
    }


def ref(call: Call) -> TwinResponse:
    repo = call.repo()
    if repo.node["isEmpty"] and not repo.is_target:
        raise problem(HTTPStatus.CONFLICT, "Git Repository is empty.")
    name = f"refs/{call.parts['ref']}"
    sha = plumbing.tips(repo).get(name)
    if sha is None:
        raise not_found()
    return as_json(_shape(call, repo, name, sha))


def create_ref(call: Call) -> TwinResponse:
    repo, name, sha = _writable(call), str(call.sent.get("ref", "")), str(call.sent.get("sha", ""))
    if not name.startswith("refs/") or name.count("/") < 2:  # noqa: PLR2004 - refs, kind, name
        raise unprocessable("Reference", "ref")
    if name in plumbing.tips(repo):
        raise problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Reference already exists")
    if not plumbing.set_ref(repo, name, sha):
        raise problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Object does not exist")
    return as_json(_shape(call, repo, name, sha), HTTPStatus.CREATED)


def _shape(call: Call, repo: Repo, name: str, sha: str) -> shapes.Shape:
    is_tag = sha not in commits.rows(repo) and name.startswith("refs/tags/")
    kind = "tag" if is_tag else "commit"
    return {
        "ref": name,
        "node_id": ids.git_id("Ref", repo.id, name),
        "url": f"{shapes.api(call.base, repo)}/git/{quote(name)}",
        "object": {"type": kind, "sha": sha, "url": f"{shapes.api(call.base, repo)}/git/{kind}s/{sha}"},
    }


def _writable(call: Call) -> Repo:
    repo = call.repo()
    if not call.can_write:
        raise not_found() if call.caller.token is None else forbidden()
    if not repo.is_target:
        raise forbidden()
    return repo
