"""Loose messages of a channel as conversations: a new one begins after a pause.

A conversation is known by its first message. One that comes late can join two conversations, and one that
goes can part one in two, so what changes is followed by where it is, at a cost that depends on what changed.
"""

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)

PAUSE = dt.timedelta(hours=1)
BATCH = 100  # messages that a statement reads


@dataclass(frozen=True, slots=True)
class Former:
    """The key of a message that may have begun a conversation and does not any more."""

    key: Any


class LooseMessages(Generic[M]):
    """The messages of one channel that belong to no thread; `messages` are those that are there.

    `key` names the field that identifies a message in the channel and orders it in time, `time` the field
    with that time.
    """

    def __init__(
        self, messages: "models.QuerySet[M]", *, key: str, time: str = "sent_at", pause: dt.timedelta = PAUSE
    ) -> None:
        self._messages = messages
        self._key = key
        self._time = time
        self._pause = pause

    def conversations(self) -> Iterator[list[M]]:
        """All, oldest first; each message is read once."""
        conversation: list[M] = []
        for message in self._messages.order_by(self._key).iterator():
            if conversation and self._parted(conversation[-1], message):
                yield conversation
                conversation = []
            conversation.append(message)
        if conversation:
            yield conversation

    def changed(self, keys: Iterable[Any]) -> Iterator[list[M] | Former]:
        """The conversations that changed with these messages, oldest first, and those that are no more.

        `keys` are in order: of messages that changed, arrived, went, or entered or left a thread. What a
        Former names may begin a thread now.
        """
        told: list[list[M]] = []  # the last two
        for key in keys:
            if not told or key > self._key_of(told[-1][-1]):
                before = self._read(key, backwards=True, number=1)
                is_there = bool(before) and self._key_of(before[0]) == key
                for neighbour in before if is_there else [*before, *self._read(key, number=1)]:
                    if not told or self._key_of(neighbour) > self._key_of(told[-1][-1]):
                        told = [*told[-1:], self._from(self._first_with(neighbour))]
                        yield told[-1]
            yield from self._formers(key, told)

    def _formers(self, key: Any, told: list[list[M]]) -> Iterator[Former]:
        """The message itself and the one behind it, unless they begin a conversation now.

        Nobody else can have begun one before the change.
        """
        for conversation in told:
            keys = [self._key_of(message) for message in conversation]
            place = bisect_left(keys, key)
            if place < len(keys) and keys[place] == key:
                yield from map(Former, keys[max(place, 1) : place + 2])
                return
        yield Former(key)

    def _first_with(self, message: M) -> M:
        """Return the first message of the conversation that a message is in."""
        first = message
        while earlier := self._read(self._key_of(first), backwards=True, number=BATCH, inclusive=False):
            for each in earlier:
                if self._parted(each, first):
                    return first
                first = each
        return first

    def _from(self, first: M) -> list[M]:
        """Return the conversation that a message begins."""
        conversation = [first]
        while later := self._read(self._key_of(conversation[-1]), number=BATCH):
            for each in later:
                if self._parted(conversation[-1], each):
                    return conversation
                conversation.append(each)
        return conversation

    def _parted(self, earlier: M, later: M) -> bool:
        return getattr(later, self._time) - getattr(earlier, self._time) > self._pause

    def _read(self, key: Any, *, number: int, backwards: bool = False, inclusive: bool = True) -> list[M]:
        """Return the messages next to a key: behind it, or backwards from it, itself included if so asked."""
        where = ("lte" if inclusive else "lt") if backwards else "gt"
        rows = self._messages.filter(**{f"{self._key}__{where}": key})
        return list(rows.order_by(f"-{self._key}" if backwards else self._key)[:number])

    def _key_of(self, message: M) -> Any:
        return getattr(message, self._key)
