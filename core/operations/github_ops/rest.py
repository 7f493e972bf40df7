"""GitHub's REST API: https://docs.github.com/en/rest."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from core.errors import SourceError
from core.http import Answer, safe_url
from core.operations.github_ops.errors import TOLD, refusal
from core.operations.github_ops.limits import Resource
from core.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from core.http import ConditionalHeaders, HttpClient

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}

_PER_PAGE = 100
_SHOWN = 100
_LINK = re.compile(
    r"""\s*<(?P<url>[^<>\s]+)>(?P<parameters>(?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]+))?)*)\s*(?:,|$)"""
)
_REL = re.compile(r"""\brel\s*=\s*"?(?P<rel>[^";]*)""", re.IGNORECASE)
_EPOCH = "1970-01-01"


class RestClient:
    """Reads paths below the API's base URL. Get it from `GitHub.rest`.

    A repository that has moved is followed: the answer's `url` says where to. Besides the families of
    core.errors it raises EmptyRepository (409), Unavailable (451), PageLimit (422) and Conflict (409).
    """

    def __init__(self, base_url: str, client: Callable[[Resource], HttpClient]) -> None:
        self._base_url = base_url
        self._client = client

    def get(
        self,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        validators: ConditionalHeaders | None = None,
        accept: Collection[int] = (HTTPStatus.OK,),
    ) -> Answer:
        """Return the answer to a path such as "repos/boostorg/asio", or to a link that GitHub gave."""
        http = self._client(Resource.of(path.removeprefix(self._base_url)))
        answer = http.get(path, _sent(params), validators=validators, accept={*accept, *TOLD})
        if answer.status in accept or answer.not_modified:
            return answer
        raise refusal(answer.status, answer.headers, answer.body, answer.url)

    def pages(
        self,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        validators: ConditionalHeaders | None = None,
    ) -> Iterator[Answer]:
        """The pages of a list, 100 items each, as GitHub links them.

        With `validators`, a page that has not changed comes as 304 and ends the list: links are on pages
        that have. Raises PageLimit where GitHub goes no further.
        """
        asked: dict[str, object] = {"per_page": _PER_PAGE, **(params or {})}
        answer = self.get(path, asked, validators=validators)
        seen = {answer.asked_url}
        while True:
            yield answer
            following = next_link(answer.headers.get("Link", ""))
            if following is None:
                return
            if following in seen:
                raise SourceError(f"{safe_url(answer.url)} links back to a page that was read")
            seen.add(following)
            answer = self.get(following, validators=validators)


def next_link(header: str) -> str | None:
    """Return where `Link` says the list goes on; None where it ends.

    SourceError for what is no such header, which is not the list's end.
    https://www.rfc-editor.org/rfc/rfc8288#section-3
    """
    following: str | None = None
    at = 0
    while at < len(header):
        link = _LINK.match(header, at)
        if link is None:
            raise SourceError(f"GitHub's Link header makes no sense: {redact(header)[:_SHOWN]}")
        relation = _REL.search(link["parameters"])
        if following is None and relation and "next" in relation["rel"].lower().split():
            following = link["url"]
        at = link.end()
    return following


def _sent(params: Mapping[str, object] | None) -> dict[str, object]:
    """Return the parameters without a `since` that means "always": GitHub answers nothing to it."""
    return {
        name: value
        for name, value in (params or {}).items()
        if value is not None and not (name == "since" and str(value).startswith(_EPOCH))
    }
