"""GraphQL payloads to records; pure functions."""

from collections.abc import Callable, Mapping
from typing import Any

from github_activity_tracker.parsing.accounts import accounts_in, parse_account
from github_activity_tracker.parsing.events import parse_event
from github_activity_tracker.parsing.items import (
    parse_discussion,
    parse_issue,
    parse_pull_request,
    parse_release,
)
from github_activity_tracker.parsing.leaves import leaves_of
from github_activity_tracker.parsing.outlines import parse_outline
from github_activity_tracker.parsing.repositories import newest_of, parse_repository
from github_activity_tracker.parsing.written import (
    parse_comment,
    parse_review,
    parse_review_comment,
    parse_review_thread,
)
from github_activity_tracker.protocol_impl import Kind, Record

__all__ = [
    "accounts_in",
    "leaves_of",
    "newest_of",
    "parse",
    "parse_account",
    "parse_outline",
    "parse_repository",
]

_PARSERS: dict[Kind, Callable[[Mapping[str, Any]], Record]] = {
    "repository": parse_repository,
    "account": parse_account,
    "release": parse_release,
    "issue": parse_issue,
    "pull_request": parse_pull_request,
    "discussion": parse_discussion,
    "comment": parse_comment,
    "review": parse_review,
    "review_thread": parse_review_thread,
    "review_comment": parse_review_comment,
    "event": parse_event,
}


def parse(kind: Kind, payload: Mapping[str, Any]) -> Record:
    """The record of a leaf. Raises InvalidInput naming the field that is missing or malformed."""
    return _PARSERS[kind](payload)
