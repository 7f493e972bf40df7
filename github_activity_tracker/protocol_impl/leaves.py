"""Leaves: what is archived and parsed on its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from core.errors import InvalidInput
from core.json_text import canonical_json, parse_json

Kind = Literal[
    "repository",
    "release",
    "account",
    "issue",
    "pull_request",
    "discussion",
    "comment",
    "review",
    "review_thread",
    "review_comment",
    "event",
]
# In this order: what is referred to comes before what refers to it.
KINDS: tuple[Kind, ...] = (
    "repository",
    "account",
    "release",
    "issue",
    "pull_request",
    "discussion",
    "comment",
    "review",
    "review_thread",
    "review_comment",
    "event",
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """The smallest thing that is archived and parsed: an issue without its comments, a comment alone.

    `external_id` is its node id, of an account its numeric id. `subject_id` is the node id of the issue,
    pull request or discussion that it belongs to (its own, for one of those), None for the others.
    """

    kind: Kind
    external_id: str
    subject_id: str | None
    payload: Mapping[str, Any]

    def body(self) -> bytes:
        """The payload for the archive: equal payloads have equal bytes."""
        return canonical_json(self.payload)

    @staticmethod
    def payload_of(body: bytes) -> Mapping[str, Any]:
        """What `body` was made of. Raises InvalidInput for what is no object."""
        payload: Any = parse_json(body)
        if not isinstance(payload, dict):
            raise InvalidInput("the payload is not an object")
        return cast("dict[str, Any]", payload)
