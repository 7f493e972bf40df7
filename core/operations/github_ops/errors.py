"""GitHub's refusals, where they are more precise than the families of core.errors."""

import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from core.errors import CollectorError, ErrorTable, InvalidInput, NotFound, PermissionDenied, SourceTimeout
from core.errors import CollectorFailureCategory as Category
from core.http.failures import status_failure
from core.json_text import parse_json
from core.redaction import redact


class EmptyRepository(NotFound):
    """409: the repository has no commit yet, so there is nothing to list."""


class Conflict(InvalidInput):
    """409: somebody else has changed it meanwhile; read again before writing."""


class Unavailable(PermissionDenied):
    """451: the repository was taken down (DMCA) or is blocked."""


class PageLimit(InvalidInput):
    """422: GitHub does not page further than this (1,000 search results, 300 events)."""


class CursorRefused(InvalidInput):
    """GitHub does not take the cursor, or takes it no longer; the list can be read from its start."""


class TooMuchAsked(SourceTimeout):
    """The answer took GitHub too long or held too much; a smaller page may succeed."""


# PyGithub's.
ERRORS = ErrorTable(
    decisive={
        "github.RateLimitExceededException": Category.RATE_LIMIT,
        "github.BadCredentialsException": Category.AUTH,
        "github.TwoFactorException": Category.AUTH,
        "github.BadUserAgentException": Category.VALIDATION,
        "github.BadAttributeException": Category.SOURCE,
        "github.IncompletableObject": Category.SOURCE,
    },
)

# Statuses that say more here than elsewhere. 403 is not among them: it may be a limit, which is waited for.
TOLD = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.GONE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS,
    }
)
_PAGE_LIMIT = re.compile(
    rb"pagination is limited|only the first \d+ search results|page is too large", re.IGNORECASE
)
_SHOWN = 300
_EMPTY = re.compile(rb"repository is empty", re.IGNORECASE)


def refusal(status: int, headers: Mapping[str, str], body: bytes, url: str) -> CollectorError:
    """Return the error that a refusing answer of the REST API means."""
    error = status_failure(status, headers, body, url, time.time()).error
    message = f"{error.message}{_details(body)}"
    if status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
        return Unavailable(message)
    if status == HTTPStatus.CONFLICT:
        return EmptyRepository(message) if _EMPTY.search(body) else Conflict(message)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and _PAGE_LIMIT.search(body):
        return PageLimit(message)
    return type(error)(message, remedy=error.remedy)


def _details(body: bytes) -> str:
    """Return the fields that a 422 names as invalid."""
    try:
        said: Any = parse_json(body)
    except InvalidInput:
        return ""
    errors: Any = cast("dict[str, Any]", said).get("errors") if isinstance(said, dict) else None
    if not isinstance(errors, list):
        return ""
    entries = cast("list[Any]", errors)[:3]
    shown = (entry if isinstance(entry, str) else _field(entry) for entry in entries)
    return redact(f" ({'; '.join(shown)})")[:_SHOWN]


def _field(entry: Any) -> str:
    fields = cast("dict[str, Any]", entry if isinstance(entry, dict) else {})
    names = ("resource", "field", "code", "message")
    return " ".join(str(fields[name]) for name in names if fields.get(name))
