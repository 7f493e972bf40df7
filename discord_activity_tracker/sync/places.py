"""Names of messages in quarantine, by which they can be asked for again."""

import re
from dataclasses import dataclass

from discord_activity_tracker.client import MessageBatch

BEYOND = 2**63 - 1  # any id
_BETWEEN = re.compile(r"between (-?\d+) and (\d*)")


@dataclass(frozen=True, slots=True)
class Place:
    """The ids among which a message in quarantine is, from `start` to before `end` (None: to the newest)."""

    start: int
    end: int | None

    def to_read(self, newest: int) -> tuple[int, int]:
        """Return what to read again, which is never nothing: whoever was there may be gone by now."""
        end = newest + 1 if self.end is None else self.end
        return self.start, max(end, self.start + 1)

    def is_within(self, start: int, end: int) -> bool:
        """Tell whether ids from `start` to before `end`, all that there are, tell of it."""
        return start <= self.start and (end if self.end is None else self.end) <= end


def place_of(name: str) -> Place | None:
    """Return a name's place; None for one that is none of ours: it stays there, and stops nothing."""
    if match := _BETWEEN.fullmatch(name):
        return Place(max(int(match[1]) + 1, 0), int(match[2]) if match[2] else None)
    if not (name.isascii() and name.isdecimal()) or int(name) >= BEYOND:
        return None
    return Place(int(name), int(name) + 1)


def name_in_quarantine(found: MessageBatch, place: int) -> str:
    """Return a message's id, or the ids between which it is asked for again where it has no readable one."""
    own = found.ids[place]
    if own is not None:
        return str(own)
    before = [known for known in found.ids[:place] if known is not None]
    after = [known for known in found.ids[place + 1 :] if known is not None]
    first = before[-1] if before else max(found.start - 1, 0)
    return f"between {first} and {after[0] if after else found.end or ''}"
