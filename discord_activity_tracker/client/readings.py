"""Readings of channels, and the batches of messages that come of them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from core.errors import SourceError
from discord_activity_tracker.client.attempts import PatientHTTPClient

Payload = Mapping[str, Any]
DISCORD_EPOCH = 1_420_070_400_000  # milliseconds; an id's upper 42 bits count from there
MOST_ID = 2**63 - 1
DAY = 86_400  # seconds


@dataclass(slots=True, eq=False)
class Allowance:
    """Calls that several readings share; None: as many as they like."""

    left: int | None

    def take(self) -> bool:
        if self.left is None:
            return True
        self.left -= 1
        return self.left >= 0


UNLIMITED = Allowance(None)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Message ids from `start` to before `end` (None: to the newest), read within an allowance."""

    start: int
    end: int | None
    allowance: Allowance = UNLIMITED


@dataclass(slots=True, eq=False)
class Reading:
    """Stretches of a channel, in this order; it ends after `limit` messages.

    `newest` is the channel's last message by Discord's word; it may be gone. `abandoned` is set by
    whoever has no use for further batches.
    """

    channel_id: int
    stretches: Sequence[Stretch]
    newest: int = 0
    limit: int | None = None
    abandoned: bool = False
    read: int = 0

    @property
    def left(self) -> int:
        """Return how many messages it may still bring."""
        return MOST_ID if self.limit is None else self.limit - self.read

    @property
    def is_over(self) -> bool:
        return self.abandoned or self.left <= 0


@dataclass(frozen=True, slots=True)
class MessageBatch:
    """A batch: all messages that a channel has with ids from `start` to before `end`, oldest first.

    `end` is None where nothing newer was there. `ids` are theirs, None where one cannot be read.
    """

    start: int
    end: int | None
    messages: list[Payload]
    ids: list[int | None]

    @property
    def known_ids(self) -> list[int]:
        return [each for each in self.ids if each is not None]


@dataclass(frozen=True, slots=True)
class Read:
    """A part of a reading: a batch, an error, which ends it, or neither at its end."""

    reading: Reading
    batch: MessageBatch | None = None
    error: Exception | None = None


@dataclass(slots=True)
class Readings:
    """Some readings at a time, their batches in one queue, which bounds what is in memory."""

    http: PatientHTTPClient
    page_size: int
    at_once: int
    waiting: Iterator[Reading]
    queue: "asyncio.Queue[Read]" = field(init=False)

    def __post_init__(self) -> None:
        self.queue = asyncio.Queue(maxsize=8)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self.at_once):
                group.create_task(self._work())

    async def next(self) -> list[Read]:
        """Return what has come since, at least one."""
        found = [await self.queue.get()]
        while not self.queue.empty():
            found.append(self.queue.get_nowait())
        return found

    async def _work(self) -> None:
        for reading in self.waiting:
            try:
                async for batch in self._batches(reading):
                    await self.queue.put(Read(reading, batch))
                await self.queue.put(Read(reading))
            except Exception as error:  # noqa: BLE001 - isolates a channel; its scope raises it again
                await self.queue.put(Read(reading, error=error))

    async def _batches(self, reading: Reading) -> AsyncGenerator[MessageBatch]:
        for stretch in reading.stretches:
            start = stretch.start
            while not reading.is_over and stretch.allowance.take():
                size = min(self.page_size, reading.left)
                found = await self.http.logs_from(reading.channel_id, size, after=max(start - 1, 0))
                batch = batch_of(stretch, start, found, size, newest=reading.newest)
                reading.read += len(batch.messages)
                yield batch
                if batch.end is None or batch.end == stretch.end:
                    break
                start = batch.end


def batch_of(stretch: Stretch, start: int, found: object, asked: int, *, newest: int = 0) -> MessageBatch:
    """Return the answer to a question for so many messages from `start` on, which Discord lists newest first.

    Fewer are the end, unless the channel's `newest` one should still come: then it takes an empty batch.
    """
    if not isinstance(found, list):
        raise SourceError("Discord's messages are no list", remedy="check DISCORD_API_BASE_URL")
    placed = _in_order(cast("list[Payload]", found), start)
    last = max((known for _, known, _ in placed if known is not None), default=None)
    if len(placed) < asked and (last is None or last >= newest):
        end = stretch.end
    elif last is None:
        raise SourceError("a batch of Discord's messages has no id that leads to the next one")
    else:
        end = last + 1 if stretch.end is None else min(last + 1, stretch.end)
    kept = [each for each in placed if end is None or each[0] < end]
    return MessageBatch(start, end, [message for *_, message in kept], [known for _, known, _ in kept])


def _in_order(messages: Sequence[Payload], start: int) -> list[tuple[int, int | None, Payload]]:
    """Return (place, id, message), oldest first; one without a usable id stays behind its neighbour."""
    # An id from the future would make all that comes before it look read.
    future = int((time.time() + DAY) * 1000 - DISCORD_EPOCH) << 22
    placed: list[tuple[int, int | None, Payload]] = []
    place = start
    for message in reversed(messages):
        known = id_of(message)
        if known is not None and not start <= known < future:
            known = None
        place = place if known is None else known
        placed.append((place, known, message))
    return sorted(placed, key=lambda each: each[0])


def id_of(item: object) -> int | None:
    """Return an item's id; None for one whose id is none."""
    value = cast("Payload", item).get("id") if isinstance(item, Mapping) else None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= len(str(MOST_ID)):
        return int(value) if int(value) <= MOST_ID else None
    return None
