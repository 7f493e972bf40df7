"""Kinds: one declaration for each sort of item that a source has.

An app says once how an item is named, parsed, archived, saved and buried. From that core takes it from the
source (`core.pages.Page.take`), finds it gone (`Page.absent`), loads it from the archive again and retries
it from quarantine (`core.collectors.replay`, `retry`), each time so that a bad item stops only itself.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from core.errors import InvalidInput
from core.items import understood
from core.json_text import canonical_json, json_bytes, parse_json
from core.removable import RemovableQuerySet
from core.storable import storable_text
from core.store import Upserted

__all__ = ["Kind", "Taken", "short_name"]

O = TypeVar("O")  # noqa: E741 - the owner
R = TypeVar("R")
LONGEST_NAME = 200  # characters; a longer one is no id


def short_name(name: str) -> str:
    """Return a name as an index can hold it: of one that is too long its hash."""
    name = storable_text(name)
    return name if len(name) <= LONGEST_NAME else hashlib.sha256(name.encode()).hexdigest()


def _id_of(payload: Any) -> object:
    return payload["id"]


def _whole(payload: Any) -> Any:
    return payload


def _as_it_is(_name: str, kept: Any) -> Any:
    return kept


@dataclass(frozen=True, slots=True)
class Kind(Generic[O, R]):
    """A sort of item: a message, a comment, an account.

    `O` is the owner, what the items belong to in the app: a list's row, a channel, a repository. `R` is the
    record that `parse` makes of a payload.
    """

    # In the archive and in quarantine; never changes.
    name: str
    # In the counts of a run: "messages".
    noun: str
    # The field of a row that has the item's id, which is unique within its owner.
    key: str
    # Payload -> record. Pure; whatever it raises for a payload is that item's fault.
    parse: Callable[[Any], R]
    # Owner, records -> counts. Idempotent; an item that was removed and is saved again is there again.
    save: Callable[[O, Sequence[R]], Upserted]
    # Owner -> the stored rows, where items of the kind can be found gone.
    rows: Callable[[O], RemovableQuerySet] | None = None
    # Owner, ids -> how many were there. By default the rows are marked as removed.
    bury: Callable[[O, Sequence[str]], int] | None = None
    # Payload -> what is kept of it, JSON or bytes: without secrets, and without what changes by itself.
    leaf: Callable[[Any], Any] = _whole
    # Payload -> its id. One that has none is named by a hash in quarantine.
    identify: Callable[[Any], object] = _id_of
    # What is kept -> a payload.
    read: Callable[[bytes], Any] = parse_json
    # Id, what `read` gives -> a payload, where the leaf does not tell its id.
    named: Callable[[str, Any], Any] = _as_it_is

    def name_of(self, payload: Any) -> str:
        """Return what an item is called in the archive and in quarantine; never raises."""
        try:
            found = understood(self.identify, payload)
        except InvalidInput:
            found = None
        if found is None or found == "":
            return hashlib.sha256(self.evidence(payload)).hexdigest()
        return short_name(str(found))

    def body_of(self, payload: Any) -> bytes:
        """Return what the archive keeps of a payload; equal items have equal bytes.

        Raises TypeError or ValueError for a leaf with something in it that is no JSON.
        """
        leaf = self.leaf(payload)
        return leaf if isinstance(leaf, bytes) else canonical_json(leaf)

    def evidence(self, payload: Any) -> bytes:
        """Return what quarantine keeps of a payload: its leaf, which has no secrets, whatever else is in it.

        All of the payload only where no leaf can be made of it.
        """
        try:
            leaf = understood(self.leaf, payload)
        except InvalidInput:
            leaf = payload
        return leaf if isinstance(leaf, bytes) else json_bytes(leaf)

    def understand(self, payload: Any) -> tuple[R, bytes]:
        """Return a payload's record and body. Raises InvalidInput for one that is not understood."""
        return understood(lambda each: (self.parse(each), self.body_of(each)), payload)

    def reread(self, name: str, body: bytes) -> R:
        """Return the record of what was kept. Raises InvalidInput for what is not understood."""
        return understood(lambda each: self.parse(self.named(name, self.read(each))), body)

    def live(self, owner: O) -> RemovableQuerySet:
        """Return the stored rows that are not marked as removed."""
        if self.rows is None:
            raise RuntimeError(f"nothing tells which {self.noun} are stored")
        return self.rows(owner).live()

    def buried(self, owner: O, ids: Sequence[str]) -> set[str]:
        """Return those of these items that are marked as removed already."""
        if self.rows is None or not ids:
            return set()
        found = self.rows(owner).removed().filter(**{f"{self.key}__in": ids})
        return {str(each) for each in found.values_list(self.key, flat=True)}

    def mark_removed(self, owner: O, ids: Sequence[str]) -> int:
        """Mark items as removed; return how many were there until now."""
        if not ids:
            return 0
        if self.bury is not None:
            return self.bury(owner, ids)
        return self.live(owner).filter(**{f"{self.key}__in": ids}).bury()


@dataclass(frozen=True, slots=True)
class Taken(Generic[R]):
    """The records of a page by id, as they were saved, and the ids of the items that were set aside."""

    records: Mapping[str, R]
    refused: frozenset[str]
