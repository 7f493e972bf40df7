"""Kinds: one declaration for each sort of item that a source has.

An app says once how an item is named, parsed, archived, saved and buried. From that core takes it from the
source (`core.pages.Page.take`), finds it gone (`Page.absent`), loads it from the archive again and retries
it from quarantine (`core.collectors.replay`, `retry`), each time so that a bad item stops only itself.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from core.errors import InvalidInput
from core.items import understood
from core.json_text import json_bytes, parse_json
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

    def name_of(self, payload: Any) -> str:
        """Return what an item is called in the archive and in quarantine; never raises."""
        try:
            name = str(understood(self.identify, payload))
        except InvalidInput:
            name = ""
        return short_name(name) if name else hashlib.sha256(self.evidence(payload)).hexdigest()

    def body_of(self, payload: Any) -> bytes:
        """Return what the archive keeps of a payload; equal items have equal bytes.

        Raises TypeError or ValueError for a leaf with something in it that is no JSON.
        """
        leaf = self.leaf(payload)
        if isinstance(leaf, bytes):
            return leaf
        text = json.dumps(leaf, sort_keys=True, ensure_ascii=False)
        return text.encode("utf-8", "backslashreplace")  # what it writes for a lone surrogate is JSON, too

    def evidence(self, payload: Any) -> bytes:
        """Return what quarantine keeps of a payload: its leaf, or all of it where that cannot be made."""
        try:
            return understood(self.body_of, payload)
        except InvalidInput:
            return payload if isinstance(payload, bytes) else json_bytes(payload)

    def understand(self, payload: Any) -> tuple[R, bytes]:
        """Return a payload's record and body. Raises InvalidInput for one that is not understood."""
        return understood(lambda each: (self.parse(each), self.body_of(each)), payload)

    def reread(self, body: bytes) -> R:
        """Return the record of what was kept. Raises InvalidInput for what is not understood."""
        return understood(lambda each: self.parse(self.read(each)), body)

    def stored(self, owner: O) -> RemovableQuerySet:
        """Return the stored rows, also those that are marked as removed."""
        if self.rows is None:
            raise RuntimeError(f"nothing tells which {self.noun} are stored")
        return self.rows(owner)

    def live(self, owner: O) -> RemovableQuerySet:
        """Return the stored rows that are not marked as removed."""
        return self.stored(owner).live()

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
