"""Events of a timeline. What an event has besides its actor and time becomes `details`.

Their names are GraphQL's in snake case. Objects become what names them: a label, ref or milestone its name,
an account its login, a team its slug, a commit its hash, an issue or pull request `owner/name#number`, a
repository `owner/name`, anything else its node id. What is null is left out.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from core.storable import storable_json
from github_activity_tracker.parsing.accounts import account_id
from github_activity_tracker.parsing.fields import Fields
from github_activity_tracker.protocol_impl.records import EventRecord

_COMMON = frozenset({"__typename", "id", "createdAt", "actor"})
_NAMES = ("oid", "login", "slug", "nameWithOwner", "name", "id")


def parse_event(payload: Mapping[str, Any]) -> EventRecord:
    """Return an event."""
    fields = Fields(payload)
    return EventRecord(
        node_id=fields.filled("id"),
        subject_id=fields.filled("_subject"),
        kind=fields.filled("__typename"),
        actor_id=account_id(fields, "actor"),
        created_at=fields.moment("createdAt"),
        details=_details(payload),
    )


def _details(payload: Mapping[str, Any]) -> dict[str, object]:
    details: dict[str, object] = {
        _snake_case(name): _named(value)
        for name, value in payload.items()
        if name not in _COMMON and not name.startswith("_")
    }
    return storable_json({name: value for name, value in details.items() if value is not None})


def _named(value: Any) -> object:
    """Return a value of JSON that needs no knowledge of GraphQL's types to be read."""
    if isinstance(value, list):
        return [_named(inner) for inner in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    fields = cast("Mapping[str, Any]", value)
    repository = fields.get("repository")
    if isinstance(repository, Mapping) and "number" in fields:
        return f"{cast('Mapping[str, Any]', repository).get('nameWithOwner')}#{fields['number']}"
    return next((fields[name] for name in _NAMES if fields.get(name) is not None), None)


def _snake_case(name: str) -> str:
    return re.sub("([A-Z])", lambda match: f"_{match[1].lower()}", name)
