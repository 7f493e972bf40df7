"""One call of the REST API: who asks for what, and how answers are paged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from core.twins import Arguments, Refusal, TwinRequest, TwinResponse, cut, whole
from github_activity_tracker.twin.gate import Caller, as_json, problem
from github_activity_tracker.twin.hub import Hub, Repo

if TYPE_CHECKING:
    from github_activity_tracker.twin.twins import GithubTwin

PER_PAGE, MOST_PER_PAGE = 30, 100
LAST_PAGE = 100
"""No list goes on beyond this page, however long it is."""
TOO_FAR = (
    "In order to keep the API fast for everyone, pagination is limited for this resource. Check the rel=last"
    " link relation in the Link response header to see how far back you can traverse."
)


@dataclass(slots=True)
class Call:
    """`parts` are what the address names; `base` is where the API begins, as the client sees it."""

    twin: "GithubTwin"
    request: TwinRequest
    caller: Caller
    parts: dict[str, Any]
    base: str
    sent: dict[str, Any]

    @property
    def hub(self) -> Hub:
        return self.twin.hub

    @property
    def query(self) -> Arguments:
        return Arguments(self.request.query)

    @property
    def reads(self) -> bool:
        return self.request.method in {"GET", "HEAD"}

    @property
    def can_write(self) -> bool:
        return bool(self.caller.token and self.caller.token.can_write)

    def repo(self) -> Repo:
        """The repository of the address. Refuses what is hidden, blocked, or has another name by now."""
        if "id" in self.parts:
            found = next((repo for repo in self.hub.repos if repo.id == self.parts["id"]), None)
        else:
            found = self.hub.find(self.parts["owner"], self.parts["name"])
        if found is None or found.is_private:
            raise not_found()
        if found.is_blocked:
            raise problem(451, "Repository access blocked", block=_BLOCK)
        asked = f"{self.parts.get('owner')}/{self.parts.get('name')}"
        if "owner" in self.parts and asked.lower() != found.full_name.lower():
            rest = self.request.path.partition(f"/repos/{asked}")[2]
            raise self.moved(f"{self.base}/repositories/{found.id}{rest}")
        return found

    def moved(self, url: str) -> Refusal:
        """A redirection; one that may repeat the method and body unless it only reads."""
        query = self.request.target.partition("?")[2]
        url += f"?{query}" if query else ""
        status = HTTPStatus.MOVED_PERMANENTLY if self.reads else HTTPStatus.TEMPORARY_REDIRECT
        text = "Moved Permanently" if self.reads else "Temporary Redirect"
        return problem(status, text, {"Location": url}, url=url)

    def page(self, items: Sequence[Any], shape: Callable[[Any], Any]) -> TwinResponse:
        """A page of a list, with the links to others."""
        rows, headers = self.cut(items)
        return as_json([shape(row) for row in rows], headers=headers)

    def place(self) -> tuple[int, int]:
        """The size of the page that is asked for, and its number; what makes no sense does not count."""
        size = min(max(1, self.query.read("per_page", whole(), PER_PAGE)), MOST_PER_PAGE)
        return size, max(1, self.query.read("page", whole(), 1))

    def cut(self, items: Sequence[Any]) -> tuple[Sequence[Any], dict[str, str]]:
        """The items of the page that is asked for, and its Link header."""
        size, page = self.place()
        if page > LAST_PAGE:
            raise problem(HTTPStatus.UNPROCESSABLE_ENTITY, TOO_FAR)
        last = min(max(1, -(-len(items) // size)), LAST_PAGE)
        return cut(items, size, (page - 1) * size)[0], self._links(page, last)

    def _links(self, page: int, last: int) -> dict[str, str]:
        wanted = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        if page >= last:
            wanted = {"prev": page - 1, "first": 1}
        if page == 1:
            wanted = {name: number for name, number in wanted.items() if name not in {"prev", "first"}}
        links = [f'<{self._at(number)}>; rel="{name}"' for name, number in wanted.items()]
        return {"Link": ", ".join(links)} if links else {}

    def _at(self, page: int) -> str:
        return f"{self.request.origin}{self.request.path}?{urlencode(self.query | {'page': str(page)})}"


def not_found() -> Refusal:
    return problem(HTTPStatus.NOT_FOUND, "Not Found")


def unprocessable(resource: str, field: str, code: str = "invalid") -> Refusal:
    """Refuse what makes no sense."""
    errors = [{"resource": resource, "field": field, "code": code}]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed", errors=errors)


def forbidden() -> Refusal:
    """Refuse a token that is good, but not for this."""
    return problem(HTTPStatus.FORBIDDEN, "Resource not accessible by personal access token")


_BLOCK = {
    "reason": "dmca",
    "created_at": "2024-01-02T03:04:05Z",
    "html_url": "https://github.com/github/dmca/blob/master/2024/01/2024-01-02-twin.md",
}
