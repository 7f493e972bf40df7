"""github.com's git side: repositories by owner and name over smart HTTP, with its refusals.

https://git-scm.com/docs/http-protocol
"""

import base64
import binascii
from collections.abc import Collection, Sequence
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from core.twins import ANY, Routes, TwinRequest, TwinResponse, World, as_text
from github_activity_tracker.twin.git import backend
from github_activity_tracker.twin.git.growth import Plan
from github_activity_tracker.twin.git.history import History
from github_activity_tracker.twin.git.originals import TemporaryFolder, made
from github_activity_tracker.twin.git.repository import TwinRepository
from github_activity_tracker.twin.git.store import Store, make_empty

_SERVICES = ("git-upload-pack", "git-receive-pack")
_ROUTES = Routes(
    (ANY, f"/{{owner}}/{name}/{rest}", rest)
    for rest in ("info/refs", *_SERVICES)
    for name in ("{name}.git", "{name}")
)
_MOST_REQUESTS = 8
"""Of one fetch or push: the refs, several rounds of what each side has, the objects."""


class GitHost:
    """Makes repositories of the world and answers git's requests for them.

    folder: where they are kept; None: a temporary one, which goes with the host and its repositories.
    readers, writers: tokens that are known; a private repository is shown to any of them, a push needs one
    of the writers.
    """

    def __init__(
        self,
        world: World,
        folder: Path | None = None,
        *,
        readers: Collection[str] = (),
        writers: Collection[str] = (),
    ) -> None:
        self.world = world
        self.readers = set(readers)
        self.writers = set(writers)
        self._temporary = None if folder else TemporaryFolder()
        self.folder = self._temporary.path if self._temporary else Path(folder or "")
        self._repositories: dict[tuple[str, str], TwinRepository] = {}
        self._moved: dict[tuple[str, str], TwinRepository] = {}
        self._made = 0

    def close(self) -> None:
        """Remove the temporary folder now."""
        if self._temporary:
            self._temporary.remove()

    def create(
        self,
        owner: str,
        name: str,
        *,
        commits: int,
        files: int = 3,
        seed_scope: str | None = None,
        layout: str = "library",
        submodules: Sequence[str] = (),
        odd: bool = True,
    ) -> TwinRepository:
        """A repository with so many commits; an everyday one changes `files` files.

        seed_scope: what its dice go by, its name unless said. layout: "library", "superproject" (its
        .gitmodules names the submodules) or "llvm". odd: whether it has what real ones have now and then.
        """
        plan = Plan(name, commits, files, layout, tuple(submodules), odd)
        scope = seed_scope or name
        history, store = made(self.world, plan, scope, self._new_folder())
        return self._add(owner, name, TwinRepository(self.world, plan, scope, history, store))

    def empty(self, owner: str, name: str, *, branch: str = "main") -> TwinRepository:
        """A repository without a commit."""
        folder = self._new_folder()
        make_empty(folder, branch)
        plan = Plan(name, 0)
        return self._add(owner, name, TwinRepository(self.world, plan, name, History(branch), Store(folder)))

    def _new_folder(self) -> Path:
        self._made += 1
        return self.folder / f"{self._made}.git"

    def _add(self, owner: str, name: str, twin: TwinRepository) -> TwinRepository:
        key = _key(owner, name)
        if key in self._repositories:
            raise ValueError(f"{owner}/{name} exists")
        twin.owner, twin.name, twin.keeps = owner, name, self._temporary
        self._moved.pop(key, None)
        self._repositories[key] = twin
        return twin

    def get(self, owner: str, name: str) -> TwinRepository | None:
        """Find a repository by its present name, upper and lower case alike."""
        return self._repositories.get(_key(owner, name))

    def rename(self, owner: str, name: str, new_owner: str, new_name: str) -> TwinRepository:
        """Rename or transfer; the old name leads to the new one until another repository takes it."""
        twin = self._repositories.pop(_key(owner, name))
        self._add(new_owner, new_name, twin)
        self._moved[_key(owner, name)] = twin
        return twin

    def remove(self, owner: str, name: str) -> None:
        """Delete a repository; nothing leads to it any more."""
        twin = self._repositories.pop(_key(owner, name))
        self._moved = {key: moved for key, moved in self._moved.items() if moved is not twin}

    def content(self, owner: str, name: str, branch: str | None = None) -> dict[str, bytes]:
        """Files of a branch by path; {} when there is no such branch."""
        return self._repositories[_key(owner, name)].content(branch)

    def operation(self, request: TwinRequest) -> tuple[str, int] | None:
        """For `Twin.operation`: a client begins a fetch or push from the start. None when it is not git's."""
        found = _ROUTES.find(request.method, request.path)
        return ("git {owner}/{name}".format(**found[1]), _MOST_REQUESTS) if found else None

    def respond(self, request: TwinRequest) -> TwinResponse:
        """Answer as GitHub does. The body streams from git afterwards, so no lock is held for long."""
        found = _ROUTES.find(request.method, request.path)
        if found is None:
            return as_text("Not Found", HTTPStatus.NOT_FOUND)
        rest, parts = found
        service = request.query.get("service") if rest == "info/refs" else rest
        if service not in _SERVICES:
            return as_text("Please upgrade your git client.", HTTPStatus.FORBIDDEN)
        key = _key(parts["owner"], parts["name"])
        if moved := self._moved.get(key):
            query = request.target.partition("?")[2]
            location = f"{request.origin}/{quote(moved.owner)}/{quote(moved.name)}.git/{rest}?{query}"
            return TwinResponse(HTTPStatus.MOVED_PERMANENTLY, b"", {"Location": location.rstrip("?")})
        twin = self._repositories.get(key)
        is_push = service == "git-receive-pack"
        token = _token(request.headers.get("authorization", ""))
        if refusal := self._refusal(twin, token, is_push=is_push):
            return refusal
        if twin is None:
            return as_text("Repository not found.", HTTPStatus.NOT_FOUND)
        return backend.answer(request, twin.folder, rest, writer="writer" if is_push else None)

    def _refusal(
        self, twin: TwinRepository | None, token: str | None, *, is_push: bool
    ) -> TwinResponse | None:
        """Why this token, None for nobody's, may not do it."""
        if token is None and (is_push or twin is None or twin.is_private):
            return _unauthorized("No anonymous write access." if is_push else "Repository not found.")
        if token is not None and token not in self.readers | self.writers:
            return _unauthorized("Invalid username or token.")
        forbidden = ""
        if twin and twin.is_blocked:
            forbidden = "Repository unavailable due to DMCA takedown."
        elif twin and is_push and twin.is_archived:
            forbidden = "This repository was archived so it is read-only."
        elif twin and is_push and token not in self.writers:
            forbidden = f"Permission to {twin.owner}/{twin.name}.git denied to reader."
        return as_text(forbidden, HTTPStatus.FORBIDDEN) if forbidden else None


def _key(owner: str, name: str) -> tuple[str, str]:
    return owner.lower(), name.lower()


def _token(authorization: str) -> str | None:
    """The token that a request shows; "" when it makes no sense, None when there is none."""
    kind, _, value = authorization.partition(" ")
    if not authorization:
        return None
    if kind.lower() != "basic":
        return value if kind.lower() in {"bearer", "token"} else ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return user if password in {"", "x-oauth-basic"} else password


def _unauthorized(text: str) -> TwinResponse:
    response = as_text(text, HTTPStatus.UNAUTHORIZED)
    response.headers["WWW-Authenticate"] = 'Basic realm="GitHub"'
    return response
