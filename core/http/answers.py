"""The answer of a whole-body call."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from core.errors import InvalidInput, SourceError
from core.http.credentials import ANONYMOUS
from core.http.urls import safe_url
from core.json_text import parse_json


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `url` is where it came from in the end, `asked_url` what was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    asked_url: str
    credential_id: str = ANONYMOUS

    @property
    def not_modified(self) -> bool:
        """Tell whether nothing changed since the validators were saved; the body is empty then."""
        return self.status == HTTPStatus.NOT_MODIFIED

    def json(self) -> Any:
        """The body as JSON. SourceError when it is something else, or more than `core.json_text` allows."""
        content_type = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if content_type in ("text/html", "application/xhtml+xml"):
            raise SourceError(
                f"{safe_url(self.url)} answered HTML where JSON was expected",
                remedy="check the source's base URL, and whether a login page or a proxy is in front of it",
            )
        try:
            return parse_json(self.body)
        except InvalidInput as error:
            raise SourceError(
                f"{safe_url(self.url)} answered what cannot be read as JSON ({error.message[:100]}; "
                f"{content_type or 'no content type'}, {len(self.body)} bytes)",
                remedy="check the source's base URL",
            ) from None
